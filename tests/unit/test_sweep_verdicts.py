"""What may be deleted is decided by whose a resource is, whether its run lives, and the cloud's own time."""

from __future__ import annotations

import pytest
from stackprobe.commands.sweep import parse_age
from stackprobe.errors import UsageError
from stackprobe.liveness import Liveness
from stackprobe.naming import new_run_id, parse_run_id
from stackprobe.resources import KINDS, Found
from stackprobe.sweep.leftovers import Leftover, judge

NOW = 1_790_000_000.0
HOUR = 3600.0


def found(run_id: str, created: float | None = None, kind: str = "network") -> Found:
    return Found(kind, "an-id", f"stackprobe-{run_id}-x", parse_run_id(run_id), created, "active")


def verdict_of(
    *items: Found, known: Liveness = "unknown", older_than_s: float | None = None, now: float | None = NOW
) -> list[str]:
    return [one.verdict for one in judged(*items, known=known, older_than_s=older_than_s, now=now)]


def judged(*items: Found, known: Liveness, older_than_s: float | None, now: float | None) -> list[Leftover]:
    return judge(items, now, older_than_s, lambda run_id: known)


@pytest.mark.parametrize("older_than_s", [None, 0.0])
def test_what_a_live_run_of_this_machine_made_is_never_removed(older_than_s: float | None) -> None:
    ancient = found(new_run_id(NOW - 100 * HOUR, 60), NOW - 100 * HOUR)
    assert verdict_of(ancient, known="alive", older_than_s=older_than_s) == ["keep"]


def test_a_run_that_is_ending_gets_time_to_do_it_itself() -> None:
    assert verdict_of(found(new_run_id(NOW, 60), NOW), known="ending") == ["wait"]


def test_what_a_run_left_that_was_killed_here_goes_at_once() -> None:
    assert verdict_of(found(new_run_id(NOW, 3600), NOW), known="dead") == ["remove"]
    assert verdict_of(found(new_run_id(NOW, 3600), NOW), known="dead", now=None) == ["remove"]


def test_the_run_of_another_machine_is_dead_when_its_deadline_and_a_margin_are_over() -> None:
    run_id = new_run_id(NOW - 2 * HOUR, 3600)
    assert verdict_of(found(run_id, NOW - HOUR - 301)) == ["remove"]
    assert verdict_of(found(run_id, NOW - HOUR - 299)) == ["keep"]


def test_a_wrong_clock_of_the_machine_that_ran_does_not_make_young_resources_old() -> None:
    run_id = new_run_id(NOW - 100 * HOUR, 60)
    assert verdict_of(found(run_id, NOW - 10)) == ["keep"]
    assert verdict_of(found(run_id, NOW - 10), found(run_id, None, "keypair")) == ["keep", "keep"]


def test_everything_of_a_run_that_is_over_goes_however_young() -> None:
    run_id = new_run_id(NOW - 2 * HOUR, 3600)
    assert verdict_of(found(run_id, NOW - 2 * HOUR), found(run_id, NOW - 10, "server")) == ["remove", "remove"]


def test_what_the_api_does_not_date_is_judged_by_the_start_in_its_name() -> None:
    assert verdict_of(found(new_run_id(NOW - 2 * HOUR, 3600), None, "keypair")) == ["remove"]
    assert verdict_of(found(new_run_id(NOW - HOUR, 3600), None, "keypair")) == ["keep"]
    assert verdict_of(found(new_run_id(NOW + 9 * HOUR, 3600), None, "keypair")) == ["keep"]


def test_an_age_that_the_operator_gives_goes_before_the_runs_deadline() -> None:
    item = found(new_run_id(NOW - HOUR, 86400), NOW - HOUR)
    assert verdict_of(item, older_than_s=1800) == ["remove"]
    assert verdict_of(item, older_than_s=2 * HOUR) == ["keep"]
    over = found(new_run_id(NOW - HOUR, 60), NOW - HOUR)
    assert verdict_of(over, older_than_s=2 * HOUR) == ["keep"]


def test_without_the_clouds_time_nothing_of_other_machines_is_removed() -> None:
    assert verdict_of(found(new_run_id(NOW - 100 * HOUR, 60), NOW - 100 * HOUR), now=None) == ["keep"]
    assert verdict_of(found(new_run_id(NOW - 100 * HOUR, 60), NOW), now=None, older_than_s=0) == ["keep"]


def test_every_verdict_gives_its_reason() -> None:
    run_id = new_run_id(NOW - 2 * HOUR, 3600)
    (leftover,) = judged(found(run_id, NOW - 2 * HOUR), known="unknown", older_than_s=None, now=NOW)
    assert leftover.reason == "its run was over 60 min ago at the latest"
    assert leftover.age_s == 2 * HOUR


def test_servers_go_before_what_they_use_and_routers_before_networks() -> None:
    order = sorted(KINDS, key=lambda name: KINDS[name].order)
    for first, second in (
        ("server", "port"), ("server", "volume"), ("floating_ip", "router"), ("router", "network"), ("port", "network"),
        ("port", "security_group"), ("volume_snapshot", "volume"), ("volume", "image"),
    ):  # fmt: skip
        assert order.index(first) < order.index(second), (first, second)


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("15m", 900), ("2h", 7200), ("1d", 86400), ("0s", 0)])
def test_ages_are_read(text: str, seconds: float) -> None:
    assert parse_age(text) == seconds


@pytest.mark.parametrize("text", ["", "90", "h", "-1h", "1.5h", "1w", "1h30m", "1 h"])
def test_malformed_ages_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no age"):
        parse_age(text)
