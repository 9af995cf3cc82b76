"""Content, keys and secrets that a scenario orders and never sees."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from stackprobe.engine.classify import StepError
from stackprobe.engine.values import Values, content


@pytest.fixture
def hidden() -> list[str]:
    return []


@pytest.fixture
def values(hidden: list[str]) -> Values:
    return Values(hidden.append)


def test_content_is_reproducible_within_a_scenario_only(values: Values) -> None:
    one = values.resolve({"data": {"$bytes": 4096}}, "a")["data"]
    assert len(one) == 4096 and one == content(4096, "a")
    assert one == values.resolve({"$bytes": "4096"}, "a") != values.resolve({"$bytes": 4096}, "b")


def test_a_secret_is_made_once_remembered_and_told_to_the_scrubber(values: Values, hidden: list[str]) -> None:
    one = values.resolve([{"$secret": "x"}], "a")[0]
    assert values.resolve({"$secret": "x"}, "a") == one != values.resolve({"$secret": "x"}, "b")
    assert len(one) == 32 and one in hidden and values.known("x", "a") == one and values.known("y", "a") is None


def test_what_the_cloud_issued_is_remembered_and_hidden(values: Values, hidden: list[str]) -> None:
    values.remember("token", "a", "a-token")
    assert values.known("token", "a") == "a-token" and hidden == ["a-token"]


def test_a_public_key_is_the_same_at_each_use(values: Values) -> None:
    key = values.resolve({"$public_key": "web"}, "a")
    assert key.startswith("ecdsa-sha2-nistp256 ") and key == values.resolve({"$public_key": "web"}, "a")
    assert key != values.resolve({"$public_key": "db"}, "a")


def test_base64(values: Values) -> None:
    assert values.resolve({"user_data": {"$base64": "#!"}}, "a") == {"user_data": "IyE="}


def test_a_whole_number(values: Values) -> None:
    assert values.resolve({"port": {"$int": "8080"}, "size": {"$int": 3}}, "a") == {"port": 8080, "size": 3}
    with pytest.raises(StepError, match=r"`\$int` needs a whole number, not 'many'"):
        values.resolve({"$int": "many"}, "a")


def test_what_is_not_special_stays_as_it_is(values: Values) -> None:
    value = {"a": [1, None, {"b": "text $x"}]}
    assert values.resolve(value, "a") == value


def test_a_part_of_content_and_its_digest(values: Values) -> None:
    part = {"size": "4096", "first": 10, "last": "19"}
    assert values.resolve({"$bytes": part}, "a") == content(4096, "a")[10:20]
    assert values.resolve({"$bytes": {"size": 4096, "first": 4000}}, "a") == content(4096, "a")[4000:]
    assert values.resolve({"$md5": part}, "a") == hashlib.md5(content(4096, "a")[10:20]).hexdigest()


def test_a_secret_as_content(values: Values, hidden: list[str]) -> None:
    content = values.resolve({"$secret_bytes": "x"}, "a")
    assert content.decode() == values.resolve({"$secret": "x"}, "a") == hidden[0]


@pytest.mark.parametrize(
    "wrong",
    [
        *({"$nope": 1}, {"$bytes": 1, "x": 2}, {"$bytes": "many"}, {"$bytes": 0}, {"$bytes": 1 << 40}),
        *({"$bytes": {"first": 1}}, {"$bytes": {"size": 9, "last": 9}}, {"$bytes": {"size": 9, "frist": 1}}),
    ],
)
def test_what_cannot_be_made_is_an_error(values: Values, wrong: dict[str, Any]) -> None:
    with pytest.raises(StepError):
        values.resolve(wrong, "a")
