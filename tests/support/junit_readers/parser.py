"""junitparser, a Python library that CI scripts read reports with: the library itself."""

from __future__ import annotations

import junitparser

from tests.support.junit_readers.report import ERROR, FAILED, PASSED, SKIPPED, Report, Shown


def read(data: bytes) -> Report:
    """All tests; of several results the first."""
    try:
        suites = junitparser.JUnitXml.fromstring(data)
    except Exception as error:  # whichever XML library it has found
        return Report(refused=str(error))
    return Report([_case(case) for suite in suites for case in suite])


def _case(case: junitparser.TestCase) -> Shown:
    result = next(iter(case.result), None)
    kinds = {junitparser.Failure: FAILED, junitparser.Error: ERROR, junitparser.Skipped: SKIPPED}
    return Shown(
        case.classname or "",
        case.name,
        kinds[type(result)] if result is not None else PASSED,
        message="" if result is None else result.message or "",
        text="" if result is None else result.text or "",
        time_s=case.time,
        file=case._elem.get("file"),
    )
