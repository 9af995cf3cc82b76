"""Planned maintenance reports and does not alarm, and costs no availability."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from stackprobe.config import InvalidConfig, load_config
from stackprobe.maintenance import Maintenance, planned
from stackprobe.state.model import Level, Status

from tests.unit.state.worlds import EVERY_S, NOW_T, service, state, target


def at(t: float) -> str:
    return datetime.fromtimestamp(t, UTC).isoformat()


def windows(text: str, tmp_path: Path, cloud: str = "demo", region: str | None = None) -> list[tuple[str, str]]:
    file = tmp_path / "probes.yaml"
    file.write_text(text)
    of = load_config(file).target(cloud, region)
    start = datetime(2026, 3, 27, tzinfo=UTC).timestamp()
    found = Maintenance(of.maintenance, start, start + 4 * 86400).windows
    return [(at(one.from_t)[:16], at(one.until_t)[:16]) for one in found]


def test_a_window_has_ends_with_a_time_zone(tmp_path: Path) -> None:
    text = 'maintenance: [{from: "2026-03-28T22:00+01:00", until: "2026-03-29T02:00:00Z", reason: x}]\n'
    assert windows(text, tmp_path) == [("2026-03-28T21:00", "2026-03-29T02:00")]


def test_windows_recur_in_their_own_time_zone_also_when_clocks_change(tmp_path: Path) -> None:
    text = "maintenance: [{cron: '0 4 * * *', duration: 1h30m, timezone: Europe/Berlin, reason: x}]\n"
    assert windows(text, tmp_path) == [
        ("2026-03-27T03:00", "2026-03-27T04:30"),
        ("2026-03-28T03:00", "2026-03-28T04:30"),
        ("2026-03-29T02:00", "2026-03-29T03:30"),
        ("2026-03-30T02:00", "2026-03-30T03:30"),
    ]


def test_a_window_that_began_before_is_still_there() -> None:
    one = planned({"cron": "0 22 * * *", "duration": "4h", "reason": "x"})
    start = datetime(2026, 3, 27, 1, tzinfo=UTC).timestamp()
    assert [at(window.from_t)[:16] for window in one.windows(start, start + 3600)] == ["2026-03-26T22:00"]


def test_windows_of_general_cloud_and_region_add_up(tmp_path: Path) -> None:
    text = """\
maintenance: [{cron: '0 1 27 3 *', duration: 1h, reason: all}]
clouds:
  demo:
    maintenance: [{cron: '0 2 27 3 *', duration: 1h, reason: cloud}]
    regions:
      one: {maintenance: [{cron: '0 3 27 3 *', duration: 1h, reason: region}]}
      two:
  other:
