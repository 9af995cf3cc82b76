"""With `verdict: damped` the exit code follows the state, not one run."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from stackprobe.outputs import html, markdown, summary
from stackprobe.outputs.warning_lines import warning_lines
from stackprobe.results import Outcome, Results
from stackprobe.service_levels.judging import evaluate

from tests.support.service_levels import history, run, step_of
from tests.unit import journals

RULES: dict[str, Any] = {
    "router_in_time": {"step": "network/create_the_router", "within_s": 1, "severity": "down"},
    "router_as_ever": {"step": "network/create_the_router", "baseline": {}},
    "tidy": {"run": True, "leftovers": 0},
}
SLOW = step_of(5000.0)
PASSED, FAILED = step_of(100.0), step_of(100.0, outcomes=["failed"])


def codes(weather: list[Any], outcomes: list[str], **run_as: Any) -> list[int]:
    done: list[Results] = []
    for number, (write, outcome) in enumerate(zip(weather, outcomes, strict=True)):
        results = run(
            {},
            write,
            start=journals.START + number * 600,
            verdict="damped",
            scenarios=["network"],
            outcome=outcome,
            **run_as,
        )
        results.service_levels = evaluate(results, history(*done))
        done.append(results)
    return [one.exit_code for one in done]


def test_damped_a_first_failure_is_0_the_second_is_1_and_recovery_takes_two() -> None:
    weather = [PASSED, FAILED, FAILED, PASSED, PASSED, FAILED]
    outcomes = ["passed", "failed", "failed", "passed", "passed", "failed"]
    assert codes(weather, outcomes) == [0, 0, 1, 1, 0, 0]


def test_damped_a_blip_is_0_and_told() -> None:
    before = run({}, PASSED, start=journals.START - 600, scenarios=["network"])
    results = run({}, FAILED, verdict="damped", scenarios=["network"], outcome="failed")
    results.service_levels = evaluate(results, history(before))
    assert (results.outcome, results.exit_code) == (Outcome.FAILED, 0)
    assert warning_lines(results)[0] == "no alarm yet: network failed: no alarm: bad in 1 of the last 2 runs"
    told = json.loads(summary.render(results))
    assert (told["outcome"], told["exit_code"], told["service_levels"]["verdict"]) == ("failed", 0, "damped")
    assert "no alarm yet" in html.render(results) and "no alarm yet" in markdown.render(results)


def test_damped_a_probe_that_erred_remains_2() -> None:
    erred = step_of(100.0, outcomes=["error"])
    weather = [PASSED, FAILED, FAILED, erred]
    assert codes(weather, ["passed", "failed", "failed", "error"]) == [0, 0, 1, 2]


def test_damped_two_blips_of_two_scenarios_are_no_outage() -> None:
    def two(bad: str) -> Any:
        def write(journal: journals.Journals) -> None:
            for name in ("network", "image"):
                journal.scenario(name, "http" if name == bad else None)

        return write

    first = run({}, two("image"), start=journals.START - 600, scenarios=["network", "image"], outcome="failed")
    for bad, code in (("network", 0), ("image", 1)):
        results = run({}, two(bad), verdict="damped", scenarios=["network", "image"], outcome="failed")
        results.service_levels = evaluate(results, history(first))
        assert results.exit_code == code, bad


def test_damped_a_login_that_fails_is_damped_as_a_scenario_is() -> None:
    def no_token(journal: journals.Journals) -> None:
        journal.step("run", "Log in again", "auth", outcome="failed", message="HTTP 503")
        journal.step("network", "Plan", "plan", outcome="skipped", message="not run, since there is no token")
        journal.add("scenario_end", scenario="network", outcome="skipped", duration_ms=1.0, message=None)

    assert codes([PASSED, no_token, no_token], ["passed", "failed", "failed"]) == [0, 0, 1]


def test_damped_a_rule_in_alarm_is_1_also_where_every_scenario_passes() -> None:
    done: list[Results] = []
    for number, write in enumerate([PASSED, SLOW, SLOW]):
        results = run(RULES, write, start=journals.START + number * 600, verdict="damped", scenarios=["network"])
        results.service_levels = evaluate(results, history(*done))
        done.append(results)
    assert [one.exit_code for one in done] == [0, 0, 1]
    assert re.match("alarm: router_in_time: took 5.00 s", warning_lines(done[-1])[0])
    assert done[-1].outcome is Outcome.PASSED


def test_damped_without_a_history_the_exit_code_is_that_of_the_run(tmp_path: Path) -> None:
    for write, outcome, code in ((FAILED, "failed", 1), (PASSED, "passed", 0)):
        results = run({}, write, verdict="damped", scenarios=["network"], outcome=outcome)
        results.service_levels = evaluate(results, None)
        assert results.exit_code == code
