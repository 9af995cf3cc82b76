"""What a scenario expects, and how it is told when it is not so."""

from __future__ import annotations

from typing import Any

import pytest
from stackprobe.engine.classify import StepError
from stackprobe.engine.expect import check, lookup

VALUE = {
    "status": "ACTIVE",
    "size": 3,
    "tags": ["a", "b"],
    "ports": [{"name": "web", "id": 7}],
    "none": None,
    "on": True,
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("status", "ACTIVE"),
        ("ports.0.name", "web"),
        ("ports.-1.id", 7),
        ("ports.1", None),
        ("tags.#", 2),
        ("#", 6),
        (".", VALUE),
        ("nothing.at.all", None),
        ("status.deeper", None),
        ("size.#", None),
    ],
)
def test_paths_lead_to_values_and_to_none_where_there_is_nothing(path: str, found: Any) -> None:
    assert lookup(VALUE, path) == found


@pytest.mark.parametrize(
    ("expectation", "holds"),
    [
        ({"status": "ACTIVE"}, True),
        ({"status": "active"}, False),
        ({"size": 3}, True),
        ({"size": "3"}, True),  # as ansible-core before 2.19 templates it
        ({"on": True}, True),
        ({"none": None}, True),
        ({"status": {"not": "ERROR"}}, True),
        ({"status": {"in": ["BUILD", "ACTIVE"]}}, True),
        ({"tags": {"contains": "a"}}, True),
        ({"tags": {"contains": "c"}}, False),
        ({"ports": {"contains": {"name": "web"}}}, True),
        ({"ports": {"contains": {"name": "web", "id": 8}}}, False),
        ({"ports": {"contains": {"name": "web", "id": {"min": 7, "max": 7}}}}, True),
        ({"ports": {"contains": {"name": "web", "id": {"in": [8, 9]}}}}, False),
        ({".": {"contains": {"ports": {"contains": {"id": 7}}, "tags": {"contains_all": ["a", "b"]}}}}, True),
        ({".": {"contains": {"ports": {"contains": {"id": {"is": 8}}}}}}, False),
        ({".": {"contains": {"nothing": {"contains": {"id": 7}}}}}, False),
        ({"tags": {"lacks": "c"}}, True),
        ({"none": {"lacks": "c"}}, True),
        ({"none": {"contains": "c"}}, False),
        ({"status": {"matches": "^ACT"}}, True),
        ({"none": {"matches": ".*"}}, False),
        ({"size": {"min": 3, "max": 3}}, True),
        ({"size": {"min": "4"}}, False),
        ({"none": {"min": 0}}, False),
        ({"tags": {"set": True}}, True),
        ({"none": {"set": False}}, True),
        ({"none": {"set": True}}, False),
    ],
)
def test_operators(expectation: dict[str, Any], holds: bool) -> None:
    assert all(one.holds for one in check(VALUE, expectation)) is holds


@pytest.mark.parametrize(
    "wrong", [None, {}, [], "text", {"status": {"is_not": 1}}, {"size": {"in": 3}}, {"status": {"matches": "("}}]
)
def test_what_is_no_expectation_is_an_error(wrong: Any) -> None:
    with pytest.raises(StepError):
        list(check(VALUE, wrong))


def test_a_check_says_what_was_expected_and_what_was_found() -> None:
    (one,) = check(VALUE, {"status": "ERROR"})
    assert (one.name, one.expected, one.actual) == ("status is 'ERROR'", "ERROR", "ACTIVE")
    assert str(one) == "status is 'ERROR', but it is 'ACTIVE'"


def test_long_values_are_cut_in_messages() -> None:
    (one,) = check("x" * 10_000, {".": "y"})
    assert 500 < len(str(one)) < 600 and len(one.actual) == 10_000
