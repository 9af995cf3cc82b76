"""``junit.xml``: one test suite a scenario, one test case a step, in the subset that every CI page understands.

What the readers do decides what is written here: Jenkins drops a report with a NUL in it, GitLab keeps only the first
of two tests of one name, GitHub's actions see an unparsable file as zero tests, and junit-xml 1.9 counts a failure
without text as a pass, drops a time of zero and omits skipped tests from the totals.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from junit_xml import TestCase, TestSuite

from stackprobe.outputs import service_level_cases, wording
from stackprobe.outputs.clean import clean, clip, one_line
from stackprobe.outputs.junit_document import InvalidReport, Room, Suite, document, fit, read_back, room
from stackprobe.results import Outcome, Results, Scenario, Step

__all__ = ["FILENAME", "InvalidReport", "render"]

FILENAME = "junit.xml"

#: Characters of a message attribute: the line a CI page shows in its list.
LONGEST_MESSAGE = 1_000
#: Characters of the text of a test that is not passed: Jenkins keeps 2 × 50,000 of it.
LONGEST_TEXT = 20_000
#: Characters of the output of a passed test: Jenkins keeps 2 × 500 of it.
LONGEST_PASSED_TEXT = 1_000
#: Characters of a name, of a file's path; calls that are told of a step.
LONGEST_NAME = 300
LONGEST_FILE = 500
MOST_CALLS = 200
#: Smallest time written, seconds: junit-xml leaves a time of zero out.
SHORTEST_S = 0.000001


def render(results: Results) -> str:
    """The report as text, read again before it is returned.

    :raises InvalidReport: it does not parse, or its numbers do not add up.
    """
    names = _Names()
    limits = _limits(results)
    suites = [_suite(results, scenario, names, limits) for scenario in results.suites]
    levels = service_level_cases.suite(results)
    text = document(clean(f"stackprobe {wording.place(results)}"), [*suites, *([levels] if levels else [])])
    bad = read_back(text).bad - (levels.bad if levels else 0)  # rules have their own say, and the run has its outcome
    if (bad == 0) != (not results.outcome.is_bad):
        raise InvalidReport(f"the JUnit report has {bad} tests that failed, and the run is {results.outcome}")
    return text


class _Names:
    """Names of tests, distinct in the whole report also after what XML cannot carry was taken out of them."""

    def __init__(self) -> None:
        self._taken: set[tuple[str, str]] = set()

    def give(self, classname: str, wanted: str) -> str:
        name, count = wanted, 1
        while (classname, name) in self._taken:
            count += 1
            name = f"{wanted} ({count})"
        self._taken.add((classname, name))
        return name


def _limits(results: Results) -> Room:
    passed = told = names = 0
    for step in results.steps:
        passed += step.outcome is Outcome.PASSED
        told += step.outcome is not Outcome.PASSED
        names += len(step.name[:LONGEST_NAME]) + len((step.file or "")[:LONGEST_FILE]) + len(step.scenario[:100])
    return room(told, passed, names, LONGEST_TEXT * 2, LONGEST_MESSAGE * 2, LONGEST_PASSED_TEXT * 2)


def _suite(results: Results, scenario: Scenario, names: _Names, limits: Room) -> Suite:
    classname = f"{_part(scenario.services[0] if scenario.services else 'stackprobe')}.{_part(scenario.name)}"
    start_t = scenario.start_t if scenario.start_t is not None else results.start_t
    suite = Suite(
        TestSuite(
            one_line(scenario.name, LONGEST_NAME),
            hostname=one_line(results.host, LONGEST_NAME) if results.host else None,
            timestamp=_timestamp(start_t),
            file=one_line(scenario.file, LONGEST_FILE) if scenario.file else None,
            properties=_properties(results, scenario),
        )
    )
    suite.add(_cases(scenario, classname, names, limits))
    return suite


def _cases(scenario: Scenario, classname: str, names: _Names, limits: Room) -> Iterator[TestCase]:
    for step in scenario.steps:
        yield _case(step, classname, names, limits)
    if scenario.problems or not scenario.steps:
        yield _scenario_case(scenario, classname, names, limits)


def _case(step: Step, classname: str, names: _Names, limits: Room) -> TestCase:
    case = TestCase(
        names.give(classname, one_line(step.name, LONGEST_NAME) or "step"),
        classname=classname,
        elapsed_sec=max(step.duration_ms / 1000, SHORTEST_S),
        file=one_line(step.file, LONGEST_FILE) if step.file else None,
        line=step.line,
    )
    if step.outcome is Outcome.PASSED:
        if limits.passed_text:
            case.stdout = fit(clip("\n".join(_told(step)), LONGEST_PASSED_TEXT), limits.passed_text)
        return case
    message = clean(step.message or "") or f"{step.outcome}, and the journal says no more"
    _add(case, step.outcome, message, "\n".join([message, "", *_told(step)]), limits)
    return case


def _told(step: Step) -> list[str]:
    """All that the journal says of a step, with its first calls and its last."""
    half = MOST_CALLS // 2
    calls = step.calls if len(step.calls) <= MOST_CALLS else [*step.calls[:half], *step.calls[-half:]]
    lines = [wording.call_line(call) for call in calls]
    if len(calls) < len(step.calls):
        lines.insert(half, f"… {len(step.calls) - len(calls)} more calls …")
    return [*wording.explanation(step), *lines]


def _scenario_case(scenario: Scenario, classname: str, names: _Names, limits: Room) -> TestCase:
    """What no step shows, as a test of its own: unfinished, skipped as a whole, ended early."""
    name = "The whole run" if classname == "stackprobe.run" else "The whole scenario"
    case = TestCase(names.give(classname, name), classname=classname, elapsed_sec=SHORTEST_S)
    if scenario.problems:
        outcome = min(scenario.problems, key=lambda problem: problem.outcome is not Outcome.FAILED).outcome
        messages = [clean(problem.message) for problem in scenario.problems]
        calls = [wording.call_line(call) for call in scenario.calls_without_step[-MOST_CALLS:]]
        _add(case, outcome, messages[0], "\n".join([*messages, *calls]), limits)
    elif scenario.outcome is not Outcome.PASSED:
        message = clean(scenario.message or "") or f"the scenario was {scenario.outcome}"
        _add(case, scenario.outcome, message, message, limits)
    return case


def _add(case: TestCase, outcome: Outcome, message: str, text: str, limits: Room) -> None:
    message = one_line(fit(one_line(message, LONGEST_MESSAGE), limits.message), LONGEST_MESSAGE) or str(outcome)
    text = fit(clip(text, LONGEST_TEXT), limits.text)
    if outcome is Outcome.FAILED:
        case.add_failure_info(message, text, "failed")
    elif outcome is Outcome.ERROR:
        case.add_error_info(message, text, "error")
    elif outcome is Outcome.SKIPPED:
        case.add_skipped_info(message, text)


def _properties(results: Results, scenario: Scenario) -> dict[str, str]:
    values = {
        "cloud": results.cloud,
        "region": results.region,
        "label": results.label,
        "region_label": results.region_label,
        "environment": results.environment,
        "zone": results.zone,
        "repetitions": len(scenario.repetitions) or None,
        "run": results.run_id,
        "build_url": results.ci.get("build_url"),
        "pipeline": results.ci.get("pipeline"),
        "stackprobe": results.stackprobe,
        "openstacksdk": results.openstacksdk,
        "ansible": results.ansible,
        "tls_verified": None if results.verify is None else "yes" if results.verify else "no",
        "tags": ",".join(scenario.tags),
        "retries": scenario.retries,
        "leftovers": scenario.leftovers if results.leftovers_known else None,
    }
    return {name: one_line(value, 500) for name, value in values.items() if value not in (None, "")}


def _part(text: str) -> str:
    """A part of a class name: a dot would make a package of it."""
    return one_line(text, 100).replace(".", "_").replace(" ", "_") or "unknown"


def _timestamp(unix_seconds: float) -> str:
    # The format that the JUnit schema has: no zone, no fraction. Readers take it as UTC.
    return datetime.fromtimestamp(max(unix_seconds, 0), UTC).strftime("%Y-%m-%dT%H:%M:%S")
