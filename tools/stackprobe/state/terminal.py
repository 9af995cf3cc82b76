"""The state for a terminal: a table of services a cloud, then incidents and maintenance."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from stackprobe.outputs.clean import one_line
from stackprobe.state import wording
from stackprobe.state.model import CloudState, Status

STYLES = {
    Status.UP: "green",
    Status.DEGRADED: "yellow",
    Status.DOWN: "bold red",
    Status.UNKNOWN: "magenta",
    Status.MAINTENANCE: "blue",
}
RECENT_S = 7 * 86400.0
MOST_INCIDENTS = 10
WIDE = 100
"""So many columns have room for all windows of availability."""
_WINDOWS, _FEW_WINDOWS = ("24h", "7d", "30d", "90d"), ("24h", "30d")


def show(console: Console, states: Sequence[CloudState]) -> None:
    """Print some clouds."""
    for index, state in enumerate(states):
        if index:
            console.print()
        _cloud(console, state)


def _cloud(console: Console, state: CloudState) -> None:
    seen = f"last run {wording.minute(state.seen_t)} UTC" if state.seen_t else "no run is known"
    console.print(
        Text.assemble((state.name, "bold"), "  ", _status(state.status), f"  {wording.minute(state.now_t)} UTC, {seen}")
    )
    if state.trouble:
        console.print(Text(one_line(state.trouble, 500), "magenta"))
    if state.services:
        console.print(_table(state, _WINDOWS if console.width >= WIDE else _FEW_WINDOWS))
    for reason in () if state.trouble else _reasons(state):
        console.print(reason)
    for line in _incidents(state):
        console.print(Text(line))
    for window in state.maintenance[:MOST_INCIDENTS]:
        console.print(Text(f"maintenance {one_line(wording.window(window), 300)}", "blue"))


def _table(state: CloudState, windows: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("service", no_wrap=True)
    table.add_column("state", no_wrap=True)
    for name in windows:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("budget of 30d", no_wrap=True)
    for one in state.services:
        percents = [Text(wording.percent(one.windows[name].percent)) for name in windows]
        budget = Text(wording.budget(one.windows["30d"], state.objective_percent))
        table.add_row(Text(one.service), _status(one.health.status), *percents, budget)
    return table


def _reasons(state: CloudState) -> list[Text]:
    """Why a service is not up, a line each."""
    return [
        Text.assemble((f"{one.service}: ", STYLES[one.health.status]), one_line(one.health.reason, 500))
        for one in state.services
        if one.health.status is not Status.UP
    ]


def _status(status: Status) -> Text:
    return Text(f"{wording.SIGNS[status]} {status}", STYLES[status])


def _incidents(state: CloudState) -> list[str]:
    """The recent incidents, the newest first."""
    found = [
        incident
        for service in state.services
        for incident in service.incidents
        if incident.until_t is None or incident.until_t > state.now_t - RECENT_S
    ]
    found.sort(key=lambda one: (-one.from_t, one.service))
    lines = [wording.incident(one, state.now_t) for one in found[:MOST_INCIDENTS]]
    more = len(found) - MOST_INCIDENTS
    return [*lines, *([f"and {more} more incidents within 7 days"] if more > 0 else [])]
