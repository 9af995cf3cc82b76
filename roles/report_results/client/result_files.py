"""What a build of Zuul publishes of a run: artifacts, warnings, data. Standard library only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PASSED, CLOUD_FAILED, UNJUDGED = 0, 1, 2
FILES = {
    "report.html": ("Report", "stackprobe_report"),
    "summary.md": ("Summary for people", "stackprobe_summary_text"),
    "summary.json": ("Summary", "stackprobe_summary"),
    "junit.xml": ("JUnit", "junit"),
    "journal.jsonl": ("Journal", "stackprobe_journal"),
    "metrics.txt": ("Figures", "stackprobe_metrics"),
    "sweep.json": ("Sweep", "stackprobe_sweep"),
    "watchdog.json": ("Watchdog", "stackprobe_watchdog"),
    "undelivered.txt": ("Figures not delivered yet", "stackprobe_undelivered"),
}
"""Each file that is published, in this order, with a name for people and a type for programs."""
CONSOLES = "consoles"
MOST_CONSOLES = 20
"""Folder of console logs of guests, and how many of them are artifacts of their own."""
ACTIONS = {
    "sweep": "leftovers could not be removed",
    "send": "figures could not be delivered to Graphite and wait for a later build",
    "undelivered": "figures of earlier builds could not be fetched",
    "heartbeat": "the dead man's switch could not be reached",
}
"""What it means when a command of the post-run playbook does not end well."""
LONGEST_WARNING = 400


def read_json(path: Path) -> dict[str, Any]:
    """A file of JSON, or nothing where there is none (that is whole)."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def artifacts(directory: Path) -> list[dict[str, Any]]:
    """The artifacts of a build, for ``zuul_return``; addresses are relative to the log address of the build."""
    found = [
        {"name": name, "url": f"{directory.name}/{file}", "metadata": {"type": kind}}
        for file, (name, kind) in FILES.items()
        if (directory / file).is_file()
    ]
    for console in sorted((directory / CONSOLES).glob("*.txt"))[:MOST_CONSOLES]:
        url = f"{directory.name}/{CONSOLES}/{console.name}"
        found.append({"name": f"Console log {console.stem}", "url": url, "metadata": {"type": "stackprobe_console"}})
    return found


def warnings(directory: Path, verdict: Mapping[str, Any], done: Mapping[str, Any]) -> list[str]:
    """What a person should know at once, most important first.

    :param done: results of the commands of the post-run playbook (``rc``, ``stdout``, ``stderr``), by name; those of
        tasks that were skipped have none.
    """
    lines = [str(verdict["message"])] if verdict["exit_code"] == UNJUDGED else []
    for file in ("summary.json", "watchdog.json"):
        lines += [str(line) for line in read_json(directory / file).get("warnings", [])]
    for name, meaning in ACTIONS.items():
        result = done.get(name) or {}
        if result.get("failed") or result.get("rc"):
            lines.append(f"{meaning}: {_last_line(result)}")
    return [line if len(line) <= LONGEST_WARNING else line[: LONGEST_WARNING - 1] + "…" for line in lines]


def _last_line(result: Mapping[str, Any]) -> str:
    for key in ("stderr", "stdout", "msg"):
        lines = str(result.get(key) or "").strip().splitlines()
        if lines:
            return lines[-1]
    return "see the console"
