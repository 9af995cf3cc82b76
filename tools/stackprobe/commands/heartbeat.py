"""``stackprobe heartbeat DIR``: tell a dead man's switch that a run has judged the cloud.

A dead man's switch alarms when no request reaches its address in time: of a dead cloud's monitoring, of a dead CI, of a
dead watchdog. Its address is a secret: it comes from ``STACKPROBE_HEARTBEAT_URL``, a file or standard input, and is
never shown.

Exit code 0: delivered, or nothing to tell since the run did not judge the cloud; 1: not delivered; 2: bad usage.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from stackprobe.errors import UsageError
from stackprobe.results import Outcome, from_directory
from stackprobe.web import FetchFailed, check_address, fetch

HELP = "tell a dead man's switch that the run in DIR has judged the cloud"

VARIABLE = "STACKPROBE_HEARTBEAT_URL"
TRIES = 3
#: Pause after the first try, seconds; doubled after the next.
PAUSE_S = 1.0
_EXAMPLE = "https://hc.example.org/ping/…"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("directory", metavar="DIR", type=Path, help="the output directory of a run")
    parser.add_argument(
        "--url-file",
        metavar="FILE",
        type=Path,
        help=f"holds the address on its first line; -: standard input (default: the environment's {VARIABLE})",
    )
    parser.add_argument("--always", action="store_true", help="also when the run could not judge the cloud")
    parser.add_argument(
        "--timeout",
        metavar="S",
        type=float,
        default=15.0,
        help="for all tries together (default: %(default)g s)",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Send it; see the module.

    :raises UsageError: no address or a malformed one, no run in DIR.
    """
    url = _address(arguments.url_file)
    outcome = from_directory(arguments.directory).outcome
    if outcome not in (Outcome.PASSED, Outcome.FAILED) and not arguments.always:
        print("heartbeat: none is sent, the run did not judge the cloud")
        return 0
    trouble = _send(url, arguments.timeout)
    if trouble:
        print(f"heartbeat: not delivered: {trouble}", file=sys.stderr)
        return 1
    print("heartbeat: delivered")
    return 0


def _address(file: Path | None) -> str:
    if file is None:
        url = os.environ.get(VARIABLE, "")
        if not url.strip():
            raise UsageError("no dead man's switch was given", remedy=f"set {VARIABLE} or give --url-file")
    else:
        try:
            text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
            url = text.partition("\n")[0]
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is no text"
            raise UsageError(
                f"the address of the dead man's switch cannot be read: {why}",
                file=file,
                remedy="check path and permissions",
            ) from None
    return check_address(url.strip(), "the dead man's switch", _EXAMPLE)


def _send(url: str, timeout_s: float) -> str | None:
    """Why it was not delivered, or None."""
    deadline, pause_s, trouble = time.monotonic() + timeout_s, PAUSE_S, "no time was given"
    for attempt in range(TRIES):
        # A third of the time for each, so that one silent answer does not take the other tries' time.
        share_s = (deadline - time.monotonic()) / (TRIES - attempt)
        if share_s <= 0:
            break
        try:
            fetch(url, timeout_s=share_s, largest=1024 * 1024)
            return None
        except FetchFailed as error:
            trouble = str(error)
        if attempt + 1 < TRIES:
            time.sleep(max(min(pause_s, (deadline - time.monotonic()) / 2), 0))
            pause_s *= 2
    return trouble
