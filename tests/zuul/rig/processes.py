"""One process of the rig: started under a guard, stopped or killed with everything that it started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.zuul.rig.errors import RigError

GUARD = Path(__file__).with_name("guard.py")
PATIENCE_S = 10.0
START_LIMIT_S = 90.0  # a busy machine takes several times as long as an idle one
TAIL_LINES = 30


class Process:
    """A program with its log below `root`. `ready` is asked after each start, until it says yes."""

    def __init__(
        self,
        name: str,
        root: Path,
        command: Sequence[str | Path],
        environment: Mapping[str, str],
        ready: Callable[[], Any] | None = None,
    ) -> None:
        self.name = name
        self.log = root / "log" / f"{name}.log"
        self.command = [str(word) for word in command]
        self._root = root
        self._environment = dict(environment)
        self._ready = ready
        self._pid_file = root / "run" / f"{name}.pid"
        self._guard: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, without waiting; the log goes on where an earlier one ended.

        :raises RigError: it runs already.
        """
        if self.alive:
            raise RigError(f"{self.name} is already running")
        self._pid_file.unlink(missing_ok=True)
        guard = [sys.executable, "-I", "-S", str(GUARD), str(os.getpid()), str(self._pid_file), str(PATIENCE_S)]
        with open(self.log, "ab") as stream:
            self._guard = subprocess.Popen(
                [*guard, *self.command], cwd=self._root, env=self._environment,
                stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, start_new_session=True,
            )  # fmt: skip

    def await_ready(self) -> None:
        """Return when it does its work. Raises RigError when it ends instead, or takes longer than START_LIMIT_S."""

        def ready() -> bool:
            self.check()
            return self._ready is None or bool(self._ready())

        wait_for(f"{self.name} is ready; see {self.log}", ready, START_LIMIT_S)

    @property
    def alive(self) -> bool:
        """Whether it was started and has not ended."""
        return self._guard is not None and self._guard.poll() is None

    @property
    def pid(self) -> int | None:
        """The program's own process number, None when it does not run."""
        with contextlib.suppress(OSError, ValueError):
            return int(self._pid_file.read_text())
        return None

    def ask_to_stop(self) -> None:
        """Begin to stop it, without waiting."""
        if self._guard is not None and self.alive:
            self._guard.terminate()

    def stop(self) -> None:
        """Stop it, by force after a while; returns when it and everything that it started is gone."""
        self.ask_to_stop()
        if self._guard is not None:
            self._guard.wait(PATIENCE_S * 2)

    def kill(self) -> None:
        """SIGKILL, as the kernel does it when memory is short; what it had started is ended too."""
        pid = self.pid
        if self._guard is None or not self.alive or pid is None:
            raise RigError(f"{self.name} is not running")
        os.kill(pid, signal.SIGKILL)
        self._guard.wait(PATIENCE_S)

    def check(self) -> None:
        """Raise RigError, with the end of the log, when it has ended."""
        if not self.alive:
            raise RigError(f"{self.name} ended; the end of {self.log}:\n{self.tail()}")

    def tail(self) -> str:
        """The last lines of its log."""
        with contextlib.suppress(OSError):
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-TAIL_LINES:])
        return ""


def wait_for(what: str, question: Callable[[], Any], timeout_s: float, interval_s: float = 0.2) -> Any:
    """The first answer of `question` that is true. A connection that is refused is no answer yet.

    :raises RigError: there was none in time; the text names `what`.
    """
    end = time.monotonic() + timeout_s
    while True:
        why = ""
        try:
            if answer := question():
                return answer
        except OSError as error:
            why = f" ({error})"
        if time.monotonic() > end:
            raise RigError(f"not within {timeout_s:.0f} s: {what}{why}")
        time.sleep(interval_s)


def run(command: Sequence[str | Path], **options: Any) -> str:
    """What a command prints.

    :raises RigError: it failed; the text has what it said.
    """
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, **options)
    if done.returncode:
        raise RigError(f"{' '.join(words)} ended with {done.returncode}: {(done.stderr or done.stdout).strip()}")
    return done.stdout
