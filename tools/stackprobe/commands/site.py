"""``stackprobe site DIR``: a static status page of all clouds, for GitHub Pages or any web server.

DIR/index.html for all clouds, DIR/CLOUD[.REGION].html for each, DIR/badges/CLOUD[.REGION].svg and
DIR/badges/CLOUD[.REGION]-SERVICE.svg. Exit code 0 when it is written, whatever it says; 2: bad usage.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from stackprobe.outputs.wording import counted
from stackprobe.site.pages import render
from stackprobe.site.writing import write
from stackprobe.state import looking

HELP = "write a static status page of all clouds, with badges"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("directory", metavar="DIR", type=Path, help="where the pages go; made where it is missing")
    parser.add_argument("--title", metavar="TEXT", default="Cloud status", help="of the pages (default: %(default)s)")
    looking.add_arguments(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Write it.

    :raises UsageError: no cloud, no history, a configuration that is no good, or DIR cannot be written.
    """
    looks = looking.look(arguments)
    files = render(looks, arguments.title)
    written = write(arguments.directory, files)
    print(f"{arguments.directory}: {counted(len(looks), 'cloud')}, {written} of {counted(len(files), 'file')} changed")
    return 0
