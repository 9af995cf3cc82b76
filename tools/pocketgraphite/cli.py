"""The command ``pocketgraphite``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from pocketgraphite.errors import PocketgraphiteError
from pocketgraphite.server import NAMES, down, existing, up


def main(argv: Sequence[str] | None = None) -> int:
    """Run it; the exit code is 0, or 1 when ``status`` finds a part that does not answer, or 2 with one error line."""
    arguments = _parser().parse_args(argv)
    try:
        if arguments.command == "up":
            graphite = up(
                arguments.directory,
                arguments.port,
                arguments.retentions,
                arguments.creates_per_minute,
                say=lambda line: print(line, flush=True),
            )
            print(f"send figures with: stackprobe send DIR --graphite {graphite.carbon}")
            return 0
        if arguments.command == "down":
            print(f"ended {down(arguments.directory)} processes")
            return 0
        return _status(arguments.directory)
    except PocketgraphiteError as error:
        print(f"pocketgraphite: {error}", file=sys.stderr)
        return 2


def _status(directory: str) -> int:
    graphite = existing(directory)
    processes = graphite.processes()
    good = True
    for name, address in zip(NAMES, (graphite.carbon, graphite.url), strict=True):
        answers = graphite.answers(name)
        good = good and answers
        pids = ",".join(map(str, processes[name])) or "none"
        print(f"{name:7} {address:28} {'answers' if answers else 'does not answer'}  processes: {pids}")
    return 0 if good else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pocketgraphite", description="a real Graphite on loopback")
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser("up", help="start one in DIR")
    start.add_argument("directory", metavar="DIR")
    start.add_argument("--port", type=int, help="of the web pages; carbon gets the next one (default: free ones)")
    start.add_argument("--retentions", default="10s:1d,1m:7d", help="of every series (default: %(default)s)")
    start.add_argument(
        "--creates-per-minute", type=int, help="new series a minute; carbon drops points beyond it (default: no limit)"
    )
    for name, text in (("down", "end the one in DIR"), ("status", "say what answers")):
        commands.add_parser(name, help=text).add_argument("directory", metavar="DIR")
    return parser
