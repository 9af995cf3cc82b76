"""``stackprobe report DIR``: write the reports of a run again, from its journal."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from stackprobe.config import load_config
from stackprobe.errors import UsageError
from stackprobe.options import add_history
from stackprobe.outputs import OutputError, write_all
from stackprobe.outputs.earlier import Earlier, LastRun, last_run
from stackprobe.results import Results, from_directory
from stackprobe.results.loading import load

HELP = "write junit.xml, report.html, summary.md, summary.json and metrics.txt again, from DIR/journal.jsonl"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("directory", metavar="DIR", type=Path, help="the output directory of a run")
    parser.add_argument(
        "--previous",
        metavar="DIR",
        type=Path,
        help="the run to say what changed since (default: the last of the history)",
    )
    add_history(parser)
    parser.add_argument("--config", metavar="FILE", type=Path, help="the probes.yaml that says where past runs are")
    parser.add_argument(
        "--exit-code",
        action="store_true",
        help="exit as the run did: 0 passed, 1 the cloud failed, 2 the probe could not judge or was killed before",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Write the reports; 0 when they are written, whatever they say about the cloud, 2 when one could not be made.

    With ``--exit-code`` the verdict of the run: never 0 for a run that did not come to its end, but 1 where the cloud
    had failed before that.

    :raises UsageError: no directory, no journal in it, or not writable.
    """
    directory: Path = arguments.directory
    if not directory.is_dir():
        raise UsageError(
            "this is not a directory", file=directory, remedy="give the directory that `stackprobe run --output` wrote"
        )
    last = last_run(load(arguments.previous)) if arguments.previous else None  # before the run itself fills the memory
    results = from_directory(directory)
    try:
        written = write_all(directory, results, _earlier(arguments, results, last))
    except OutputError as error:
        print(f"stackprobe: {error}; please report this with the journal", file=sys.stderr)
        return 2
    for path in written:
        print(path)
    return results.exit_code if arguments.exit_code else 0


def _earlier(arguments: argparse.Namespace, results: Results, last: LastRun | None) -> Earlier | None:
    """What earlier runs found, where anything says where they are.

    :raises UsageError: what it says is not there.
    """
    if not (last or arguments.history or arguments.graphite_url or arguments.config):
        return None
    from stackprobe.outputs.earlier_opening import earlier_of  # noqa: PLC0415  # not everybody needs it

    if arguments.history and arguments.graphite_url:
        raise UsageError("two histories are given", remedy="give a directory or the address of a graphite-web")
    if arguments.history and not arguments.history.is_dir():
        raise UsageError("this is not a directory", file=arguments.history, remedy="give one that holds past runs")
    return earlier_of(
        results,
        load_config(arguments.config) if arguments.config else None,
        directory=arguments.history,
        url=arguments.graphite_url,
        last=last,
    )
