"""One process of a step, cancelled as ProcessInvoker.cs of actions/runner does it, and what a job leaves behind."""

from __future__ import annotations

import codecs
import contextlib
import dataclasses
import os
import queue
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

TRACKING = "RUNNER_TRACKING_ID"


@dataclasses.dataclass(frozen=True)
class Timing:
    """How long GitHub and its runner wait. Tests of the runner shorten it; others should not."""

    interrupt_s: float = 7.5  # from SIGINT to SIGTERM
    terminate_s: float = 2.5  # from SIGTERM to SIGKILL
    streams_s: float = 5.0  # for the end of the output, when the process has ended
    minute_s: float = 60.0  # the minute of timeout-minutes
    forced_s: float = 300.0  # from the cancellation until the server ends the job by force


@dataclasses.dataclass
class Ended:
    """How a process came to its end. `signals` are those that the runner sent, with seconds since the first."""

    exit_code: int = 0
    stopped: bool = False
    signals: list[tuple[str, float]] = dataclasses.field(default_factory=list)


class StepProcess:
    """The direct process of a step. Its children get no signal from here: on Linux they get none from the runner."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], directory: Path, timing: Timing = Timing()
    ) -> None:
        self._timing = timing
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._open = 2
        self._ended = Ended()
        self._stopped_at = 0.0
        self._escalation: list[tuple[float, signal.Signals]] = []
        # A shell that runs tests in the background lets them, and thus their children, ignore SIGINT.
        self._process = subprocess.Popen(
            ["/usr/bin/env", "--default-signal", *command], env=dict(environment), cwd=directory,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        for stream in (self._process.stdout, self._process.stderr):
            assert stream
            threading.Thread(target=_read_lines, args=(stream, self._lines), daemon=True).start()

    def kill(self) -> None:
        """SIGKILL, as the kernel sends it when memory is short."""
        self._send(signal.SIGKILL)

    def run(self, on_line: Callable[[str], None], stop: Callable[[], bool], force: Callable[[], bool]) -> Ended:
        """Wait for the end, handing over each line of output.

        :param stop: becomes true when the step is to be cancelled: SIGINT, then SIGTERM, then SIGKILL.
        :param force: becomes true when the server does not wait any longer: SIGKILL.
        """
        exited_at: float | None = None
        forced = False
        while True:
            with contextlib.suppress(queue.Empty):
                line = self._lines.get(timeout=0.02)
                if line is None:
                    self._open -= 1
                else:
                    on_line(line)
            now = time.monotonic()
            if self._process.poll() is not None:
                exited_at = exited_at or now
                over = self._open <= 0 or now - exited_at > self._timing.streams_s
                if over and self._lines.empty():
                    break
            elif force():
                if not forced:
                    forced = self._ended.stopped = True
                    self._send(signal.SIGKILL)
            elif not self._ended.stopped and stop():
                self._stop(now)
            elif self._escalation and now >= self._escalation[0][0]:
                self._send(self._escalation.pop(0)[1])
        code = self._process.returncode
        self._ended.exit_code = code if code >= 0 else 128 - code
        return self._ended

    def _stop(self, now: float) -> None:
        self._ended.stopped = True
        terminate_at = now + self._timing.interrupt_s
        self._escalation = [(terminate_at, signal.SIGTERM), (terminate_at + self._timing.terminate_s, signal.SIGKILL)]
        self._send(signal.SIGINT)

    def _send(self, number: signal.Signals) -> None:
        self._stopped_at = self._stopped_at or time.monotonic()
        self._ended.signals.append((number.name, time.monotonic() - self._stopped_at))
        self._process.send_signal(number)


def _read_lines(stream: IO[bytes], lines: queue.SimpleQueue[str | None]) -> None:
    """Cut output where .NET's ReadLine does: a carriage return alone ends a line too."""
    rest = ""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    with stream:
        while data := os.read(stream.fileno(), 65536):
            *whole, rest = re.split(r"\r\n|\n|\r(?=.)", rest + decoder.decode(data), flags=re.DOTALL)
            for line in whole:
                lines.put(line)
    if rest:
        lines.put(rest.removesuffix("\r"))
    lines.put(None)


def end_left_over(tracking_id: str) -> list[str]:
    """Kill the processes that a job left behind, found by a variable in their environment; their command lines."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and f"{TRACKING}={tracking_id}".encode() in (entry / "environ").read_bytes().split(
                b"\0"
            ):
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip())
                os.kill(int(entry.name), signal.SIGKILL)
    return found
