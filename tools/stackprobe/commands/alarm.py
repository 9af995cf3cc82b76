"""``stackprobe alarm``: an issue of GitHub for each service that is down, from the start of the incident to its end.

The token is taken from GITHUB_TOKEN of the environment alone, the repository from GITHUB_REPOSITORY, the address of the
API from GITHUB_API_URL. Exit code 0: the issues say what is so; 2: bad usage, GitHub refuses or does not answer, or the
history of a cloud cannot be read.
"""

from __future__ import annotations

import argparse
import os
import re
import sys

from stackprobe.errors import UsageError
from stackprobe.options import seconds
from stackprobe.state import looking

HELP = "keep an issue of GitHub open for each service that is down"

_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
_API = "https://api.github.com"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    looking.add_arguments(parser)
    parser.add_argument("--repository", metavar="OWNER/NAME", help="whose issues they are (default: GITHUB_REPOSITORY)")
    parser.add_argument(
        "--label", metavar="NAME", default="stackprobe-alarm", help="by which they are found (default: %(default)s)"
    )
    parser.add_argument(
        "--wait",
        metavar="S",
        type=seconds,
        default=120.0,
        help="be patient with GitHub's limits and failures for so long (default: %(default)g s)",
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")


def execute(arguments: argparse.Namespace) -> int:
    """Bring the issues into accord with the state; see the module.

    :raises UsageError: bad options, no token, or GitHub refuses.
    """
    try:
        from stackprobe.alarm.calls import Caller, GithubUnavailable  # noqa: PLC0415  # an extra
        from stackprobe.alarm.carrying_out import carry_out  # noqa: PLC0415
        from stackprobe.alarm.tracker import Tracker  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "github":
            raise
        raise UsageError(
            "PyGithub is not installed", remedy="install stackprobe with the extra github: pip install '.[github]'"
        ) from None
    repository, token = _repository(arguments.repository), _token()
    states = [one.state for one in looking.look(arguments)]
    tracker = Tracker(
        repository, token, os.environ.get("GITHUB_API_URL") or _API, arguments.label, Caller(arguments.wait)
    )
    for state in states:
        if state.trouble:
            print(f"alarm: {state.name}: {state.trouble}; its issues are left as they are", file=sys.stderr)
    try:
        done = carry_out(tracker, states, lambda line: print(f"alarm: {line}", flush=True), dry=arguments.dry_run)
    except GithubUnavailable as error:
        print(f"alarm: {error}", file=sys.stderr)
        return 2
    if not done:
        print("alarm: nothing to do")
    return 2 if any(state.trouble for state in states) else 0


def _repository(given: str | None) -> str:
    repository = given or os.environ.get("GITHUB_REPOSITORY", "")
    if not repository:
        raise UsageError("no repository is named", remedy="give --repository OWNER/NAME, or set GITHUB_REPOSITORY")
    if not _REPOSITORY.fullmatch(repository):
        raise UsageError(f"`{repository}` is no repository", remedy="write it as OWNER/NAME")
    return repository


def _token() -> str:
    token = os.environ.get("GITHUB_TOKEN", "").strip()
    if not token:
        raise UsageError(
            "there is no token", remedy="set GITHUB_TOKEN in the environment, in a workflow to ${{ github.token }}"
        )
    return token
