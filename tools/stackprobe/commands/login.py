"""``stackprobe login``: keeps one cloud of a CI's secret in a private clouds.yaml, as the next commands need it.

The secret comes on standard input. On success one line of JSON on standard output says what it was: cloud, region,
auth_type and, for a token, when it expires. ``stackprobe logout`` removes it all again.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from stackprobe.credentials.login import Kept, keep
from stackprobe.credentials.secret import Secret
from stackprobe.errors import UsageError
from stackprobe.yamlfile import MAX_BYTES

HELP = "keep one cloud of a CI's secret in a private clouds.yaml"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--cloud", metavar="NAME", help="the cloud of the secret; default: its only one")
    parser.add_argument("--region", metavar="NAME", help="keep only this region of it")
    parser.add_argument(
        "--to",
        metavar="FILE",
        type=Path,
        required=True,
        help="the clouds.yaml to write, in a directory made for its owner alone; its mode is 0600",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Log in; 0.

    :raises UsageError: the secret cannot be used, or the file not be written.
    """
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError("the secret is missing: it comes on standard input", remedy="pipe it in, as `< clouds.yaml`")
    secret = Secret.parse(sys.stdin.buffer.read(MAX_BYTES + 1))
    _tell(keep(secret, arguments.cloud, arguments.region, arguments.to))
    return 0


def _tell(kept: Kept) -> None:
    print(
        json.dumps({"cloud": kept.cloud, "region": kept.region, "auth_type": kept.auth_type, "expires": kept.expires})
    )
