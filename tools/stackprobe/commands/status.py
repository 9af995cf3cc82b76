"""``stackprobe status``: the health of each service of each cloud, from the history of runs.

Exit code 0: nothing is down (a service may be degraded, or in maintenance); 1: a service is down; 2: nothing is known
to be down, but of some service it cannot be told: no data, no history that answers; also bad usage.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from rich.console import Console

from stackprobe.state import document, looking, terminal
from stackprobe.state.model import CloudState, Status

HELP = "show the health, availability and incidents of each service, from the history of runs"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    looking.add_arguments(parser)
    parser.add_argument("--json", action="store_true", help="as JSON, for programs")


def execute(arguments: argparse.Namespace) -> int:
    """Show the state.

    :raises UsageError: no cloud, no history, or a configuration that is no good.
    """
    states = [one.state for one in looking.look(arguments)]
    if arguments.json:
        print(json.dumps(document.document(states), indent=2, ensure_ascii=False))
    else:
        terminal.show(Console(highlight=False), states)
    return exit_code(states)


def exit_code(states: Sequence[CloudState]) -> int:
    """See the module."""
    found = {one.health.status for state in states for one in state.services}
    if Status.DOWN in found:
        return 1
    return 2 if Status.UNKNOWN in found or any(state.trouble or not state.services for state in states) else 0