"""
    assert [begin[11:13] for begin, _ in windows(text, tmp_path, "demo", "one")] == ["01", "02", "03"]
    assert [begin[11:13] for begin, _ in windows(text, tmp_path, "demo", "two")] == ["01", "02"]
    assert [begin[11:13] for begin, _ in windows(text, tmp_path, "other")] == ["01"]


@pytest.mark.parametrize(
    ("window", "line", "message"),
    [
        ('from: "2026-12-01T22:00:00"\n    until: "2026-12-02T22:00:00Z"', 2, "no time zone. Write 2026-12-01T22"),
        ('from: "2026-12-01"\n    until: "2026-12-02T22:00:00Z"', 2, "`2026-12-01` is no time"),
        ('from: "soon"\n    until: "2026-12-02T22:00:00Z"', 2, "`soon` is no time. Write it as 2026-12-01T"),
        ('from: "2026-12-01T22:00:00Z"\n    until: "2026-12-01T21:00:00Z"', 3, "ends before it begins"),
        ('from: "2026-12-01T22:00:00Z"', 2, "the window lacks `until`"),
        ("from: 2026-12-01T22:00:00Z\n    until: 2026-12-02T22:00:00Z", 2, "Put it in quotes"),
        ('cron: "0 25 * * *"\n    duration: 1h', 2, "is no cron expression: bad hour"),
        ('cron: "0 0 31 2 *"\n    duration: 1h', 2, "is no cron expression"),
        ('cron: "0 0 0 * * *"\n    duration: 1h', 2, "five fields"),
        ('cron: "0 2 * * *"\n    duration: soon', 3, "`soon` of `duration` is no span of time"),
        ('cron: "0 2 * * *"\n    duration: 40d', 3, "31 days at most"),
        ('cron: "0 2 * * *"', 2, "the window lacks `duration`"),
        ('cron: "0 2 * * *"\n    duration: 1h\n    timezone: Mars/Base', 4, "there is no time zone `Mars/Base`"),
        ('from: "2026-12-01T22:00:00Z"\n    duration: 1h', 3, "once or again and again"),
        ("services: [compute]", 2, "the window has no time"),
        ('form: "2026-12-01T22:00:00Z"', 2, "did you mean `from`?"),
    ],
)  # fmt: skip
def test_mistakes_are_found_at_load_with_their_line(tmp_path: Path, window: str, line: int, message: str) -> None:
    file = tmp_path / "probes.yaml"
    file.write_text(f"maintenance:\n  - {window}\n    reason: x\n")
    with pytest.raises(InvalidConfig) as caught:
        load_config(file)
    assert message in str(caught.value)
    assert f"{file}:{line}:" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("damping: {bad: 4}\n", "4 of 3 runs can never be reached"),
        ("every: often\n", "`often` of `every` is no span of time"),
        ("objective: 100\n", "`objective` must be at most 99.999 %"),
        ("maintenance: [{from: '2026-12-01T22:00:00Z', until: '2026-12-02T22:00:00Z'}]\n", "lacks `reason`"),
    ],
)
def test_other_settings_of_the_state_are_checked_too(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "probes.yaml"
    file.write_text(text)
    with pytest.raises(InvalidConfig, match=message):
        load_config(file)


def during(from_t: float, until_t: float, more: str = "") -> str:
    return f'maintenance: [{{from: "{at(from_t)}", until: "{at(until_t)}", reason: Ceph upgrade{more}}}]\n'


def test_what_fails_during_maintenance_is_told_and_is_no_event(tmp_path: Path) -> None:
    now = target(during(NOW_T - 4000, NOW_T + 3600), tmp_path)
    one = service(state({"compute": "ppffff"}, now), "compute")
    assert (one.health.status, one.health.level) == (Status.MAINTENANCE, Level.DEGRADED)
    assert "maintenance until 2023-11-15 09:00:00 UTC: Ceph upgrade; compute was bad" in one.health.reason
    assert one.incidents == ()
    assert state({"compute": "pppp"}, now).level is Level.UP


def test_only_the_services_that_are_named_are_maintained(tmp_path: Path) -> None:
    now = target(during(NOW_T - 4000, NOW_T + 3600, ", services: [block-storage]"), tmp_path)
    found = state({"compute": "ppff", "volume": "ppff"}, now)
    assert service(found, "compute").health.status is Status.DOWN
    assert service(found, "block-storage").health.status is Status.MAINTENANCE


def test_after_maintenance_two_bad_runs_are_an_event_again(tmp_path: Path) -> None:
    over = target(during(NOW_T - 300 - 4 * EVERY_S, NOW_T - 300 - 2 * EVERY_S), tmp_path)
    one = service(state({"compute": "ppffpff"}, over), "compute")
    assert [incident.from_t for incident in one.incidents] == [NOW_T - 300 - EVERY_S]
    just_over = target(during(NOW_T - 300 - 4 * EVERY_S, NOW_T - 400), tmp_path)
    assert service(state({"compute": "ppffff"}, just_over), "compute").incidents == ()


def test_maintenance_counts_neither_as_available_nor_as_not(tmp_path: Path) -> None:
    over = target(during(NOW_T - 300 - 4 * EVERY_S, NOW_T - 300 - 2 * EVERY_S), tmp_path)
    day = service(state({"compute": "p" * 90 + "ffppp"}, over), "compute").windows["24h"]
    assert day.percent == pytest.approx(100)
    assert day.maintained_s == 2 * EVERY_S
    assert day.budget_s(99.0) == pytest.approx((86400 - 2 * EVERY_S) / 100)


def test_of_windows_that_recur_often_none_of_today_is_left_out() -> None:
    often = planned({"reason": "backup", "cron": "*/10 * * * *", "duration": "2m"})
    found = Maintenance([often], NOW_T - 90 * 86400, NOW_T + 86400)
    assert found.at(NOW_T + 60, "compute") is not None
