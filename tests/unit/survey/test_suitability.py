"""A scenario that would not pass on a cloud is known before, with the reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from stackprobe.quota import Quota
from stackprobe.scenarios import Scenario, discover, roles_paths
from stackprobe.survey.fitting import fit
from stackprobe.survey.suitability import reason_against

from tests.support.surveys import survey


def scenario(folder: Path, text: str, options: str = "") -> Scenario:
    """A scenario ``thing`` with this scenario.yaml, and options separated by blanks."""
    role = folder / "probe_thing"
    (role / "defaults").mkdir(parents=True)
    (role / "scenario.yaml").write_text("description: Something is proven.\n" + text)
    (role / "defaults" / "main.yaml").write_text("".join(f'probe_thing_{one}: ""\n' for one in options.split()))
    return discover([folder])["thing"]


@pytest.mark.parametrize(
    ("text", "options", "changes", "says"),
    [
        ("services: [compute, dns]", "", {}, "the catalog has no service dns"),
        ("tags: [admin]", "", {}, "the role admin"),
        ("tags: [life_cycle]", "", {"cloud": {"roles": frozenset({"reader"})}}, "only the role reader"),
        ("services: [compute]", "image", {"images": ()}, "no image that boots"),
        ("services: [compute]", "flavor", {"flavors": ()}, "no flavor"),
        ("needs: {servers: 2}", "", {"quotas": {"servers": Quota("servers", 3, 2)}}, "servers: 2 needed, 1 left of 3"),
        ("needs: {servers: 2}", "", {"quotas": {"ram_mb": Quota("ram_mb", 1023, 0)}}, "ram_mb: 1024 needed, 1023 left"),
        (
            'needs: {servers: "{{ cloud.zones | length }}"}',
            "",
            {"quotas": {"servers": Quota("servers", 1, 0)}},
            "servers: 2 needed",
        ),
        (
            'needs: {ram_mb: "{{ cloud.larger_flavor.ram }}"}',
            "",
            {"quotas": {"ram_mb": Quota("ram_mb", 2000, 0)}},
            "ram_mb: 2048 needed",
        ),
    ],
)
def test_a_reason_against_it(tmp_path: Path, text: str, options: str, changes: dict[str, Any], says: str) -> None:
    one = survey(**changes)
    reason = reason_against(scenario(tmp_path, text, options), one, fit(one))
    assert reason and says in reason, reason


def test_what_watches_nothing_by_itself_is_for_the_operator_to_configure() -> None:
    found, one = discover(roles_paths()), survey()
    for name, option in (("http_watch", "urls"), ("dns_resolve", "names")):
        assert f"its option {option}" in str(reason_against(found[name], one, fit(one)))


@pytest.mark.parametrize(
    ("text", "options", "changes"),
    [
        ("services: [compute]", "flavor image", {}),
        ("tags: [admin]", "", {"cloud": {"roles": frozenset({"admin"})}}),
        ("tags: [identity, read_only]\ncreates: true", "", {"cloud": {"roles": frozenset({"reader"})}}),
        ("tags: [network]\ncreates: false", "", {"cloud": {"roles": frozenset({"reader"})}}),
        ("services: [compute]", "flavor image", {"flavors": None}),
        ("services: [compute]", "flavor image", {"images": None}),
        ("services: [network]", "external", {"external_networks": ()}),
        ("needs: {servers: 2}", "", {"quotas": {"servers": Quota("servers", 3, 1)}}),
        ("needs: {servers: 2}", "", {"quotas": {"servers": Quota("servers", None, 99)}}),
        ("needs: {servers: 2}", "", {"flavors": None, "quotas": {"servers": Quota("servers", 0, 0)}}),
        ('needs: {servers: "{{ 1 - 2 }}"}', "", {"quotas": {"servers": Quota("servers", 0, 0)}}),
    ],
)
def test_no_reason_against_it(tmp_path: Path, text: str, options: str, changes: dict[str, Any]) -> None:
    one = survey(**changes)
    assert reason_against(scenario(tmp_path, text, options), one, fit(one)) is None
