"""``stackprobe record -- ansible-playbook …``: runs any playbook, and makes a run of it.

Every task of every host becomes a step, a play a scenario; requests of openstacksdk are told to it over statsd. Input
and output are the command's own. Nothing is changed in the playbook: tags `metric=`, `service=` and `az=` are honoured.

Exit code 0: something passed and nothing failed or erred; 1: a task failed, and neither it nor a block around it says
that this may be; 2: nothing was proven (killed, no playbook ran, nothing but skipped tasks), or bad usage.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import sys
from pathlib import Path

from stackprobe.commands.run import output_directory
from stackprobe.errors import UsageError
from stackprobe.journal import FILENAME, JournalError
from stackprobe.outputs import OutputError, write_all
from stackprobe.recording import environment, known_secrets
from stackprobe.recording.chronicle import Place
from stackprobe.recording.conclusion import conclude
from stackprobe.recording.supervision import supervise
from stackprobe.stop import Stop

HELP = "run somebody's ansible-playbook and report on every task of it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--output",
        metavar="DIR",
        type=Path,
        help="new or empty directory; default: stackprobe-CLOUD-TIME in the current one",
    )
    add_place(parser)
    parser.add_argument(
        "--count-rescued",
        action="store_true",
        help="failures that a block of the playbook rescues count, as with ApiMon",
    )
    parser.add_argument(
        "--print-environment",
        action="store_true",
        help="run nothing; print the variables that make any ansible-playbook record into --output DIR, for a shell",
    )
    parser.add_argument("program", metavar="-- COMMAND", nargs="*", help="ansible-playbook with its options")


def add_place(parser: argparse.ArgumentParser) -> None:
    """Declare what was probed: nothing in a playbook says it."""
    parser.add_argument("--cloud", metavar="NAME", help="the cloud that is probed; default: OS_CLOUD, else `unknown`")
    parser.add_argument("--region", metavar="NAME", help="its region; default: OS_REGION_NAME, else none")
    parser.add_argument("--environment", metavar="NAME", help="label of what is probed, such as production")
    parser.add_argument("--zone", metavar="NAME", help="label of where that is")
    parser.add_argument(
        "--naming",
        choices=("stackprobe", "apimon", "tags"),
        action="append",
        default=[],
        help="what the figures are called (several times: all of them); default: stackprobe",
    )


def place(arguments: argparse.Namespace) -> Place:
    """What was probed, as options and environment say."""
    known = environment.place(os.environ)
    return Place(
        arguments.cloud or known.cloud,
        arguments.region or known.region,
        arguments.environment or known.environment,
        arguments.zone or known.zone,
        tuple(arguments.naming) or known.naming,
    )


def execute(arguments: argparse.Namespace) -> int:
    """Run it, and report.

    :raises UsageError: bad usage; nothing was run.
    """
    where = place(arguments)
    if arguments.print_environment:
        return _print_environment(arguments.output, where, arguments.count_rescued)
    if not arguments.program:
        raise UsageError("no command was given", remedy="name ansible-playbook and its options behind `--`")
    program, *options = arguments.program
    found = shutil.which(program)
    if found is None:
        raise UsageError(f"{program} is no program", remedy="name ansible-playbook and its options behind `--`")
    stop = Stop()
    with stop.listening(), output_directory(arguments.output, where.cloud) as output:
        wanted = environment.Settings(output, where, supervised=True, count_rescued=arguments.count_rescued)
        variables = {**os.environ, **environment.for_ansible(os.environ), **wanted.variables()}
        code = supervise([found, *options], variables, stop)
        try:
            results = conclude(output / FILENAME, where, code, stop.reason, known_secrets.scrubber(os.environ))
            write_all(output, results)
        except (JournalError, OutputError) as error:
            print(f"stackprobe: {error}", file=sys.stderr)
            return 2
        print(
            f"{results.cloud} – {results.outcome}; {len(results.scenarios)} plays, {len(results.steps)} tasks,"
            f" {len(results.calls)} API calls, {results.duration_ms / 1000:.1f} s. Report: {output / 'report.html'}",
            file=sys.stderr,
        )
        return results.exit_code


def _print_environment(output: Path | None, where: Place, count_rescued: bool) -> int:
    if output is None:
        raise UsageError("the variables need a directory", remedy="name it with --output")
    wanted = environment.Settings(output, where, count_rescued=count_rescued)
    variables = {**environment.for_ansible(os.environ), **wanted.variables()}
    for name, value in variables.items():
        print(f"export {name}={shlex.quote(value)}")
    return 0
