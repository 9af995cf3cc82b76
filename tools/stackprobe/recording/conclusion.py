"""The end of a recorded run: what the exit code of Ansible says beside the tasks, and the last record."""

from __future__ import annotations

import signal
import time
from pathlib import Path

from stackprobe.errors import UsageError
from stackprobe.journal.reader import JournalContent, Record, read
from stackprobe.journal.writer import Journal
from stackprobe.recording.chronicle import Chronicle, Place
from stackprobe.recording.supervision import INTERRUPTED
from stackprobe.redact import Scrubber
from stackprobe.results import Results, build

_SEQ = 999_999_999_999_999
_REMEDY = "read its output; a playbook is recorded when its ansible-playbook runs on this machine"


def conclude(journal: Path, place: Place, exit_code: int, reason: str | None, scrubber: Scrubber) -> Results:
    """Write what is missing at the end of a journal and build the results.

    :param exit_code: of the command; negative: the signal that ended it.
    :param reason: name of the signal that was passed on to it.
    """
    content = _content(journal)
    with Journal(journal, scrubber) as file:
        chronicle = Chronicle(file, first_seq=_SEQ)
        if not content.records:
            chronicle.open(place, [])
        seen = build(content)
        reason = reason or _signal_of(exit_code)
        bad = [step for step in seen.steps if step.outcome.is_bad]
        if not seen.steps and not seen.scenarios:
            message = f"no playbook was recorded; the command ended with exit code {exit_code}"
            chronicle.trouble("Run the playbook", "error", message, _REMEDY)
        elif exit_code and not reason and not bad:
            message = f"the command ended with exit code {exit_code}, and no task failed"
            chronicle.trouble("Run the playbook", "error", message, "read its output")
        start_t = seen.start_t or time.time()
        if reason:
            outcome = "error"
        else:
            judged = _content(journal)
            judged.records.append(Record("end", {"type": "end", "outcome": "passed", "t": time.time()}, 0))
            outcome = str(build(judged).outcome)
        chronicle.close(outcome, start_t, reason=reason)
    return build(_content(journal))


def _content(journal: Path) -> JournalContent:
    """What the journal says so far; nothing if there is none yet."""
    try:
        return read(journal)
    except UsageError:
        if journal.exists() and journal.stat().st_size:
            raise
        return JournalContent(journal)


def _signal_of(exit_code: int) -> str | None:
    if exit_code == INTERRUPTED:
        return "SIGINT"
    try:
        return signal.Signals(-exit_code).name if exit_code < 0 else None
    except ValueError:
        return None
