"""``stackprobe new NAME``: makes a new scenario's folder with its test, which both work at once.

It makes ``DIR/roles/probe_NAME`` and ``DIR/tests/test_NAME.py``: a network that is made and deleted again, to be
changed into what you want to prove. Exit code 0: they are made; 2: bad usage, and nothing is made.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from stackprobe import scaffold, scenarios
from stackprobe.errors import UsageError

HELP = "make a new scenario's folder with its test"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("name", metavar="NAME", help="lower-case letters, digits and _, the first a letter")
    parser.add_argument(
        "--directory", metavar="DIR", type=Path, default=Path(), help="where it goes (default: the current directory)"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Make it.

    :raises UsageError: the name cannot be one, or something is in the way; nothing is made.
    """
    name, directory = arguments.name, arguments.directory
    scaffold.check_name(name, scenarios.discover(scenarios.roles_paths()))
    if directory.exists() and not directory.is_dir():
        raise UsageError("it is no directory", remedy="name another one with --directory", file=directory)
    for file in scaffold.make(name, directory):
        print(file)
    roles = directory / "roles"
    print(f"Run it:  stackprobe run --cloud NAME --roles-path {roles} --scenario {name}")
    print(f"Test it: python -m pytest {directory / 'tests' / f'test_{name}.py'}")
    if "stackprobe.testing" not in (directory / "tests" / "conftest.py").read_text(encoding="utf-8"):
        print('Add to tests/conftest.py: pytest_plugins = ["stackprobe.testing"]')
    return 0
