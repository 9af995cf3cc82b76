"""The service levels of a run as a JUnit suite of their own: a test for each rule.

A test says what the rule says of this run alone; whether that is an alarm, seen together with the runs before,
stands in its text. What could not be judged is skipped, never passed.
"""

from __future__ import annotations

from datetime import UTC, datetime

from junit_xml import TestCase, TestSuite

from stackprobe.outputs.clean import clean, clip, one_line
from stackprobe.outputs.junit_document import Suite
from stackprobe.results import Results
from stackprobe.service_levels import Verdict

SUITE = "service_levels"
LONGEST_MESSAGE = 1_000
LONGEST_TEXT = 1_000
#: Smallest time written, seconds: junit-xml leaves a time of zero out.
SHORTEST_S = 0.000001


def suite(results: Results) -> Suite | None:
    """The suite; None where the run has no rules."""
    found = results.service_levels
    if found is None or not found.verdicts:
        return None
    suite = Suite(
        TestSuite(
            SUITE,
            hostname=one_line(results.host, 300) if results.host else None,
            timestamp=datetime.fromtimestamp(max(results.start_t, 0), UTC).strftime("%Y-%m-%dT%H:%M:%S"),
            properties={
                "cloud": one_line(results.cloud, 500),
                "run": one_line(results.run_id, 500),
                "history": one_line(found.blind or "known", 500),
                "alarms": str(len(found.alarms)),
            },
        )
    )
    suite.add(_case(verdict) for verdict in found.verdicts)
    return suite


def _case(verdict: Verdict) -> TestCase:
    subject = one_line(verdict.subject, 200).replace(".", "_")
    case = TestCase(one_line(verdict.rule, 100), classname=f"{SUITE}.{subject}", elapsed_sec=SHORTEST_S)
    message = one_line(verdict.reason, LONGEST_MESSAGE) or verdict.word
    text = clip(f"{message}\n\nof {clean(verdict.subject)}\n{verdict.severity}\n{verdict.damped.text}", LONGEST_TEXT)
    if verdict.ok is None:
        case.add_skipped_info(f"unknown: {message}", text)
    elif verdict.ok:
        case.stdout = text
    else:
        case.add_failure_info(message, text, verdict.severity)
    return case
