"""``junit.xml``: one test suite a scenario, one test case a step, in the subset that every CI page understands.

What the readers do decides what is written here: Jenkins drops a report with a NUL in it, GitLab keeps only the first
of two tests of one name, GitHub's actions see an unparsable file as zero tests, and junit-xml 1.9 counts a failure
without text as a pass, drops a time of zero and omits skipped tests from the totals.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, datetime

from junit_xml import TestCase, TestSuite, to_xml_report_string

from stackprobe.outputs import service_level_cases, wording
from stackprobe.outputs.clean import clean, clip, one_line
from stackprobe.results import Outcome, Results, Scenario, Step

FILENAME = "junit.xml"

#: Characters of a message attribute: the line a CI page shows in its list.
LONGEST_MESSAGE = 1_000
#: Characters of the text of a test that is not passed: Jenkins keeps 2 × 50,000 of it.
LONGEST_TEXT = 20_000
#: Characters of the output of a passed test: Jenkins keeps 2 × 500 of it.
LONGEST_PASSED_TEXT = 1_000
#: Smallest time written, seconds: junit-xml leaves a time of zero out.
SHORTEST_S = 0.000001


class InvalidReport(Exception):
    """The report would not be readable: a mistake in this module, never published."""


def render(results: Results) -> str:
    """The report as text, parsed again before it is returned.

    :raises InvalidReport: it does not parse, or its numbers do not add up.
    """
    suites = [_suite(results, scenario) for scenario in results.suites]
    if levels := service_level_cases.suite(results):
        suites.append(levels)
    built = ET.fromstring(to_xml_report_string(suites, prettyprint=False))  # noqa: S314  # written by ourselves
    built.set("name", clean(f"stackprobe {wording.place(results)}"))
    built.set("skipped", str(sum(int(suite.get("skipped", 0)) for suite in built)))
    for element in built.iter():
        if "time" in element.attrib:  # str(float) may give 1e-06, which not every reader takes
            element.set("time", f"{float(element.get('time', 0)):.6f}")
    ET.indent(built)
    text = '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(built, encoding="unicode") + "\n"
    _validate(text, results)
    return text


def _suite(results: Results, scenario: Scenario) -> TestSuite:
    classname = f"{_part(scenario.services[0] if scenario.services else 'stackprobe')}.{_part(scenario.name)}"
    cases = [_case(step, classname) for step in scenario.steps]
    if scenario.problems or not cases:
        cases.append(_scenario_case(scenario, classname))
    start_t = scenario.start_t if scenario.start_t is not None else results.start_t
    return TestSuite(
        clean(scenario.name),
        cases,
        hostname=clean(results.host) if results.host else None,
        timestamp=_timestamp(start_t),
        file=clean(scenario.file) if scenario.file else None,
        properties=_properties(results, scenario),
    )


def _case(step: Step, classname: str) -> TestCase:
    case = TestCase(
        one_line(step.name, 300),
        classname=classname,
        elapsed_sec=max(step.duration_ms / 1000, SHORTEST_S),
        file=clean(step.file) if step.file else None,
        line=step.line,
    )
    calls = [wording.call_line(call) for call in step.calls]
    if step.outcome is Outcome.PASSED:
        case.stdout = clip("\n".join([*wording.explanation(step), *calls]), LONGEST_PASSED_TEXT)
        return case
    message = clean(step.message or "") or f"{step.outcome}, and the journal says no more"
    _add(case, step.outcome, message, "\n".join([message, "", *wording.explanation(step), *calls]))
    return case


def _scenario_case(scenario: Scenario, classname: str) -> TestCase:
    """What no step shows, as a test of its own: unfinished, skipped as a whole, ended early."""
    name = "The whole run" if classname == "stackprobe.run" else "The whole scenario"
    case = TestCase(name, classname=classname, elapsed_sec=SHORTEST_S)
    if scenario.problems:
        outcome = min(scenario.problems, key=lambda problem: problem.outcome is not Outcome.FAILED).outcome
        messages = [clean(problem.message) for problem in scenario.problems]
        calls = [wording.call_line(call) for call in scenario.calls_without_step]
        _add(case, outcome, messages[0], "\n".join([*messages, *calls]))
    elif scenario.outcome is not Outcome.PASSED:
        message = clean(scenario.message or "") or f"the scenario was {scenario.outcome}"
        _add(case, scenario.outcome, message, message)
    return case


def _add(case: TestCase, outcome: Outcome, message: str, text: str) -> None:
    message, text = one_line(message, LONGEST_MESSAGE), clip(text, LONGEST_TEXT)
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
        "tls_verified": "yes" if results.verify else "no",
        "tags": ",".join(scenario.tags),
        "retries": scenario.retries,
        "leftovers": scenario.leftovers,
    }
    return {name: one_line(value, 500) for name, value in values.items() if value not in (None, "")}


def _part(text: str) -> str:
    """A part of a class name: a dot would make a package of it."""
    return one_line(text, 100).replace(".", "_").replace(" ", "_") or "unknown"


def _timestamp(unix_seconds: float) -> str:
    # The format that the JUnit schema has: no zone, no fraction. Readers take it as UTC.
    return datetime.fromtimestamp(max(unix_seconds, 0), UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _validate(text: str, results: Results) -> None:
    """Read the report as a CI page would, and compare it with what it was made of."""
    try:
        root = ET.fromstring(text.encode("utf-8"))  # noqa: S314  # written by ourselves
    except (ET.ParseError, UnicodeEncodeError) as error:
        raise InvalidReport(f"the JUnit report does not parse: {error}") from error
    cases = list(root.iter("testcase"))
    names = [(case.get("classname"), case.get("name")) for case in cases]
    if len(set(names)) != len(names):
        raise InvalidReport("two tests of the JUnit report have the same name")
    bad = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    of_steps = [case for case in bad if not str(case.get("classname")).startswith(f"{service_level_cases.SUITE}.")]
    if bool(of_steps) != results.outcome.is_bad:
        raise InvalidReport(f"the JUnit report has {len(of_steps)} tests that failed, and the run is {results.outcome}")
    if int(root.get("failures", 0)) + int(root.get("errors", 0)) != len(bad) or int(root.get("tests", 0)) != len(cases):
        raise InvalidReport("the totals of the JUnit report do not add up")
