"""``stackprobe schema``: prints the JSON Schema of probes.yaml, with the scenarios, options and steps that exist.

An editor that has it completes and checks while one types: write it to a file beside probes.yaml, and name that in the
first line, ``# yaml-language-server: $schema=FILE``.
"""

from __future__ import annotations

import argparse
import json

from stackprobe import scenarios
from stackprobe.config import schema
from stackprobe.config.complete import complete
from stackprobe.options import add_roles_path

HELP = "print the JSON Schema of a configuration, for editors"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_roles_path(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Print it.

    :raises UsageError: a scenario is malformed.
    """
    found = scenarios.discover(scenarios.roles_paths(arguments.roles_path))
    print(json.dumps(complete(schema(), scenarios.known(found)), indent=2, ensure_ascii=False))
    return 0
