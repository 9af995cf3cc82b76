"""``stackprobe check FILE``: validates a configuration and shows every mistake at its line and column.

What is no mistake but has no effect is a line that begins with ``warning:``, and does not change the exit code. Where
scenarios go through a host whose key stands in clouds.yaml (``access: {key: NAME}``), the key must be there; where no
clouds.yaml has the cloud, a line says that this was not checked.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from stackprobe import scenarios
from stackprobe.config import access_keys, load_config
from stackprobe.options import add_roles_path
from stackprobe.suggest import listed

HELP = "validate a configuration"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("file", metavar="FILE", type=Path, help="the configuration (probes.yaml)")
    add_roles_path(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Validate; 0 when there is no mistake.

    :raises UsageError: there are mistakes; the command ends with 2.
    """
    found = scenarios.discover(scenarios.roles_paths(arguments.roles_path))
    config = load_config(arguments.file, known=scenarios.known(found))
    for warning in config.warnings:
        print(f"warning: {warning}")
    for target in config.targets:
        if not access_keys.check(config, target, target.options):
            print(f"not checked: keys that `access` names, as no clouds.yaml here has the cloud `{target.cloud}`")
    clouds = list(dict.fromkeys(target.cloud for target in config.targets))
    print(f"{arguments.file}: no mistakes; clouds: {listed(clouds) or 'the one given on the command line'}")
    return 0
