"""``stackprobe finish DIR``: all that follows a run, whatever ended it; for the last step of a CI's job.

The reports are written again from the journal, so that a run that was killed has some; what dead runs left is swept;
figures go to Graphite, a heartbeat to ``STACKPROBE_HEARTBEAT_URL``; a login is ended. What does not work is told, and
keeps nothing else from being done. In GitHub Actions the run becomes annotations and the summary of the step.

Exit code 0, whatever the run found and whatever of this did not work: the verdict is the exit code of ``stackprobe
run``. 2: bad usage; 128 and the number of the signal that ended it.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from stackprobe import github
from stackprobe.aftermath import Interrupted, parts, perform
from stackprobe.aftermath.plan import Wanted
from stackprobe.config import load_config
from stackprobe.errors import UsageError
from stackprobe.github.page import Page
from stackprobe.journal import FILENAME
from stackprobe.options import add_history, add_roles_path, seconds
from stackprobe.outputs import OutputError, write_all
from stackprobe.outputs.earlier_opening import add_earlier
from stackprobe.results import Results, from_directory
from stackprobe.service_levels.conduct import Asked, judge_run
from stackprobe.stop import Stop

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
    add_history(parser)
    add_roles_path(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Do it.

    :raises UsageError: bad options.
    """
    stop = Stop()
    troubles: list[str] = []
    with stop.listening():
        results = _reported(arguments, troubles)
        wanted = Wanted(
            directory=arguments.directory,
            config=arguments.config if results else None,  # else it may be the very thing that the run refused
            clouds_file=arguments.clouds_file,
            sweep=arguments.sweep,
            sweep_limit_s=arguments.sweep_timeout,
            deliver=bool(results) and _has_graphite(arguments, troubles),
            graphite=arguments.graphite,
            verify_url=arguments.verify_url,
            spool=arguments.spool,
            roles_paths=tuple(arguments.roles_path),
        )
        runner = github.runner()
        page = Page(runner, wanted, results, arguments.roles_path) if runner and results else None
        if page:
            with _told(troubles):
                page.begin()
        troubles += _aftermath(wanted, results, stop)
        for trouble in [] if runner else troubles:
            print(f"stackprobe: {trouble}", file=sys.stderr)
        if page:
            late: list[str] = []
            with _told(late):
                page.end(troubles)
            print("".join(f"stackprobe: {one}\n" for one in late), end="")
        elif runner:
            runner.annotate(github.Annotation("warning", "After the run", trouble) for trouble in troubles)
    return 128 + stop.number if stop.number else 0


@contextlib.contextmanager
def _told(troubles: list[str]) -> Iterator[None]:
    """What goes wrong meanwhile is one trouble of many: everything that follows is done all the same."""
    try:
        yield
    except (UsageError, OutputError, OSError) as error:
        troubles.append(str(error))


def _reported(arguments: argparse.Namespace, troubles: list[str]) -> Results | None:
    """The run, judged, with all reports written; None where there was none: then the command before has said why."""
    directory: Path = arguments.directory
    if not (directory / FILENAME).is_file():
        print(f"{directory} has no journal: no run has begun there, and nothing was created")
        return None
    results = None
    with _told(troubles):
        results = from_directory(directory)
        print(f"{results.cloud} – {results.outcome}", flush=True)
        with _told(troubles):
            _judge(arguments, results)
        write_all(directory, results)
        add_earlier(directory, results, arguments.config, history=arguments.history, url=arguments.graphite_url)
    return results


def _judge(arguments: argparse.Namespace, results: Results) -> None:
    """The service levels of a run that was killed before it came to judge them."""
    if results.rules or results.verdict_mode != "raw":
        config = load_config(arguments.config)
        judge_run(arguments.directory, results, Asked(config, arguments.history, arguments.graphite_url))


def _has_graphite(arguments: argparse.Namespace, troubles: list[str]) -> bool:
    if arguments.graphite or arguments.config is None:
        return bool(arguments.graphite)
    with _told(troubles):
        return load_config(arguments.config).graphite is not None
    return False


def _aftermath(wanted: Wanted, results: Results | None, stop: Stop) -> Iterator[str]:
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
