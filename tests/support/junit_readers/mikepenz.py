"""mikepenz/action-junit-report (``src/testParser.ts``): annotations and a table in GitHub Actions."""

from __future__ import annotations

import fnmatch
import xml.etree.ElementTree as ET

from tests.support.junit_readers.report import FAILED, PASSED, SKIPPED, Report, Shown

#: Files that it reads when it is not told which.
DEFAULT_GLOB = "**/junit-reports/TEST-*.xml"


def found(path: str) -> bool:
    """Whether it looks into a file, relative to the workspace, without being told."""
    return fnmatch.fnmatch(f"/{path}", DEFAULT_GLOB.replace("**", "*"))


def read(data: bytes) -> Report:
    """One that does not parse is a warning and zero tests, which looks like success."""
    try:
        root = ET.fromstring(data)
    except ET.ParseError as error:
        return Report(refused=f"Invalid file: {error}", tells_errors=False)
    return Report([_case(case) for case in root.iter("testcase")], tells_errors=False)


def _case(case: ET.Element) -> Shown:
    failures = case.findall("failure")
    judged = failures[0] if failures else case.find("error")
    skipped = case.find("skipped")
    if judged is not None:
        outcome = FAILED
    elif skipped is not None or case.get("status") in ("disabled", "ignored"):
        outcome = SKIPPED
    else:
        outcome = PASSED
    text = "" if judged is None else (judged.text or "").strip()
    message = "" if judged is None else judged.get("message") or "\n".join(text.split("\n")[:2]) or case.attrib["name"]
    line = case.get("line")
    return Shown(
        case.get("classname", ""),
        case.attrib["name"],
        outcome,
        message=message if judged is not None else "" if skipped is None else skipped.get("message", ""),
        text=text,
        time_s=float(case.get("time") or 0),
        file=case.get("file"),
        line=int(line) if line else None,
    )
