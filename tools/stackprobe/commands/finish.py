"""``stackprobe finish DIR``: all that follows a run, whatever ended it; for the last step of a CI's job.

The reports are written again from the journal, so that a run that was killed has some; what dead runs left is swept;
figures go to Graphite, a heartbeat to ``STACKPROBE_HEARTBEAT_URL``; a login is ended. What does not work is told, and
keeps nothing else from being done. In GitHub Actions the run becomes annotations and the summary of the step.

Exit code 0, whatever the run found: the verdict is the exit code of ``stackprobe run``. 2: bad usage.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from stackprobe import github
from stackprobe.aftermath import Interrupted, Interruptible, parts, perform
from stackprobe.aftermath.plan import Wanted
from stackprobe.commands.login import seconds
from stackprobe.config import load_config
from stackprobe.github.page import Page
from stackprobe.journal import FILENAME
from stackprobe.outputs import OutputError, write_all
from stackprobe.results import Results, from_directory

HELP = "sweep, deliver, tell the CI, log out: all that follows the run in DIR"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("directory", metavar="DIR", type=Path, help="the output directory of the run")
    parser.add_argument("--config", metavar="FILE", type=Path, help="the probes.yaml of the run")
    parser.add_argument(
        "--clouds-file",
        metavar="FILE",
        type=Path,
        help="what `stackprobe login --to` wrote: used for the sweep, then removed; a token in it is revoked",
    )
    parser.add_argument(
        "--sweep",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="remove what dead runs have left in the project (default: yes)",
    )
    parser.add_argument(
        "--sweep-timeout", metavar="S", type=seconds, default=180.0, help="for that (default: %(default)g s)"
    )
    parser.add_argument(
        "--graphite", metavar="HOST:PORT", help="carbon's line receiver; default: that of --config, or none"
    )
    parser.add_argument("--verify-url", metavar="URL", help="graphite-web: read every figure back (see `send`)")
    parser.add_argument(
        "--spool", metavar="DIR", type=Path, help="keeps what could not be delivered, for all runs (default: DIR/spool)"
    )
    parser.add_argument(
        "--roles-path", metavar="DIR", type=Path, action="append", default=[], help="as it was for the run"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Do it.

    :raises UsageError: bad options.
    """
    stop = Interruptible()
    with stop.listening():
        results = _reported(arguments.directory)
        config = arguments.config if results else None  # else it may be the very thing that the run refused
        wanted = Wanted(
            arguments.directory,
            config,
            arguments.clouds_file,
            arguments.sweep,
            arguments.sweep_timeout,
            deliver=bool(arguments.graphite or (config and load_config(config).graphite)),
            graphite=arguments.graphite,
            verify_url=arguments.verify_url,
            spool=arguments.spool,
        )
        runner = github.runner()
        page = None
        if runner and results:
            page = Page(runner, arguments.directory, results, arguments.roles_path, wanted.spool)
            page.begin()
        troubles = list(_troubles(wanted, results, stop))
        if page:
            page.end(troubles)
        else:
            for trouble in troubles:
                print(f"stackprobe: {trouble}", file=sys.stderr)
    return 128 + stop.number if stop.number else 0


def _reported(directory: Path) -> Results | None:
    """The run, with all reports written; None where there was none: then the command before has said why."""
    if not (directory / FILENAME).is_file():
        print(f"{directory} has no journal: no run has begun there, and nothing was created")
        return None
    results = from_directory(directory)
    try:
        write_all(directory, results)
    except OutputError as error:
        print(f"stackprobe: {error}; please report this with the journal")
    print(f"{results.cloud} – {results.outcome}", flush=True)
    return results


def _troubles(wanted: Wanted, results: Results | None, stop: Interruptible) -> Iterator[str]:
    """Do everything; each thing that does not work is told."""
    cut = False
    for part in parts(wanted, results, os.environ):
        with github.group(part.title):
            try:
                trouble = perform(part, stop, lambda line: print(line, flush=True))
            except Interrupted:
                cut = True
                continue
        if trouble:
            yield trouble
    if cut:
        yield "what follows the run was interrupted: the next sweep removes what it has left"
