"""Shows a run while it runs: a table that renews itself in a terminal, one line an event elsewhere."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

_STYLE = {"passed": "green", "failed": "bold red", "error": "bold magenta", "skipped": "yellow"}
_WORST_FIRST = ("failed", "error", "passed", "skipped")
_MARK = {"passed": "✓", "failed": "✗", "error": "!", "skipped": "–"}


class PlainProgress:
    """One line for every finished step and scenario, for logs of a CI."""

    def __init__(self, console: Console, width: int) -> None:
        self._console, self._width = console, max(width, 3)

    def __enter__(self) -> PlainProgress:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is left open."""

    def take(self, event: dict[str, Any]) -> None:
        """Show an event of the run."""
        repetition = f" #{event['repetition']}" if event.get("repetition", 1) > 1 else ""
        scenario = f"{(event.get('scenario') or 'run') + repetition:<{self._width}}"
        if event["type"] == "step":
            zone = f" [{event['zone']}]" if event.get("zone") else ""
            self._print(
                f"{scenario}  {event['outcome']:<7} {event['duration_ms']:9.0f} ms  {event['step']}{zone}", event
            )
        elif event["type"] == "scenario_end":
            self._print(f"{scenario}  {event['outcome']:<7} {event['duration_ms']:9.0f} ms  end of the scenario", event)
        elif event["type"] == "waiting":
            self._print(f"{scenario}  waits for   {event['missing']}", {})
        elif event["type"] == "note" and event.get("level") == "warning":
            self._print(f"{scenario}  warning               {event['message']}", {})

    def _print(self, line: str, event: dict[str, Any]) -> None:
        message = f": {event['message']}" if event.get("message") else ""
        stamp = time.strftime("%H:%M:%S")
        # Not through the console: laying out a line takes it longer than a step may cost. In one piece, with its end,
        # since steps of several scenarios end at once.
        print(f"{stamp}  {line}{message}\n", end="", file=self._console.file, flush=True)


@dataclass
class _Row:
    began: float | None = None
    ended: float | None = None
    outcome: str | None = None
    steps: int = 0
    bad: int = 0
    doing: str = "waiting"


class LiveProgress:
    """A table of scenarios: what each does right now, for how long, how many steps are behind it."""

    def __init__(self, console: Console, scenarios: list[str], title: str) -> None:
        self._rows = {name: _Row() for name in scenarios}
        self._title, self._problems = title, list[Text]()
        self._lock = threading.Lock()
        self._live = Live(get_renderable=self._render, console=console, refresh_per_second=8, transient=False)

    def __enter__(self) -> LiveProgress:
        self._live.__enter__()
        return self

    def __exit__(self, *details: Any) -> None:
        self._live.__exit__(*details)

    def take(self, event: dict[str, Any]) -> None:
        """Take in an event of the run."""
        with self._lock:
            row = self._rows.get(str(event.get("scenario")), _Row())
            repetition = f"#{event['repetition']} " if event.get("repetition", 1) > 1 else ""
            if event["type"] == "scenario_start":
                row.began, row.ended, row.doing = row.began or time.monotonic(), None, f"{repetition}starting"
            elif event["type"] == "waiting":
                row.doing = f"{repetition}waits for {event['missing']}"
            elif event["type"] == "step_start":
                row.doing = f"{repetition}{event['step']}"
            elif event["type"] == "step":
                row.steps += 1
                if event["outcome"] in ("failed", "error"):
                    row.bad += 1
                    text = f"{event['scenario']}: {event['step']}: {event.get('message') or ''}"
                    self._problems.append(Text(f"{_MARK[event['outcome']]} {text}", style=_STYLE[event["outcome"]]))
            elif event["type"] == "scenario_end":
                worse = [one for one in _WORST_FIRST if one in (row.outcome, str(event["outcome"]))]
                row.ended, row.outcome, row.doing = time.monotonic(), worse[0], str(event.get("message") or "")

    def _render(self) -> Group:
        with self._lock:
            table = Table(title=self._title, title_justify="left", box=None, pad_edge=False)
            for column, justify in (
                ("scenario", "left"),
                ("", "left"),
                ("time", "right"),
                ("steps", "right"),
                ("now", "left"),
            ):
                table.add_column(column, justify=justify, no_wrap=column != "now")  # type: ignore[arg-type]
            for name, row in self._rows.items():
                until = row.ended or time.monotonic()
                elapsed = f"{until - row.began:.1f} s" if row.began else ""
                outcome = row.outcome or ""
                mark = Text(f"{_MARK.get(outcome, '')} {outcome}".strip(), style=_STYLE.get(outcome, ""))
                table.add_row(name, mark, elapsed, str(row.steps or ""), Text(row.doing, overflow="ellipsis"))
            return Group(table, *self._problems[-6:])


def progress(console: Console, scenarios: list[str], title: str) -> PlainProgress | LiveProgress:
    """The view that suits the console."""
    if console.is_terminal:
        return LiveProgress(console, scenarios, title)
    return PlainProgress(console, max(map(len, scenarios), default=3))
