"""What a scenario needs: which declarations are good, and what they come to."""

from __future__ import annotations

from pathlib import Path

import pytest
from stackprobe.errors import UsageError
from stackprobe.needs import Needs, NeedsError
from stackprobe.yamlfile import Document

OPTIONS = {"size": 3, "count": "2", "zones": [], "backup": True, "twice": "{{ size * 2 }}", "four": "{{ twice * 2 }}"}


def needs(text: str) -> Needs:
    return Needs.read(Document(f"description: X\nneeds: {text}\n", Path("scenario.yaml")), OPTIONS, "probe_x")


def amounts(text: str, cloud: dict[str, object] | None = None) -> dict[str, int]:
    return needs(text).amounts(OPTIONS, "probe_x", cloud)


def test_nothing_is_needed_where_nothing_is_declared() -> None:
    assert amounts("") == amounts("{}") == {}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2", 2),
        ("0", 0),
        ('"{{ size }}"', 3),
        ('"{{ (size | int) * 2 + 1 }}"', 7),
        ('"{{ count | int + 1 }}"', 3),
        ('"{{ probe_x_size }}"', 3),
        ('"{{ 1 if backup | bool else 0 }}"', 1),
        ('"{{ size / 2 }}"', 2),
        ('"{{ twice }}"', 6),
        ('"{{ four }}"', 12),
        ('"{{ (zones or cloud.zones) | length }}"', 2),
        ('"{{ cloud.flavor.vcpus * 2 }}"', 8),
    ],
)
def test_a_need_is_a_number_or_a_text_over_options_and_facts(text: str, number: int) -> None:
    assert amounts(f"{{volumes: {text}}}", {"zones": ["a", "b"], "flavor": {"vcpus": 4}}) == {"volumes": number}


def test_the_facts_that_are_asked_for_are_known() -> None:
    assert needs('{servers: "{{ (zones or cloud.zones) | length }}", volumes: 1}').facts == {"zones", "flavor"}
    assert needs("{servers: 2, cores: 2, ram_mb: 64}").facts == set()
    assert needs('{servers: 2, gigabytes: "{{ size }}"}').facts == {"flavor"}
    assert needs('{gigabytes: "{{ size }}"}').facts == set()


def test_servers_need_the_cores_and_the_memory_of_their_flavor() -> None:
    cloud = {"flavor": {"vcpus": 2, "ram": 512}}
    assert amounts("{servers: 3}", cloud) == {"servers": 3, "cores": 6, "ram_mb": 1536}
    assert amounts("{servers: 3, cores: 1}", cloud) == {"servers": 3, "cores": 1, "ram_mb": 1536}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{volume: 1}", r"scenario.yaml:2:9: .*`volume` that could be needed; did you mean `volumes`"),
        ("{volumes: -1}", "must be a whole number or a Jinja text"),
        ("{volumes: 1.5}", "must be a whole number"),
        ("{volumes: true}", "must be a whole number"),
        ("{volumes: [1]}", "must be a whole number"),
        ('{volumes: "{{ sise }}"}', "no option `sise`; did you mean `size`"),
        ('{volumes: "{{ size"}', "no valid Jinja"),
        ('{volumes: "{{ cloud.zone }}"}', "`cloud.zone`; did you mean `zones`"),
        ('{volumes: "{{ size | intt }}"}', "no valid Jinja: No filter named 'intt'"),
    ],
)
def test_a_mistake_is_said_with_its_place(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        needs(text).amounts(OPTIONS, "probe_x")


@pytest.mark.parametrize(
    "text", ['"many"', '"{{ size - 4 }}"', '"{{ zones.0 }}"', '"{{ size / 0 }}"', '"{{ cloud.zones }}"']
)
def test_what_gives_no_number_is_an_error_that_names_it(text: str) -> None:
    with pytest.raises(NeedsError, match="what it needs of volumes"):
        amounts(f"{{volumes: {text}}}")
