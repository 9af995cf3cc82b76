"""Journals that no sane run writes: what clouds, clocks and foreign programs put into one all the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.unit import journals
from tests.unit.journals import START, Journals

ANSI = "\x1b[1;31mred\x1b[0m \x1b]8;;http://x\x07link\x1b]8;;\x07 \x9b1m \x1b]0;never ended"
FORBIDDEN = "\x00\x01\x08\x0b\x0c\x1f\x7f\x85\ufdd0\ufffe\uffff\U0001fffe\U0010ffff"
MARKUP = "]]> <script>alert(1)</script> &amp; \"'` | @all #1 [x](javascript:y) {{ 7*7 }} {% raw %} <!-- --> <![CDATA["
NAMES = [
    "a.b.c",
    "with spaces",
    "🦊 emoji 日本",
    "a/b\\c",
    "..",
    "*{a,b}?",
    "",
    " ",
    "x" * 3000,
    "quote\"'<&>",
    "new\nline",
]


def _steps(journal: Journals, change: Callable[[int, dict[str, Any]], dict[str, Any]]) -> Journals:
    """Every step of every scenario failed, changed by its number."""
    number = 0
    for record in journal.records:
        if record["type"] == "step" and record["scenario"] != "run":
            record.update({"outcome": "failed", "message": "HTTP 503", **change(number, record)})
            number += 1
        if record["type"] in ("scenario_end", "end"):
            record["outcome"] = "failed"
    return journal


def _texts(text: str) -> Journals:
    """The text in every field that has one."""
    journal = _steps(journals.fair(["identity", "image"]), lambda n, r: dict.fromkeys(
        ("message", "remedy", "file", "request_id"), f"{text} {n}"))  # fmt: skip
    for record in journal.records:
        if record["type"] == "call":
            record.update(url=text, error=text, request_id=text, status=None)
        if record["type"] == "resource":
            record.update(id=text)
        if record["type"] == "run":
            record.update(host=text, config=text, ci={text: text, "build_url": text})
    journal.add("note", level="warning", message=text)
    journal.add("check", scenario="identity", step="x", seq=3, check=text, outcome="failed", expected=text, actual=text)
    return journal


def _named(change: Callable[[int], str]) -> Journals:
    """Scenarios, steps, keys, zones, services and calls of these names."""
    journal = _steps(
        journals.fair(["identity", "image", "network"]),
        lambda n, r: {"step": change(n), "key": change(n), "zone": change(n + 1)},
    )
    for number, record in enumerate(journal.records):
        if record["type"] == "call":
            record.update(service=change(number), resource=change(number + 2), method=change(number + 4))
    journal.records[0].update(cloud=change(0), region=change(1), metrics_prefix=change(2))
    return journal


def _scenarios_that_become_one() -> Journals:
    names = ["a b", "a.b", "a_b", "a/b", "a🦊b", "api", "sweep", "A b"]
    journal = Journals(scenarios=[])
    journal.run(scenarios=[{"name": name, "services": ["compute"]} for name in names])
    for name in names:
        journal.add("scenario_start", scenario=name)
        for step in ("Same", "Same", "Same\x00", "Sa\x1b[1mme", "y" * 400 + "1", "y" * 400 + "2", "Same (2)"):
            journal.step(name, step, outcome="failed", message="HTTP 503")
        journal.add("scenario_end", scenario=name, outcome="failed", duration_ms=1.0, message=None)
    journal.end("failed")
    return journal


def _clocks() -> Journals:
    """A clock that was set back, then years ahead; durations below zero and beyond all sense."""
    times = [START - 86_400, 253_370_764_799, 0, -5, 1e300, START + 1e9, None, "yesterday", True]
    durations = [-1000.0, 1e14, 1e300, 0, "long", None, 0.0000001]
    journal = _steps(
        journals.fair(["identity", "image", "network"]),
        lambda n, r: {"start_t": times[n % len(times)], "duration_ms": durations[n % len(durations)]},
    )
    for number, record in enumerate(journal.records[1:]):
        record["t"] = times[number % len(times)]
    return journal


def _future_run() -> Journals:
    journal = _steps(journals.fair(["identity"]), lambda n, r: {})
    for record in journal.records:
        for name in ("t", "start_t"):
            if name in record:
                record[name] += 200_000_000_000
    return journal


def _numbers() -> Journals:
    odd = [10**400, -(10**20), 1e308, True, "7", [1], {"a": 1}, None]
    return _steps(
        journals.fair(["identity", "image"]),
        lambda n, r: {
            "line": odd[n % 8],
            "retries": odd[(n + 1) % 8],
            "http_status": odd[(n + 2) % 8],
            "polls": odd[(n + 3) % 8],
            "limit_ms": odd[(n + 4) % 8],
            "precision_ms": odd[(n + 5) % 8],
            "figures": {"x.y/z_ms": odd[n % 8], "🦊": 2.5, "": 1, "duration_ms": 3, "failed": 9},
        },
    )


def _deep() -> Journals:
    journal = _steps(journals.fair(["identity"]), lambda n, r: {})
    nested: Any = "HTTP 503"
    for _ in range(700):
        nested = [nested]
    journal.add(
        "check", scenario="identity", step="x", seq=3, check="deep", outcome="failed", expected=nested, actual={}
    )
    return journal


def _two_runs() -> Journals:
    first, second = _steps(journals.fair(["identity"]), lambda n, r: {}), journals.fair(["image"])
    first.records += second.records
    return first


HOSTILE: dict[str, Callable[[], Journals]] = {
    "ten megabytes": lambda: _steps(
        journals.fair(["identity"]),
        lambda n, r: {"message": "begin " + "x<&🦊\x1b[1m" * 1_000_000 + " end"} if not n else {},
    ),
    "ANSI": lambda: _texts(ANSI),
    "forbidden in XML": lambda: _texts(FORBIDDEN),
    "nothing but forbidden": lambda: _named(lambda n: FORBIDDEN[n % 9 :]),
    "lone surrogates": lambda: _texts("\ud800 \udfff\udc00 a\ud83e"),
    "markup": lambda: _texts(MARKUP),
    "names": lambda: _named(lambda n: NAMES[n % len(NAMES)]),
    "names of markup": lambda: _named(lambda n: MARKUP + ANSI),
    "one name for all": lambda: _named(lambda n: "Same"),
    "names that become one": _scenarios_that_become_one,
    "clocks": _clocks,
    "future": _future_run,
    "numbers": _numbers,
    "deep": _deep,
    "two runs in one journal": _two_runs,
}
