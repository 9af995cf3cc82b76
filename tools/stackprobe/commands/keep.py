"""``stackprobe keep DIR…``: keep what is needed of runs, where there is no Graphite, in a data branch or a directory.

Exit code 0: kept, or kept before; 1: others were writing all the time, try again; 2: bad usage, the repository cannot
be reached or refuses, or a DIR has no run that can be kept. The other runs are kept all the same.
"""

from __future__ import annotations

import argparse
import functools
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from stackprobe.errors import UsageError
from stackprobe.history.archive import FUTURE_S
from stackprobe.history.batch import Unusable
from stackprobe.history.compact import compact_directory
from stackprobe.keeping.branch import Branch
from stackprobe.keeping.folder import Busy, Folder
from stackprobe.keeping.plan import Bounds, Change, Record, plan
from stackprobe.options import seconds

HELP = "keep what is needed of runs on a data branch of a git repository, or in a directory, where there is no Graphite"

_BRANCH = "stackprobe-data"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("runs", metavar="DIR", type=Path, nargs="*", help="the output directory of a run")
    parser.add_argument("--branch", metavar="NAME", help=f"the branch that has the runs (default: {_BRANCH})")
    parser.add_argument(
        "--repository",
        metavar="PATH_OR_URL",
        help="its repository (default: `origin` of the checkout that this is started in)",
    )
    parser.add_argument(
        "--directory", metavar="PATH", type=Path, help="keep the runs in this directory, not on a branch"
    )
    parser.add_argument(
        "--checkout", metavar="PATH", type=Path, help="write what the branch has into this directory, for --history"
    )
    parser.add_argument(
        "--keep-days", metavar="N", type=_positive, default=90.0, help="remove older runs (default: %(default)g days)"
    )
    parser.add_argument(
        "--keep-size",
        metavar="MIB",
        type=_positive,
        default=50.0,
        help="remove the oldest runs until all have no more than this (default: %(default)g MiB)",
    )
    parser.add_argument(
        "--wait",
        metavar="S",
        type=seconds,
        default=120.0,
        help="go on trying for so long while others write (default: %(default)g s)",
    )
    parser.add_argument(
        "--timeout", metavar="S", type=seconds, default=60.0, help="for one command of git (default: %(default)g s)"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Keep; see the module.

    :raises UsageError: bad options, a repository or directory that cannot be used; at the end, no run in a DIR.
    """
    if not arguments.runs and not arguments.checkout:
        raise UsageError("no run is given", remedy="give the directory that `stackprobe run --output` wrote")
    if arguments.directory and (arguments.branch or arguments.repository or arguments.checkout):
        raise UsageError(
            "runs are kept in a directory or on a branch, not in both", remedy="leave --directory out, or the others"
        )
    records, troubles = [], []
    for run in arguments.runs:
        try:
            records.append(_record(run))
        except UsageError as error:
            troubles.append(error)
    code = _kept(arguments, records) if records or arguments.checkout else 0
    for trouble in troubles[:-1]:
        print(f"keep: {trouble}", file=sys.stderr)
    if troubles:
        raise troubles[-1]
    return code


def _kept(arguments: argparse.Namespace, records: list[Record]) -> int:
    bounds = Bounds(arguments.keep_days, int(arguments.keep_size * 1024 * 1024))
    make = functools.partial(_make, records, bounds)
    try:
        if arguments.directory:
            _report(Folder(arguments.directory, arguments.wait).change(make), len(records), str(arguments.directory))
            return 0
        with Branch(arguments.repository, arguments.branch or _BRANCH, arguments.wait, arguments.timeout) as branch:
            if records:
                _report(branch.change(make), len(records), branch.where)
            if arguments.checkout:
                print(f"{branch.checkout(arguments.checkout)} files of {branch.where} are in {arguments.checkout}")
    except Busy as busy:
        print(f"keep: not kept: {busy}; try again", file=sys.stderr)
        return 1
    return 0


def _make(records: list[Record], bounds: Bounds, files: Mapping[str, int], read: Callable[[str], bytes]) -> Change:
    return plan(files, read, records, bounds, time.time())


def _record(run: Path) -> Record:
    try:
        record = compact_directory(run)
    except Unusable as error:
        raise UsageError(f"this run cannot be kept: {error}", file=run, remedy="leave it out") from None
    if record["start_t"] > time.time() + FUTURE_S:
        raise UsageError(
            "this run is from the future", file=run, remedy="set the clock of this machine, or of the one that ran it"
        )
    return record


def _report(change: Change, count: int, where: str) -> None:
    for note in change.notes:
        print(f"keep: {note}", file=sys.stderr)
    runs = "1 run is" if count == 1 else f"{count} runs are"
    print(f"{runs} kept in {where}" if change.written else f"nothing new for {where}")


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 100_000:
        raise argparse.ArgumentTypeError(f"`{text}` is no number between 0 and 100000")
    return value
