"""Options that several commands have, and what their values are."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_roles_path(parser: argparse.ArgumentParser) -> None:
    """Declare where scenarios of the operator's own are."""
    parser.add_argument(
        "--roles-path",
        metavar="DIR",
        type=Path,
        action="append",
        default=[],
        help="a folder with scenarios of your own",
    )


def add_history(parser: argparse.ArgumentParser) -> None:
    """Declare where earlier runs are known."""
    parser.add_argument(
        "--history",
        metavar="DIR",
        type=Path,
        help="a directory of past runs, for service levels and trends; default: `history.directory` of --config",
    )
    parser.add_argument(
        "--graphite-url",
        metavar="URL",
        help="base address of the graphite-web that knows past runs; default: `graphite.url` of --config",
    )


def seconds(text: str) -> float:
    """A positive number of seconds.

    :raises argparse.ArgumentTypeError: it is none.
    """
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 3600:
        raise argparse.ArgumentTypeError(f"`{text}` is no number of seconds between 0 and 3600")
    return value
