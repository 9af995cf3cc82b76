"""Jenkins (plugin junit: ``SuiteResult.parse``, ``CaseResult``)."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from tests.support.junit_readers.report import ERROR, FAILED, PASSED, SKIPPED, Report, Shown

#: Characters kept at each end of the output: of a test that passed, and of one that did not.
HALF_MAX, HALF_MAX_FAILING = 500, 50_000


def read(data: bytes) -> Report:
    """A report that does not parse becomes one failing test with the name of the file."""
    try:
        root = ET.fromstring(data)
    except ET.ParseError as error:
        return Report(refused=f"Failed to read test report file: {error}")
    return Report([_case(case) for suite in root.iter("testsuite") for case in suite.findall("testcase")])


def _case(case: ET.Element) -> Shown:
    name, classname = case.attrib["name"], case.get("classname")
    if classname is None and "." in name:
        classname, _, name = name.rpartition(".")
    judged = case.find("error")
    if judged is None:
        judged = case.find("failure")
    skipped = case.find("skipped")
    outcome = PASSED
    if skipped is not None:
        outcome = SKIPPED
    elif judged is not None:
        outcome = ERROR if judged.tag == "error" else FAILED
    shown = skipped if judged is None else judged
    half = HALF_MAX if outcome == PASSED else HALF_MAX_FAILING
    output = case.findtext("system-out") or ""
    if len(output) > 2 * half:
        output = f"{output[:half]}\n...[truncated {len(output) - 2 * half} chars]...\n{output[-half:]}"
    return Shown(
        classname or "",
        name or "(?)",
        outcome,
        message="" if shown is None else shown.get("message", ""),
        text=output if shown is None else shown.text or "",
        time_s=_time(case.get("time")),
        file=case.get("file"),
    )


def _time(text: str | None) -> float:
    try:
        return max(float((text or "").replace(",", "")), 0.0)
    except ValueError:
        return 0.0
