"""The damped exit code and the alarms of rules say what `status` and `alarm` say: one damping, one maintenance."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from stackprobe.config import load_config
from stackprobe.config.model import Target
from stackprobe.outputs.warning_lines import warning_lines
from stackprobe.results import Results
from stackprobe.service_levels.conduct import Asked
from stackprobe.service_levels.judging import evaluate
from stackprobe.service_levels.verdict import Verdict

from tests.support.memory_history import MemoryHistory
from tests.support.service_levels import history, run, step_of
from tests.unit import journals

EVERY_S = 600
WEATHER = {"p": step_of(100.0), "f": step_of(100.0, outcomes=["failed"]), "s": step_of(5000.0)}
RULES: dict[str, Any] = {"quick": {"step": "network/create_the_router", "within_s": 1, "severity": "down"}}


def runs(letters: str, target: Target, rules: dict[str, Any] | None = None) -> list[Results]:
    """Runs one after the other: passed, failed, slow; `.` is one that does not come."""
    done: list[Results] = []
    for number, letter in enumerate(letters):
        if letter == ".":
            continue
        results = run(
            rules or {},
            WEATHER[letter],
            start=journals.START + number * EVERY_S,
            verdict="damped",
            scenarios=["network"],
            outcome="failed" if letter == "f" else "passed",
        )
        results.service_levels = evaluate(results, history(*done), None, target)
        done.append(results)
    return done


def configured(tmp_path: Path, text: str) -> Target:
    file = tmp_path / "probes.yaml"
    file.write_text(text)
    return load_config(file).target("demo", "RegionOne")


def maintained(tmp_path: Path, first: int, last: int, services: str = "[network]") -> Target:
    """Maintenance during the runs with these numbers."""
    from_t, until_t = (journals.START + number * EVERY_S for number in (first - 0.5, last + 0.5))
    when = f"from: '{moment(from_t)}', until: '{moment(until_t)}'"
    return configured(tmp_path, f"maintenance: [{{{when}, reason: new switches, services: {services}}}]\n")


def moment(t: float) -> str:
    return datetime.fromtimestamp(t, UTC).isoformat()


@pytest.mark.parametrize(
    ("damping", "codes"),
    [
        ("{bad: 3, of: 5}", [0, 0, 0, 1, 1, 1, 0]),
        ("{bad: 1, of: 1}", [0, 1, 1, 1, 0, 0, 0]),
        ("{}", [0, 0, 1, 1, 1, 0, 0]),
    ],
)
def test_scenarios_are_damped_in_the_exit_code_as_the_configuration_says(
    tmp_path: Path, damping: str, codes: list[int]
) -> None:
    target = configured(tmp_path, f"damping: {damping}\n")
    assert [one.exit_code for one in runs("pfffppp", target)] == codes


def test_good_runs_before_an_outage_do_not_end_it_nor_those_that_end_it_begin_another(tmp_path: Path) -> None:
    target = configured(tmp_path, "damping: {bad: 2, of: 4}\n")
    assert [one.exit_code for one in runs("pffppfp", target)] == [0, 0, 1, 1, 0, 0, 0]


def test_in_planned_maintenance_the_exit_code_follows_no_failure(tmp_path: Path) -> None:
    done = runs("pfffpffp", maintained(tmp_path, 1, 3))
    assert [one.exit_code for one in done] == [0, 0, 0, 0, 0, 0, 1, 1]
    assert warning_lines(done[2])[0] == "no alarm yet: network failed: in planned maintenance"
    other = runs("pfff", maintained(tmp_path, 1, 3, "[image]"))
    assert [one.exit_code for one in other] == [0, 0, 1, 1]


def test_an_outage_that_began_before_maintenance_goes_on(tmp_path: Path) -> None:
    assert [one.exit_code for one in runs("pffpppfpp", maintained(tmp_path, 3, 5))] == [0, 0, 1, 1, 1, 1, 1, 1, 0]


def test_a_rule_is_bad_in_planned_maintenance_and_in_no_alarm_neither_then_nor_after_it(tmp_path: Path) -> None:
    done = runs("psssps", maintained(tmp_path, 1, 3), RULES)
    verdicts = [one.service_levels.verdicts[0] for one in done if one.service_levels]
    assert [one.ok for one in verdicts] == [True, False, False, False, True, False]
    assert not any(one.damped.alarm for one in verdicts)
    assert [one.exit_code for one in done] == [0] * 6


def test_runs_that_pause_in_planned_maintenance_are_not_missing_and_others_are(tmp_path: Path) -> None:
    rules = {"seen": {"scenario": "network", "missing": {"every": f"{EVERY_S}s"}, "damping": {"bad": 1, "of": 1}}}

    def last(weather: str, target: Target) -> Verdict:
        levels = runs(weather, target, rules)[-1].service_levels
        assert levels is not None
        return levels.verdicts[0]

    pause = maintained(tmp_path, 3, 7)
    assert last("ppp.....p", pause).ok
    assert last("ppp.....p", maintained(tmp_path, 3, 7, "[image]")).ok is False
    assert last("ppp........p", pause).ok is False, "nor did any come after it"


def test_a_history_that_nobody_fills_does_not_make_each_failure_the_first_one(tmp_path: Path) -> None:
    results = run({}, WEATHER["f"], verdict="damped", scenarios=["network"], outcome="failed")
    results.service_levels = evaluate(results, MemoryHistory())
    assert results.exit_code == 1
    assert warning_lines(results)[0] == "alarm: network: alarm, undamped: earlier runs are not known"


def test_the_settings_are_those_of_the_cloud_and_region_of_the_run(tmp_path: Path) -> None:
    file = tmp_path / "probes.yaml"
    file.write_text(
        "damping: {bad: 4, of: 4}\n"
        "clouds: {demo: {regions: {RegionOne: {damping: {bad: 3, of: 3}}, RegionTwo: {}}}, other: {}}\n"
    )
    results = run({}, scenarios=["network"])
    asked = Asked(load_config(file))
    assert asked.target(results).damping == {"bad": 3, "of": 3}
    results.region = "RegionTwo"
    assert asked.target(results).damping == {"bad": 4, "of": 4}
    results.cloud = "gone"
    assert asked.target(results).damping == {"bad": 4, "of": 4}
