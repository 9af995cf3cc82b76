"""``stackprobe redactions``: tells a CI what of its secrets it must black out (the jobs call it).

A list of secrets comes on standard input, as JSON, and a list of texts goes to standard output, which must be no
terminal: it is to be read by a program that keeps it to itself. Exit code 2: bad input.
"""

from __future__ import annotations

import argparse
import json
import sys

from stackprobe.credentials.redactions import redactions
from stackprobe.errors import UsageError
from stackprobe.yamlfile import MAX_BYTES

HELP = "tell a CI what of its secrets it must black out (the jobs call it)"


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """There are no options."""


def execute(_arguments: argparse.Namespace) -> int:
    """Print the list; 0.

    :raises UsageError: what came is no list of secrets, or a terminal would show the answer.
    """
    if sys.stdin is None or sys.stdin.isatty() or sys.stdout.isatty():
        raise UsageError("secrets belong on no terminal", remedy="the jobs of Zuul call this command")
    print(json.dumps(redactions(sys.stdin.buffer.read(MAX_BYTES + 1))))
    return 0
