"""Records a playbook while it runs: what the callback plugin calls, in plain values, from any thread."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from stackprobe.journal.writer import Journal
from stackprobe.recording import known_secrets, statsd
from stackprobe.recording.chronicle import Chronicle, Task, worst
from stackprobe.recording.environment import Settings
from stackprobe.recording.tags import with_zone_of
from stackprobe.recording.verdict import RESCUED, Verdict, judge

JOURNAL = "journal.jsonl"
_INCLUDES = ("include_tasks", "include_role", "import_tasks", "import_role", "include", "meta")
_EPOCH_MS = 1_577_836_800_000


class Live:
    """One process of Ansible.

    :raises JournalError: the journal cannot be opened.
    """

    def __init__(self, settings: Settings, environ: Mapping[str, str]) -> None:
        self.settings = settings
        self.lock = threading.RLock()
        self.scrubber = known_secrets.scrubber(environ)
        settings.directory.mkdir(parents=True, exist_ok=True)
        path = settings.directory / JOURNAL
        self._continues = path.exists() and path.stat().st_size > 0
        self.journal = Journal(path, self.scrubber)
        # of a journal that another process writes to as well, numbers of our own
        first_seq = int(time.time() * 1000 - _EPOCH_MS) * 1000 if self._continues else 0
        self.chronicle = Chronicle(self.journal, first_seq)
        self._prefix = environ.get("STATSD_PREFIX") or statsd.DEFAULT_PREFIX
        self._running: dict[str, tuple[Task, float]] = {}
        self._outcomes: set[str] = set()
        self._counted = 0
        self._calls = self._ambiguous = 0
        self._start_t = time.time()
        self._pid = os.getpid()
        self._cloud_modules = False
        self.receiver = statsd.Receiver(self._take, self.lock, _address(environ))

    def variables(self) -> dict[str, str]:
        """What makes openstacksdk in children report here."""
        return {"STATSD_HOST": "127.0.0.1", "STATSD_PORT": str(self.receiver.port), "STATSD_PREFIX": self._prefix}

    def open(self, plays: Iterable[tuple[Hashable, str, str | None]], ansible: str | None) -> None:
        """A playbook begins; of the first one the plays are known beforehand."""
        with self.lock:
            if self._continues:
                return
            self._continues = True
            self.chronicle.open(
                self.settings.place,
                plays,
                ansible=ansible,
                python=".".join(map(str, sys.version_info[:3])),
                host=socket.gethostname(),
            )

    def begin_play(self, key: Hashable, name: str, variables: Mapping[str, Any]) -> None:
        """A play begins, or its next batch of hosts."""
        with self.lock:
            self.receiver.drain()
            self._give_up()
            self.learn(variables)
            self.chronicle.begin_play(key, name)

    def learn(self, variables: Mapping[str, Any]) -> None:
        """Learn the secrets among the variables of a play or a host."""
        for name, value in known_secrets.of_variables(variables):
            known_secrets.learn(self.scrubber, {name: value})

    def nothing_to_do(self, message: str) -> None:
        """The play has no hosts."""
        with self.lock:
            self.chronicle.end_play(message=message)

    def begin(self, task: Task) -> None:
        """A task begins on a host."""
        with self.lock:
            self.receiver.drain()
            self._give_up(task.host)
            self._cloud_modules |= "openstack" in (task.action or "")
            self._running[task.host] = (self.chronicle.begin(task), time.monotonic())

    def end(self, task: Task, result: Mapping[str, Any], status: str, handled: str | None, remark: str = "") -> None:
        """It ended; ``task`` is what is known of it if it was never seen to begin."""
        with self.lock:
            self.receiver.drain()
            begun = self._running.pop(task.host, None)
            known_secrets.learn(self.scrubber, result)
            if begun is None:
                begun = (self.chronicle.begin(task), time.monotonic())
            begun[0].tags = with_zone_of(begun[0].tags, result)
            if handled == RESCUED and self.settings.count_rescued:
                handled, remark = None, "the playbook rescues it: it counts all the same"
            verdict = judge(result, status, handled, remark)
            if not remark and verdict.outcome in ("failed", "error"):
                self._counted += 1
            self._outcomes.add(verdict.outcome)
            self.chronicle.end(begun[0], verdict, (time.monotonic() - begun[1]) * 1000)

    def broken(self, message: str) -> None:
        """The recorder itself failed: what it did not see must not look like success."""
        with self.lock:
            self._outcomes.add("error")
            self.chronicle.trouble("Record the playbook", "error", message, "report this with the journal")

    def end_playbook(self, failures: int) -> None:
        """All plays of a playbook are over.

        :param failures: how many Ansible counted itself, without those that it ignored or rescued.
        """
        with self.lock:
            self.receiver.drain()
            self._give_up()
            self.chronicle.end_play()
            if failures > self._counted:
                message = f"Ansible counted {failures} failures, and only {self._counted} were seen as such"
                self._outcomes.add("failed")
                self.chronicle.trouble("Count the failures", "failed", message, "look at the output of Ansible")
                self._counted = failures

    def close(self) -> None:
        """The process ends."""
        if os.getpid() != self._pid:
            return
        self.receiver.close()
        with self.lock:
            if self._ambiguous:
                self.chronicle.note(
                    f"{self._ambiguous} of {self._calls} API calls belong to no one task: several ran at once",
                    level="warning",
                )
            if self._cloud_modules and not self._calls:
                self.chronicle.note(
                    "no API call was reported: openstacksdk does so only where the Python library statsd is installed"
                    " beside it, and to another address if clouds.yaml names one (metrics.statsd)"
                )
            if not self.settings.supervised:
                self.chronicle.close(worst(self._outcomes), self._start_t)
            self.journal.close()

    def _give_up(self, host: str | None = None) -> None:
        """Tasks without a result: includes have none; of others something was lost."""
        for name in [host] if host is not None else list(self._running):
            begun = self._running.pop(name, None)
            if begun is not None and (begun[0].action or "").rpartition(".")[2] not in _INCLUDES:
                self._outcomes.add("error")
                verdict = Verdict("error", "no result came: Ansible ended the task, or the play, before")
                self.chronicle.end(begun[0], verdict, (time.monotonic() - begun[1]) * 1000)

    def _take(self, datagram: bytes, arrived_t: float) -> None:
        for call in statsd.parse(datagram, self._prefix):
            self._calls += 1
            self._ambiguous += len(self._running) > 1
            only = next(iter(self._running.values()))[0] if len(self._running) == 1 else None
            self.chronicle.call(call, arrived_t, only)


def _address(environ: Mapping[str, str]) -> tuple[str, int] | None:
    """The statsd that the environment names already, which goes on getting everything."""
    host, port = environ.get("STATSD_HOST"), environ.get("STATSD_PORT") or "8125"
    return (host, int(port)) if host and port.isdigit() else None
