"""``stackprobe export DIR --format csv|jsonl|openmetrics``: a run for other programs.

Exit code 0; 2 for bad input.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

from stackprobe.errors import UsageError
from stackprobe.exports import formats
from stackprobe.outputs.atomic import write_atomically
from stackprobe.results.loading import load

HELP = "write a run as CSV, JSON Lines or OpenMetrics text"
_GROUP = 1_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    known = formats()
    tables = {table for one in known.values() for table in one.tables}
    parser.add_argument("directory", metavar="DIR", type=Path, help="the output directory of a run")
    parser.add_argument("--format", choices=known, required=True, help=" or ".join(known))
    parser.add_argument("--table", choices=sorted(tables), help="of csv: steps (the default) or calls")
    parser.add_argument("--output", metavar="FILE", type=Path, help="where to write (default: standard output)")


def execute(arguments: argparse.Namespace) -> int:
    """Write it.

    :raises UsageError: no run, no such table in this format, or not writable.
    """
    chosen = formats()[arguments.format]
    table = arguments.table or chosen.tables[0]
    if table not in chosen.tables:
        raise UsageError(
            f"{chosen.name} has no table {table!r}", remedy=f"leave --table out: it has {chosen.tables[0]}"
        )
    pieces = _encoded(chosen.lines(load(arguments.directory), table))
    if arguments.output is None:
        sys.stdout.flush()
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
        return 0
    try:
        write_atomically(arguments.output, pieces)
    except OSError as error:
        raise UsageError(
            f"cannot write it: {error.strerror}", file=arguments.output, remedy="check permissions and free space"
        ) from None
    return 0


def _encoded(lines: Iterator[str]) -> Iterator[bytes]:
    """Lines as bytes, many at once."""
    for first in lines:
        yield "".join(chain([first], islice(lines, _GROUP))).encode("utf-8", "replace")
