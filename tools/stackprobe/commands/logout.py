"""``stackprobe logout``: ends a login: revokes the token that it got, and removes its files whatever happens to that.

Exit code 0: nothing of it is left; 1: the files are removed, but the cloud did not revoke the token.
"""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType

from stackprobe.credentials.keystone import CloudFault
from stackprobe.credentials.logout import end
from stackprobe.options import seconds

HELP = "revoke the token of a login and remove its files"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--clouds-file", metavar="FILE", type=Path, required=True, help="the file of `stackprobe login --to`"
    )
    parser.add_argument(
        "--timeout", metavar="S", type=seconds, default=20.0, help="how long the cloud may take (s; default: 20)"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Log out.

    :raises UsageError: the file is not of a login, or cannot be removed.
    """
    signal.signal(signal.SIGTERM, _stop)  # so that the files are removed all the same
    try:
        print(end(arguments.clouds_file, arguments.timeout))
    except CloudFault as fault:
        print(f"stackprobe: the token was not revoked and lives on until it expires: {fault}.", file=sys.stderr)
        return 1
    return 0


def _stop(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)
