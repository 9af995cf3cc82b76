"""From playbooks of others to a journal of ours."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stackprobe.importing import handled
from stackprobe.importing.document import CUT
from stackprobe.importing.plays import Play, Playbook, Task
from stackprobe.journal.writer import Journal
from stackprobe.recording import known_secrets
from stackprobe.recording.chronicle import Chronicle, Place, worst
from stackprobe.recording.chronicle import Task as Step
from stackprobe.recording.tags import parse, with_zone_of
from stackprobe.recording.verdict import EITHER, IGNORED, Verdict, judge, status_of
from stackprobe.redact import Scrubber

_AHEAD_S = 86_400.0
"""Times so far ahead of this machine's clock are noted, in seconds."""
_COUNTED = "ignored by the playbook, counted all the same"


class Import:
    """Writes one run.

    :param count_ignored: failures that were ignored count as failures.
    """

    def __init__(self, journal: Path, place: Place, scrubber: Scrubber, count_ignored: bool = False) -> None:
        self._path, self._place, self._scrubber = journal, place, scrubber
        self._count_ignored = count_ignored
        self._last_t = 0.0
        self._backwards = self._untimed = self._ahead = 0
        self._outcomes: set[str] = set()

    def write(self, playbooks: Sequence[Playbook], notes: Sequence[str]) -> None:
        """Write the journal.

        :param notes: what a reader of the report should know.
        :raises JournalError: it cannot be written.
        """
        for playbook in playbooks:
            for play in playbook.plays:
                for task in play.tasks:
                    known_secrets.learn(self._scrubber, list(task.results.values()))
        start_t = self._last_t = _first_moment(playbooks)
        self._forget_the_future(playbooks, max(start_t, time.time()) + _AHEAD_S)
        plays = [(id(play), play.name, one.file) for one in playbooks for play in one.plays]
        with Journal(self._path, self._scrubber) as journal:
            chronicle = Chronicle(journal)
            chronicle.open(self._place, plays, t=start_t)
            for playbook in playbooks:
                self._write_playbook(chronicle, playbook)
            for note in dict.fromkeys([*notes, *self._remarks(start_t)]):
                chronicle.note(note, level="warning", t=self._last_t)
            if not any(_is_cut(one) for one in playbooks):
                chronicle.close(worst(self._outcomes), start_t, t=self._last_t)

    def _write_playbook(self, chronicle: Chronicle, playbook: Playbook) -> None:
        how = handled.handled(playbook)
        for number, play in enumerate(playbook.plays):
            chronicle.begin_play(id(play), play.name, self._moment(play.start_t))
            for index, task in enumerate(play.tasks):
                for host, result in task.results.items():
                    self._write_result(chronicle, task, host, result, how.get((number, index, host)))
            self._end_play(chronicle, play, cut=_is_cut(playbook) and play is playbook.plays[-1])
        if missing := handled.unseen(playbook):
            self._outcomes.add("failed")
            message = f"Ansible counted {missing} failures more than there are results that show one"
            chronicle.trouble("Count the failures", "failed", message, f"look at {playbook.source.name}")
        if playbook.stats is None and how:
            chronicle.note(
                f"{playbook.source.name} does not say which failures were ignored or rescued: those after which their "
                "host went on are taken for it",
                level="warning",
                t=self._last_t,
            )

    def _end_play(self, chronicle: Chronicle, play: Play, cut: bool) -> None:
        if cut or play.cut:
            chronicle.play = None  # unfinished
            return
        ends = [play.end_t, *(task.end_t for task in play.tasks)]
        self._last_t = max([self._last_t, *(one for one in ends if one is not None)])
        chronicle.end_play(self._last_t, None if play.tasks else "nothing was done")

    def _write_result(
        self, chronicle: Chronicle, task: Task, host: str, result: Mapping[str, Any], how: str | None
    ) -> None:
        start_t = self._moment(task.start_t)
        duration_ms = 0.0
        if task.start_t is None or task.end_t is None:
            self._untimed += 1
        elif task.end_t < task.start_t:
            self._backwards += 1
        else:
            duration_ms = (task.end_t - task.start_t) * 1000
        step = Step(
            name=task.name,
            host=host,
            action=str(result["action"]) if result.get("action") else None,
            tags=with_zone_of(parse(task.tags), result),
            file=_file(task.path),
            line=_line(task.path),
        )
        verdict = self._verdict(result, how)
        self._outcomes.add(verdict.outcome)
        self._last_t = max(self._last_t, start_t + duration_ms / 1000)
        chronicle.end(chronicle.begin(step, start_t), verdict, duration_ms, self._last_t)

    def _verdict(self, result: Mapping[str, Any], how: str | None) -> Verdict:
        status = status_of(result)
        if CUT in result and status in ("ok", "skipped"):
            return Verdict("error", "the file ends within this result: how the task ended is not known")
        if how in (IGNORED, EITHER) and self._count_ignored:
            return judge(result, status, None, _COUNTED)
        return judge(result, status, how)

    def _forget_the_future(self, playbooks: Sequence[Playbook], end_t: float) -> None:
        """Take out times behind a moment: a clock that jumped ahead would make a run of years."""
        for playbook in playbooks:
            for one in [*playbook.plays, *(task for play in playbook.plays for task in play.tasks)]:
                for name in ("start_t", "end_t"):
                    if (getattr(one, name) or 0.0) > end_t:
                        setattr(one, name, None)
                        self._ahead += 1

    def _moment(self, t: float | None) -> float:
        """A time of the file, or the last one before it where it has none."""
        if t is None:
            return self._last_t
        if t < self._last_t - 1:
            self._backwards += 1
        return t

    def _remarks(self, start_t: float) -> list[str]:
        found = []
        if self._backwards:
            found.append(f"the clock of the runner went back, {self._backwards} times: some durations are not known")
        if self._untimed:
            found.append(f"{self._untimed} results have no times: their durations are not known, and count as 0")
        if self._ahead:
            found.append(f"{self._ahead} times lie in the future and are not used: a clock has jumped ahead")
        if start_t > time.time() + _AHEAD_S:
            found.append("its times lie in the future: the clock of its runner, or of this machine, is wrong")
        return found


def _first_moment(playbooks: Sequence[Playbook]) -> float:
    """When it began; without any time in the files, when the first was written."""
    for playbook in playbooks:
        for play in playbook.plays:
            for t in [play.start_t, *(task.start_t for task in play.tasks)]:
                if t is not None:
                    return t
    return playbooks[0].source.stat().st_mtime


def _is_cut(playbook: Playbook) -> bool:
    return playbook.cut or any(play.cut or any(task.cut for task in play.tasks) for play in playbook.plays)


def _file(path: str | None) -> str | None:
    return path.rpartition(":")[0] or path if path else None


def _line(path: str | None) -> int | None:
    line = path.rpartition(":")[2] if path else ""
    return int(line) if line.isascii() and line.isdigit() and len(line) < 9 else None
