"""``stackprobe login``: keeps one cloud of a CI's secret in a private clouds.yaml, as the next commands need it.

The secret comes on standard input. On success one line of JSON on standard output says what it was: cloud, region,
auth_type and, for a token, when it expires. ``stackprobe logout`` removes it all again.

Exit code 0: kept; 2: the secret cannot be used, or Keystone refuses it; 1: with --token, Keystone is down or broken.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from stackprobe import github
from stackprobe.credentials.keystone import CloudFault
from stackprobe.credentials.login import Exchange, Kept, keep
from stackprobe.credentials.redactions import redactions
from stackprobe.credentials.secret import Secret
from stackprobe.errors import UsageError
from stackprobe.options import seconds
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
    parser.add_argument(
        "--token", action="store_true", help="keep a short-lived token got with the credentials in place of these"
    )
    parser.add_argument(
        "--timeout", metavar="S", type=seconds, default=60.0, help="how long Keystone may take for it (s; default: 60)"
    )
    parser.add_argument(
        "--control-target",
        metavar="TARGET",
        help="host:port or URL that answers when the runner's own network works, as in probes.yaml",
    )
    parser.add_argument(
        "--mask",
        choices=("github",),
        help="first tell this CI on standard output what it must black out: passwords, keys and tokens of the secret, "
        "and the token that is got; the step's output `cloud` is the one that was chosen",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Log in; 0, or 1 when the cloud gave no token although the secret is not to blame. Then nothing is kept.

    :raises UsageError: the secret cannot be used, Keystone refuses it, or the file cannot be written.
    """
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError("the secret is missing: it comes on standard input", remedy="pipe it in, as `< clouds.yaml`")
    raw = sys.stdin.buffer.read(MAX_BYTES + 1)
    runner = github.runner() if arguments.mask else None
    if runner:
        _mask(runner, raw)
    elif arguments.mask:
        raise UsageError("--mask github is for a job of GitHub Actions", remedy="leave it out elsewhere")
    secret = Secret.parse(raw)
    exchange = Exchange(arguments.timeout, arguments.control_target) if arguments.token else None
    try:
        kept = keep(secret, arguments.cloud, arguments.region, arguments.to, exchange)
        if runner and arguments.token:
            _mask(runner, arguments.to.read_bytes())
        if runner:
            runner.output(cloud=kept.cloud)
        _tell(kept)
    except CloudFault as fault:
        print(f"stackprobe: the cloud gave no token: {fault}.", file=sys.stderr)
        return 1
    return 0


def _mask(runner: github.Runner, secret: bytes) -> None:
    """Name what is secret to the runner, before anything else is printed."""
    runner.mask(redactions(json.dumps([secret.decode("utf-8-sig", "replace")]).encode()))


def _tell(kept: Kept) -> None:
    print(
        json.dumps({"cloud": kept.cloud, "region": kept.region, "auth_type": kept.auth_type, "expires": kept.expires})
    )
