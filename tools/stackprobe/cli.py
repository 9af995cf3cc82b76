"""The command ``stackprobe``: finds the subcommand, turns bad input into one clear error and exit code 2."""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

from stackprobe import __version__, commands
from stackprobe.errors import UsageError


class _Parser(argparse.ArgumentParser):
    """Bad options are bad input like any other."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, remedy=f"see `{self.prog} --help`")


def build_parser(only: str | None = None) -> argparse.ArgumentParser:
    """The parser of all subcommands.

    :param only: the subcommand that is going to run, when known: the others' options need not be imported.
    """
    parser = _Parser(prog="stackprobe", description="Behaviour-driven monitoring of OpenStack clouds.")
    parser.add_argument("--version", action="version", version=f"stackprobe {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in sorted(module.name for module in pkgutil.iter_modules(commands.__path__)):
        if only is not None and name != only:
            subparsers.add_parser(name)
            continue
        module = importlib.import_module(f"stackprobe.commands.{name}")
        subparser = subparsers.add_parser(name, help=module.HELP, description=module.__doc__)
        module.add_arguments(subparser)
        subparser.set_defaults(execute=module.execute)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run a subcommand and return its exit code: what it says, or 2 for bad input."""
    if os.environ.get("GITHUB_ACTIONS") == "true":
        from stackprobe.github.runner import guarded  # noqa: PLC0415  # only where there is one

        with guarded():
            return _main(argv)
    return _main(argv)


def _main(argv: Sequence[str] | None) -> int:
    arguments = list(sys.argv[1:] if argv is None else argv)
    known = {module.name for module in pkgutil.iter_modules(commands.__path__)}
    only = arguments[0] if arguments and arguments[0] in known else None
    try:
        parsed = build_parser(only).parse_args(arguments)
        return int(parsed.execute(parsed))
    except UsageError as error:
        _refuse(error)
        return 2
    except KeyboardInterrupt:
        print("stackprobe: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 2
    except Exception:  # Python's own exit code is 1, and 1 is the cloud's fault
        traceback.print_exc()
        print("stackprobe: this is a mistake of stackprobe or of this machine, not of the cloud", file=sys.stderr)
        return 2


def _refuse(error: UsageError) -> None:
    """Tell bad input: on standard error, or in a job of GitHub Actions as an annotation."""
    if os.environ.get("GITHUB_ACTIONS") == "true":
        from stackprobe.github import runner  # noqa: PLC0415  # only where there is one

        if one := runner():
            one.refuse(error)
            return
    print(f"stackprobe: {error}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
