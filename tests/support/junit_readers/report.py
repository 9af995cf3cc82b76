"""What a reader shows of a report."""

from __future__ import annotations

from dataclasses import dataclass, field

#: How a reader that tells no error from a failure shows both.
FAILED, ERROR, SKIPPED, PASSED = "failed", "error", "skipped", "passed"


@dataclass(frozen=True)
class Shown:
    """One test.

    :ivar message: the line in the list; empty for one that passed.
    :ivar text: what is shown when it is opened.
    """

    classname: str
    name: str
    outcome: str
    message: str = ""
    text: str = ""
    time_s: float = 0.0
    file: str | None = None
    line: int | None = None


@dataclass
class Report:
    """All tests, and why the reader refuses the report where it does.

    :ivar tells_errors: the reader tells an error from a failure.
    """

    tests: list[Shown] = field(default_factory=list)
    refused: str | None = None
    tells_errors: bool = True

    def outcomes(self) -> dict[tuple[str, str], str]:
        """Outcomes by class and name."""
        return {(test.classname, test.name): test.outcome for test in self.tests}
