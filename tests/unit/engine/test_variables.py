"""The variables of a play: of the right type, or one message that names the variable and says how to write it."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from stackprobe import content

sys.path.insert(0, str(content.roles() / "probe_base" / "client"))
from variables import BadVariable, checked


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("cloud", 5, "probe_cloud must be a text, not the number 5; put it in quotes"),
        ("region", ["north"], "probe_region must be a text, not a list"),
        ("graphite", 2003, "probe_graphite must be a text, not the number 2003"),
        ("graphite_url", {}, "probe_graphite_url must be a text, not a mapping"),
        ("zuul_url", True, "probe_zuul_url must be a text, not true or false"),
        ("tags", "network", "write `probe_tags: [ONE, TWO]`"),
        ("scenarios", [5], "one of its items is the number 5"),
        ("roles", "roles", "probe_roles must be a list of texts"),
        ("settings", "prefix: mine", "probe_settings must be a mapping, not a text"),
        ("deadline", "10m", "probe_deadline must be a whole number of seconds, not a text"),
        ("deadline", 0, "probe_deadline must be a whole number of seconds"),
        ("sweep", "no", "probe_sweep must be true or false, not a text"),
        ("credentials", "tokens", "it must be one of password, token"),
    ],
)
def test_a_wrong_type_is_told(name: str, value: Any, says: str) -> None:
    with pytest.raises(BadVariable) as caught:
        checked({name: value})
    assert says in str(caught.value)


def test_what_is_left_out_has_its_default() -> None:
    found = checked({"cloud": "", "sweep": False, "deadline": "600"})
    assert (found["cloud"], found["tags"], found["settings"], found["deadline"]) == ("", [], {}, 600)


def test_settings_and_a_file_of_them_exclude_each_other() -> None:
    with pytest.raises(BadVariable, match="both probe_settings and probe_config"):
        checked({"settings": {"prefix": "mine"}, "config": "probes.yaml"})
