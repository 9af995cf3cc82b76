"""``stackprobe import FILE…``: makes a run of what other people's Ansible runs leave behind.

A FILE is Zuul's job-output.json (also compressed) or the output of Ansible's json callback, told apart by its content.
The journal and all reports go to DIR, as if the run had been ours.

Exit code 0: the reports are written, whatever they say about the cloud; 2: a file cannot be used, or bad usage.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from stackprobe.commands.record import add_place, place
from stackprobe.commands.run import output_directory
from stackprobe.importing import load
from stackprobe.importing.writing import Import
from stackprobe.journal import FILENAME, JournalError
from stackprobe.outputs import OutputError, write_all
from stackprobe.recording import known_secrets
from stackprobe.results import from_directory

HELP = "report on a run of somebody's Ansible, from Zuul's job-output.json or the json callback's output"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("files", metavar="FILE", type=Path, nargs="+", help="job-output.json, or output of Ansible")
    parser.add_argument("--output", metavar="DIR", type=Path, required=True, help="new or empty directory")
    add_place(parser)
    parser.add_argument(
        "--count-ignored",
        action="store_true",
        help="failures that the playbook ignores count as failures; default: they are noted, and the task passed",
    )
    parser.add_argument(
        "--exit-code",
        action="store_true",
        help="exit as the run did: 0 passed, 1 the cloud failed, 2 nothing was proven, or the file is cut",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Do it.

    :raises UsageError: a file cannot be used, or the directory.
    """
    notes: list[str] = []
    playbooks = load(arguments.files, notes)
    where = place(arguments)
    with output_directory(arguments.output, where.cloud) as output:
        try:
            made = Import(output / FILENAME, where, known_secrets.scrubber(os.environ), arguments.count_ignored)
            made.write(playbooks, notes)
            results = from_directory(output)
            write_all(output, results)
        except (JournalError, OutputError) as error:
            print(f"stackprobe: {error}", file=sys.stderr)
            return 2
    print(
        f"{results.cloud} – {results.outcome}; {len(results.scenarios)} plays, {len(results.steps)} tasks,"
        f" {results.duration_ms / 1000:.1f} s. Report: {output / 'report.html'}"
    )
    return results.exit_code if arguments.exit_code else 0
