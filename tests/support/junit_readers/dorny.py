"""dorny/test-reporter (``java-junit-parser.ts``, ``get-report.ts``): a check run in GitHub."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from tests.support.junit_readers.report import FAILED, PASSED, SKIPPED, Report, Shown

#: Bytes of a check run's summary; what does not fit is trimmed at the end of a line.
LONGEST = 65_535
_TRIMMED = "**Report exceeded GitHub limit of 65535 bytes and was trimmed**"


def read(data: bytes) -> Report:
    """The root must be one of two; a test is failed, skipped or successful."""
    try:
        root = ET.fromstring(data)
    except ET.ParseError as error:
        return Report(refused=f"Invalid XML: {error}", tells_errors=False)
    if root.tag not in ("testsuites", "testsuite"):
        return Report(refused="Invalid JUnit report", tells_errors=False)
    suites = [root] if root.tag == "testsuite" else root.findall("testsuite")
    for suite in suites:
        float(suite.get("time") or 0)
        suite.attrib["name"].strip()
    return Report([_case(case) for suite in suites for case in suite.findall("testcase")], tells_errors=False)


def _case(case: ET.Element) -> Shown:
    judged = case.find("failure")
    if judged is None:
        judged = case.find("error")
    skipped = case.find("skipped")
    outcome = FAILED if judged is not None else SKIPPED if skipped is not None else PASSED
    shown = skipped if judged is None else judged
    return Shown(
        case.get("classname", ""),
        case.attrib["name"].strip(),
        outcome,
        # The attribute `message` is not looked at: the text alone is shown.
        message="" if shown is None else (shown.text or "").strip().partition("\n")[0],
        text="" if shown is None else shown.text or "",
        time_s=float(case.get("time") or 0),
        file=case.get("file"),
    )


def check_run(report: Report) -> str:
    """The text of the check run: all tests, or where they do not fit those that failed, trimmed where it must be."""
    for tests in (report.tests, [test for test in report.tests if test.outcome == FAILED]):
        lines = [
            f"- {'❌' if one.outcome == FAILED else '✅'} {one.classname}: {one.name} {one.message}" for one in tests
        ]
        if len("\n".join(lines).encode()) <= LONGEST:
            return "\n".join(lines)
    room, kept = LONGEST - len(_TRIMMED.encode()) - 1, []
    for line in lines:
        room -= len(line.encode()) + 1
        if room < 0:
            break
        kept.append(line)
    return "\n".join([*kept, _TRIMMED])
