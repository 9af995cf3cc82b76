"""``stackprobe statistics DIR [DIR…]``: how durations are spread, by step and by call, over one or several runs.

Count, least, median, mean, 95th percentile and most. Durations that the runner itself has spoilt, and those of steps
that erred or were skipped, are left out of them. Exit code 0; 2 when a directory holds no run.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from stackprobe.outputs import wording
from stackprobe.outputs.clean import one_line
from stackprobe.results import Outcome, Results
from stackprobe.results.loading import load_each
from stackprobe.results.statistics import Statistics, Tally
from stackprobe.terminal import console

HELP = "count, min, median, mean, 95th percentile and max of steps and calls, over one or several runs"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("directories", metavar="DIR", type=Path, nargs="+", help="the output directory of a run")
    parser.add_argument("--json", action="store_true", help="as JSON, durations in milliseconds")


def execute(arguments: argparse.Namespace) -> int:
    """Print them.

    :raises UsageError: a directory holds no run.
    """
    statistics, runs = Statistics(), []
    for results in load_each(arguments.directories):
        statistics.add(results)
        runs.append(_run(results))
    for again in _twice(runs):
        print(f"stackprobe: the run {again} is counted more than once", file=sys.stderr)
    if arguments.json:
        print(json.dumps({"version": 1, "runs": runs, **_facts(statistics)}, indent=2))
        return 0
    shown = console()
    for table in (_steps(statistics), _calls(statistics)):
        if table.row_count:
            shown.print(table)
    shown.print(wording.counted(len(runs), "run"), style="dim", highlight=False)
    return 0


def _run(results: Results) -> dict[str, Any]:
    return {
        "run": one_line(results.run_id, 200),
        "cloud": one_line(results.cloud, 200),
        "region": results.region and one_line(results.region, 200),
        "start_t": results.start_t,
        "outcome": results.outcome.value,
    }


def _twice(runs: Sequence[dict[str, Any]]) -> Iterator[str]:
    seen: set[tuple[Any, ...]] = set()
    for run in runs:
        key = (run["run"], run["cloud"], run["start_t"])
        if key in seen:
            yield run["run"]
        seen.add(key)


def _facts(statistics: Statistics) -> dict[str, Any]:
    steps = [
        {
            "scenario": one_line(scenario, 200),
            "step": one_line(tally.name, 300),
            "key": one_line(key, 200),
            "zone": zone and one_line(zone, 200),
            **{outcome.value: tally.outcomes.get(outcome, 0) for outcome in Outcome},
            **asdict(tally.spread()),
        }
        for (scenario, key, zone), tally in statistics.steps.items()
    ]
    calls = [
        {
            "service": one_line(service, 200),
            "method": one_line(method, 50),
            "resource": one_line(resource, 200),
            "number": tally.number,
            "bad": tally.bad,
            **asdict(tally.spread()),
        }
        for (service, method, resource), tally in statistics.calls.items()
    ]
    return {"steps": steps, "calls": calls}


def _steps(statistics: Statistics) -> Table:
    table = _table("scenario", "step")
    last = None
    for (scenario, _, _), tally in statistics.steps.items():
        _row(table, "" if scenario == last else scenario, tally.name, tally)
        last = scenario
    return table


def _calls(statistics: Statistics) -> Table:
    table = _table("service", "call")
    for (service, method, resource), tally in statistics.calls.items():
        _row(table, service, f"{method} {resource}", tally)
    return table


def _table(*names: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in names:
        table.add_column(name, overflow="fold")
    for name in ("bad", "count", "min", "median", "mean", "95 %", "max"):
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _row(table: Table, where: str, what: str, tally: Tally) -> None:
    spread = tally.spread()
    durations = (spread.min_ms, spread.median_ms, spread.mean_ms, spread.p95_ms, spread.max_ms)
    told = Text(str(tally.bad), style="red") if tally.bad else Text("–", style="dim")
    cells = [Text(str(tally.number)), *(Text(wording.duration(one)) for one in durations)]
    table.add_row(Text(one_line(where, 60)), Text(one_line(what, 120)), told, *cells)
