"""``stackprobe compare A B``: two runs, or two clouds, step by step and call by call.

A and B are directories of runs; several runs of a side are one sample: ``--a DIR… --b DIR…``. The difference of the
medians is worth a look where it is more than chance and habit explain; see doc/source/comparing.md.

Exit code 0: told, whatever it is; 2: bad input.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from stackprobe.errors import UsageError

HELP = "compare two runs or two clouds, step by step and call by call"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("runs", metavar="A B", type=Path, nargs="*", help="the output directories of two runs")
    parser.add_argument("--a", metavar="DIR", type=Path, nargs="+", default=[], help="several runs as side A")
    parser.add_argument("--b", metavar="DIR", type=Path, nargs="+", default=[], help="several runs as side B")
    parser.add_argument("--noticeable", action="store_true", help="list only what is worth a look")
    parser.add_argument("--html", metavar="FILE", type=Path, help="write a page with a plot, instead of the table")
    parser.add_argument("--json", action="store_true", help="as JSON, durations in milliseconds")


def execute(arguments: argparse.Namespace) -> int:
    """Compare them.

    :raises UsageError: not two sides, a directory without a run, or a page that cannot be written.
    """
    from stackprobe.comparison import compare, page  # noqa: PLC0415  # Jinja2, which not every command needs
    from stackprobe.comparison.facts import facts  # noqa: PLC0415
    from stackprobe.comparison.sides import side  # noqa: PLC0415
    from stackprobe.comparison.terminal import shown  # noqa: PLC0415
    from stackprobe.outputs.atomic import write_atomically  # noqa: PLC0415
    from stackprobe.terminal import console  # noqa: PLC0415

    a, b = _sides(arguments)
    comparison = compare(side(a), side(b))
    if arguments.html:
        try:
            write_atomically(arguments.html, page.render(comparison).encode("utf-8", "replace"))
        except OSError as error:
            raise UsageError(
                f"cannot write it: {error.strerror}", file=arguments.html, remedy="check path and permissions"
            ) from None
        print(arguments.html, file=sys.stderr if arguments.json else sys.stdout)
    if arguments.json:
        print(json.dumps(facts(comparison), indent=2))
    elif not arguments.html:
        console().print(shown(comparison, arguments.noticeable))
    return 0


def _sides(arguments: argparse.Namespace) -> tuple[list[Path], list[Path]]:
    runs, a, b = arguments.runs, arguments.a, arguments.b
    if len(runs) == 2 and not (a or b):
        return runs[:1], runs[1:]
    if a and b and not runs:
        return a, b
    raise UsageError("a comparison has two sides", remedy="give two directories, or --a DIR… --b DIR…")
