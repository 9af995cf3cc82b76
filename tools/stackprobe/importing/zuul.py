"""Zuul's ``job-output.json``: a list of playbooks, each with its phase, and of every task the result on each host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from stackprobe.importing.document import CUT
from stackprobe.importing.plays import Playbook, read_plays, read_stats


def playbooks(data: Any, source: Path, notes: list[str]) -> Iterator[Playbook]:
    """The playbooks, when that is such a file."""
    for one in data if isinstance(data, list) else [data]:
        if isinstance(one, Mapping) and "plays" in one and ("phase" in one or "playbook" in one):
            file = str(one.get("playbook") or "") or None
            plays = read_plays(one, source, notes)
            place = _place(file) or str(one.get("phase") or "playbook")
            for play in plays:
                play.name = f"{place}: {play.name}" if play.name != "play" else place
            yield Playbook(source, file, plays, read_stats(one), cut=CUT in one)


def _place(file: str | None) -> str:
    """``probe/run`` of ``github.com/org/project/playbooks/probe/run.yaml``: plays there are rarely named."""
    if not file:
        return ""
    path = PurePosixPath(file)
    return "/".join([path.parent.name, path.stem] if path.parent.name not in ("", "playbooks") else [path.stem])
