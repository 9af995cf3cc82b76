"""The output of Ansible's callback ``json`` (``ansible.posix.json``): plays and, at its end, what Ansible counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from stackprobe.importing.document import CUT
from stackprobe.importing.plays import Playbook, read_plays, read_stats


def playbooks(data: Any, source: Path, notes: list[str]) -> Iterator[Playbook]:
    """The playbooks that one such output tells of, as one."""
    if isinstance(data, Mapping) and "plays" in data and not {"phase", "playbook"} & set(data):
        plays = read_plays(data, source, notes)
        yield Playbook(source, None, plays, read_stats(data), cut=CUT in data)
