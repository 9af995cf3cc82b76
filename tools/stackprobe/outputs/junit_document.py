"""The text of a JUnit report, of any number of tests: built case by case, bounded in bytes, read back.

junit-xml makes every element. It holds a whole report as a tree, several times: of a large run 900 MiB. So it is given
the cases in small groups, and each is kept as its text alone.
"""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from xml.sax.saxutils import escape

from junit_xml import TestCase, TestSuite

from stackprobe.outputs.clean import clip

#: Most that is written, bytes: GitLab refuses a report above 30 MB.
LARGEST = 25_000_000
#: Bytes of a test that are neither text nor message nor a name.
_FRAME = 160
_GROUP = 500


class InvalidReport(Exception):
    """The report would not be readable: a mistake in this package, never published."""


@dataclass(frozen=True)
class Room:
    """Most bytes that the parts of one test may take.

    :ivar text: of a test that is not passed; ``message`` of its attribute.
    :ivar passed_text: of the output of one that is; 0: none is written.
    """

    text: int
    message: int
    passed_text: int


@dataclass
class Suite:
    """One suite: what stands in its head, and its tests as text.

    :ivar head: a suite of junit-xml without tests.
    """

    head: TestSuite
    cases: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    times_s: list[float] = field(default_factory=list)
    left_out: int = 0

    def add(self, cases: Iterable[TestCase]) -> None:
        """Take tests; each is made text at once."""
        left = iter(cases)
        while group := list(islice(left, _GROUP)):
            for case, element in zip(group, TestSuite("", group).build_xml_doc().iter("testcase"), strict=True):
                element.set("time", f"{case.elapsed_sec:.6f}")  # never 1e-06: not every reader takes that
                kind = next((tag for tag in ("failure", "error", "skipped") if element.find(tag) is not None), "passed")
                self.cases.append(ET.tostring(element, encoding="unicode"))
                self.kinds.append(kind)
                self.times_s.append(case.elapsed_sec)

    @property
    def bad(self) -> int:
        """How many tests failed or erred."""
        return sum(kind in ("failure", "error") for kind in self.kinds)

    def counts(self) -> dict[str, str]:
        """The attributes that count."""
        kinds = {"failures": "failure", "errors": "error", "skipped": "skipped"}
        counted = {name: str(self.kinds.count(kind)) for name, kind in kinds.items()}
        return {"tests": str(len(self.kinds)), **counted, "time": f"{sum(self.times_s):.6f}"}

    def parts(self) -> Iterator[str]:
        """The text of the suite."""
        if self.left_out:
            self.head.properties["tests_left_out"] = str(self.left_out)
        element = self.head.build_xml_doc()
        for name, value in self.counts().items():
            element.set(name, value)
        ET.indent(element, level=1)
        whole = ET.tostring(element, encoding="unicode", short_empty_elements=False)
        yield "  " + whole[: whole.rindex("</testsuite>")].rstrip()
        for case in self.cases:
            yield f"\n    {case}"
        yield "\n  </testsuite>\n"


def room(told: int, passed: int, names: int, longest_text: int, longest_message: int, longest_passed: int) -> Room:
    """What one test may take, so that all of them fit.

    :param told: tests that are not passed, each with a text.
    :param names: bytes of all names, classes and files.
    """
    free = max(LARGEST * 9 // 10 - (told + passed) * _FRAME - names, 0)
    each = free * 4 // 5 // max(told, 1)
    of_passed = free // 5 // max(passed, 1)
    message = max(min(longest_message, each // 4), 80)
    return Room(
        text=max(min(longest_text, each - message), 160),
        message=message,
        passed_text=min(longest_passed, of_passed) if of_passed >= 300 else 0,
    )


def fit(text: str, largest: int) -> str:
    """The text, or its head and tail, in so many bytes of XML."""
    fitting = clip(text, largest)
    while (size := len(escape(fitting, {'"': "&quot;"}).encode("utf-8", "replace"))) > largest and len(fitting) > 60:
        fitting = clip(text, min(len(fitting) * largest // size, len(fitting) - 1))
    return fitting


def document(name: str, suites: Sequence[Suite]) -> str:
    """The report as text. Where even short texts do not fit, tests that passed are left out; their number is told."""
    _leave_out(suites)
    counts = [suite.counts() for suite in suites]
    totals = {key: str(sum(int(one[key]) for one in counts)) for key in ("tests", "failures", "errors", "skipped")}
    time_s = f"{sum(float(one['time']) for one in counts):.6f}"
    root = ET.Element("testsuites", {"name": name, **totals, "disabled": "0", "time": time_s})
    opening = ET.tostring(root, "unicode")
    text = io.StringIO()
    text.write(f'<?xml version="1.0" encoding="utf-8"?>\n{opening.removesuffix(" />")}>\n')
    for suite in suites:
        text.writelines(suite.parts())
        suite.cases.clear()
    text.write("</testsuites>\n")
    return text.getvalue()


def _leave_out(suites: Sequence[Suite]) -> None:
    """Drop the last tests until the rest fits, those that passed first."""
    over = sum(len(case.encode("utf-8", "replace")) + 5 for suite in suites for case in suite.cases) - LARGEST
    for bad in (False, True):
        for suite in reversed(suites):
            for index in range(len(suite.cases) - 1, -1, -1):
                if over <= 0:
                    return
                if (suite.kinds[index] in ("failure", "error")) == bad and len(suite.cases) > 1:
                    over -= len(suite.cases[index].encode("utf-8", "replace")) + 5
                    suite.left_out += 1
                    del suite.cases[index], suite.kinds[index], suite.times_s[index]


class Reading:
    """What a reader sees of the report, without keeping it: a target of `xml.etree.ElementTree.XMLParser`.

    :ivar totals: the attributes of the root.
    """

    def __init__(self) -> None:
        self.names: set[tuple[str | None, str | None]] = set()
        self.tests = self.bad = 0
        self.totals: dict[str, str] = {}
        self._judged = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "testcase":
            self.tests += 1
            self.names.add((attributes.get("classname"), attributes.get("name")))
            self._judged = False
        elif tag in ("failure", "error") and not self._judged:
            self.bad += 1
            self._judged = True
        elif tag == "testsuites":
            self.totals = dict(attributes)


def read_back(text: str) -> Reading:
    """Read a report as a CI page would.

    :raises InvalidReport: it does not parse, its names are not distinct, or its numbers do not add up.
    """
    seen = Reading()
    parser = ET.XMLParser(target=seen)  # noqa: S314  # written by ourselves
    try:
        for begin in range(0, len(text), 1 << 16):
            parser.feed(text[begin : begin + (1 << 16)])
        parser.close()
    except (ET.ParseError, UnicodeEncodeError) as error:
        raise InvalidReport(f"the JUnit report does not parse: {error}") from error
    if len(seen.names) != seen.tests:
        raise InvalidReport("two tests of the JUnit report have the same name")
    counted = sum(int(seen.totals.get(name, 0)) for name in ("failures", "errors"))
    if counted != seen.bad or int(seen.totals.get("tests", 0)) != seen.tests:
        raise InvalidReport("the totals of the JUnit report do not add up")
    return seen
