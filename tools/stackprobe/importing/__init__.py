"""Reads what other people's Ansible runs leave behind, and makes runs of it: one module a format.

``document`` finds JSON in a file, also in one that is cut or has other text around it; a module of `FORMATS` knows
whose it is; ``plays`` is what they have in common; ``handled`` finds out which failures were meant; ``writing`` makes
the journal.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from stackprobe.errors import UsageError
from stackprobe.importing import document, json_callback, zuul
from stackprobe.importing.plays import Playbook

FORMATS = (zuul, json_callback)

_REMEDY = "give Zuul's job-output.json, or the output of Ansible's json callback (ANSIBLE_STDOUT_CALLBACK=json)"


def load(files: Iterable[Path], notes: list[str]) -> list[Playbook]:
    """The playbooks that the files tell of, in their order.

    :param notes: what a reader of the report should know about the files is added.
    :raises UsageError: a file cannot be read, or tells of no playbook.
    """
    found: list[Playbook] = []
    for file in files:
        loaded = document.load(file)
        notes += loaded.notes
        here = [playbook for data in loaded.values for one in FORMATS for playbook in one.playbooks(data, file, notes)]
        if not here:
            line = loaded.bad_line if not loaded.values else None
            what = "holds no JSON" if not loaded.values else "is JSON, but of no run of Ansible that is known here"
            if loaded.bad_line and not loaded.values:
                what = f"holds no JSON that can be read: {loaded.problem}"
            raise UsageError(f"this file {what}", file=file, line=line, remedy=_REMEDY)
        found += here
    return found
