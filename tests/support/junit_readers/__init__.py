"""Readers of JUnit reports, each with the rules of a program that people really use: what would it show of a report?

One module a reader, with ``read(data: bytes) -> Report``. The rules for a test are those of the programs' parsers, as
far as they decide what is shown; each is named in its module. Source locations and annotations are left out.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.support.junit_readers import dorny, gitlab, jenkins, mikepenz, parser
from tests.support.junit_readers.report import Report, Shown

__all__ = ["READERS", "Report", "Shown"]

READERS: dict[str, Callable[[bytes], Report]] = {
    "dorny/test-reporter": dorny.read,
    "GitLab": gitlab.read,
    "Jenkins": jenkins.read,
    "junitparser": parser.read,
    "mikepenz/action-junit-report": mikepenz.read,
}
