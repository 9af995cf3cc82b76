"""GitLab (``lib/gitlab/ci/parsers/test/junit.rb``, ``reports/test_suite.rb``)."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator

from tests.support.junit_readers.report import ERROR, FAILED, PASSED, SKIPPED, Report, Shown

LARGEST = 30_000_000
_ATTACHMENT = re.compile(r"\[\[ATTACHMENT\|(?P<path>[^\[\]|]+?)\]\]")


def read(data: bytes) -> Report:
    """Too large, unparsable, or with a test without a name: nothing of the report is shown."""
    if len(data) > LARGEST:
        return Report(refused="the report is too large")
    try:
        root = ET.fromstring(data)
    except ET.ParseError as error:
        return Report(refused=f"JUnit XML parsing failed: {error}")
    tests: dict[tuple[str, str], Shown] = {}
    for case in _cases(root):
        if "name" not in case.attrib:
            return Report(refused='JUnit data parsing failed: key not found: "name"')
        shown = _case(case)
        tests.setdefault((shown.classname, shown.name), shown)
    return Report(list(tests.values()))


def _cases(node: ET.Element) -> Iterator[ET.Element]:
    if node.tag == "testsuite":
        yield from node.findall("testcase")
    for suite in node.findall("testsuite"):
        yield from _cases(suite)


def _case(case: ET.Element) -> Shown:
    outcome, judged = PASSED, None
    for tag, meaning in (("failure", FAILED), ("error", ERROR), ("skipped", SKIPPED)):
        judged = case.find(tag)
        if judged is not None:
            outcome = meaning
            break
    output = case.findtext("system-out") or ""
    attachment = _ATTACHMENT.search(output) if outcome == FAILED else None
    return Shown(
        case.get("classname", ""),
        case.attrib["name"],
        outcome,
        message="" if judged is None else judged.get("message", ""),
        text="" if judged is None else judged.text or output,
        time_s=float(case.get("time") or 0),
        file=attachment["path"] if attachment else case.get("file"),
    )
