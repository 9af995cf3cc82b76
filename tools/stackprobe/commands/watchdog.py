"""``stackprobe watchdog``: notice runs that do not come, in Graphite and in Zuul.

Exit code 0: all runs arrive; 1: alarm; 2: it could not judge (Graphite or Zuul away), or bad usage.
"""

from __future__ import annotations

import argparse
import functools
import time
from collections.abc import Callable
from pathlib import Path

from stackprobe.errors import UsageError
from stackprobe.results import exit_code
from stackprobe.spans import parse_span
from stackprobe.watchdog import Expectation, Patience, Verdict, parse_job, parse_run
from stackprobe.watchdog.jobs import Watcher
from stackprobe.watchdog.report import lines, outcome_of, write
from stackprobe.watchdog.runs import Graphite, watch_run
from stackprobe.zuul import Zuul, parse_place

HELP = "notice runs that do not come, in Graphite and in Zuul"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--run",
        metavar="CLOUD[/REGION]=EVERY",
        action="append",
        default=[],
        help="runs on this cloud leave a heartbeat in Graphite so often (5m, 1h30m); several times: all of them",
    )
    parser.add_argument("--graphite-url", metavar="URL", help="base address of graphite-web, for --run")
    parser.add_argument(
        "--prefix", metavar="NAME", default="stackprobe", help="how the names of figures begin (default: %(default)s)"
    )
    parser.add_argument(
        "--job",
        metavar="NAME[@PIPELINE]=EVERY",
        action="append",
        default=[],
        help="Zuul starts this job so often; several times: all of them",
    )
    parser.add_argument("--zuul-url", metavar="URL", help="the tenant's web page, for --job")
    parser.add_argument(
        "--missed",
        metavar="N",
        type=int,
        default=2,
        help="so many runs missing in a row are an alarm (default: %(default)s)",
    )
    parser.add_argument(
        "--window", metavar="SPAN", help="how far to look back (default: 8 intervals, at least an hour)"
    )
    parser.add_argument("--output", metavar="DIR", type=Path, help="write DIR/junit.xml and DIR/watchdog.json")
    parser.add_argument(
        "--timeout", metavar="S", type=float, default=10.0, help="for one answer (default: %(default)g s)"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Watch once; see the module.

    :raises UsageError: bad options, or DIR cannot be written.
    """
    runs, jobs = [parse_run(text) for text in arguments.run], [parse_job(text) for text in arguments.job]
    if not runs and not jobs:
        raise UsageError("nothing is watched", remedy="give --run with --graphite-url, or --job with --zuul-url")
    if arguments.missed < 1:
        raise UsageError("--missed is less than 1", remedy="say how many runs missing in a row are an alarm")
    window_s = parse_span(arguments.window, "--window") if arguments.window else None
    patience = Patience(arguments.missed, window_s)
    for expected in [*runs, *jobs]:
        patience.window(expected)  # all options are checked before the first question
    watches: list[Callable[[], Verdict]] = []
    if runs:
        watches += _runs(arguments, runs, patience)
    if jobs:
        watches += _jobs(arguments, jobs, patience)
    verdicts = [_timed(watch) for watch in watches]
    for line in lines(verdicts):
        print(line)
    if arguments.output:
        write(arguments.output, verdicts)
    return exit_code(outcome_of(verdicts))


def _runs(arguments: argparse.Namespace, runs: list[Expectation], patience: Patience) -> list[Callable[[], Verdict]]:
    if not arguments.graphite_url:
        raise UsageError("--run is given without a Graphite", remedy="name graphite-web with --graphite-url")
    graphite = Graphite(arguments.graphite_url, arguments.timeout)
    _distinct("--run", runs)
    return [functools.partial(watch_run, graphite, arguments.prefix, one, patience) for one in runs]


def _jobs(arguments: argparse.Namespace, jobs: list[Expectation], patience: Patience) -> list[Callable[[], Verdict]]:
    if not arguments.zuul_url:
        raise UsageError("--job is given without a Zuul", remedy="name the tenant's web page with --zuul-url")
    watcher = Watcher(Zuul(parse_place(arguments.zuul_url), arguments.timeout))
    _distinct("--job", jobs)
    return [functools.partial(watcher.watch, one, patience) for one in jobs]


def _distinct(option: str, expected: list[Expectation]) -> None:
    seen = set()
    for one in expected:
        if (one.name, one.place) in seen:
            raise UsageError(f"{option} names {one.name} twice", remedy="give each once, with one interval")
        seen.add((one.name, one.place))


def _timed(watch: Callable[[], Verdict]) -> Verdict:
    began = time.monotonic()
    verdict = watch()
    verdict.duration_ms = (time.monotonic() - began) * 1000
    return verdict
