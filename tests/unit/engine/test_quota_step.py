"""What a step of quotas takes as thresholds, and what quotas come to."""

from __future__ import annotations

from typing import Any

import pytest
from stackprobe.engine.classify import StepError
from stackprobe.engine.steps.quota import _checks, _thresholds
from stackprobe.quota import Quota, Unreadable


def holds(quota: Quota, **arguments: Any) -> list[bool]:
    return [checked.holds for checked in _checks(quota, _thresholds(arguments))]


@pytest.mark.parametrize(
    ("limit", "used", "free"), [(10, 3, 7), (10, 12, 0), (0, 0, 0), (-1, 5, None), (None, 5, None)]
)
def test_a_quota_knows_what_is_left(limit: int | None, used: int, free: int | None) -> None:
    assert Quota.of("volumes", limit, used).free == free


@pytest.mark.parametrize(("limit", "used"), [("10", 3), (10, None), (10, "3"), (True, 3), (1.5, 1)])
def test_what_is_no_number_is_told_apart(limit: Any, used: Any) -> None:
    with pytest.raises(Unreadable, match="of volumes"):
        Quota.of("volumes", limit, used)


@pytest.mark.parametrize(
    ("limit", "used", "arguments", "good"),
    [
        (10, 9, {"percent": 10}, [True]),
        (10, 10, {"percent": 10}, [False]),
        (0, 0, {"percent": 10}, [True]),
        (0, 0, {"absolute": 1}, [False]),
        (None, 9, {"absolute": 1000}, []),
        (10, 9, {"percent": "50", "leave_out": ["volumes"]}, []),
        (10, 9, {"percent": 50, "thresholds": {"volumes": {"absolute": 1}}}, [True]),
        (10, 9, {"percent": 50, "thresholds": {"servers": {"absolute": 1}}}, [False]),
    ],
)
def test_enough_is_what_the_threshold_says(
    limit: int | None, used: int, arguments: dict[str, Any], good: list[bool]
) -> None:
    assert holds(Quota("volumes", limit, used), **arguments) == good


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"thresholds": {"router": {"absolute": 1}}}, "`router`; did you mean `routers`"),
        ({"leave_out": ["keypair"]}, "`keypair`; did you mean `keypairs`"),
        ({"thresholds": {"routers": 3}}, "must be a mapping of `percent` and `absolute`"),
        ({"thresholds": {"routers": {"percents": 3}}}, "must be a mapping of `percent` and `absolute`"),
        ({"thresholds": [1]}, "must map resources"),
        ({"percent": 101}, "`percent` must be a number from 0 to 100, not 101"),
        ({"absolute": "few"}, "`absolute` must be a number from 0, not 'few'"),
    ],
)
def test_a_mistake_is_an_error_that_says_what_is_wrong(arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(StepError, match=says):
        _thresholds(arguments)
