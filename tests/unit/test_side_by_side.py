"""Workers that take turns: many side by side, one alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.side_by_side import Turns

HOLD = "import pathlib, sys, time; from tests.support.side_by_side import Turns; "
HOLD += "turns = Turns(pathlib.Path(sys.argv[1])); turns.enter(True); print('in', flush=True); time.sleep(60)"
LONG_S, SHORT_S = 10.0, 0.3

Entered = Callable[[Turns, bool], threading.Event]


@pytest.fixture
def entered() -> Entered:
    """Call it to let somebody enter; the event tells when it is in."""

    def enter(who: Turns, alone: bool) -> threading.Event:
        done = threading.Event()
        threading.Thread(target=lambda: (who.enter(alone), done.set()), daemon=True).start()
        return done

    return enter


def test_most_run_side_by_side(tmp_path: Path, entered: Entered) -> None:
    for _ in range(3):
        assert entered(Turns(tmp_path), False).wait(LONG_S)


def test_who_is_alone_waits_for_the_others_and_lets_nobody_in(tmp_path: Path, entered: Entered) -> None:
    first, alone, late = (Turns(tmp_path) for _ in range(3))
    first.enter(False)
    alone_is_in = entered(alone, True)
    assert not alone_is_in.wait(SHORT_S)
    late_is_in = entered(late, False)
    assert not late_is_in.wait(SHORT_S)

    first.leave()

    assert alone_is_in.wait(LONG_S) and not late_is_in.wait(SHORT_S)
    alone.enter(True)  # the next test
    assert not late_is_in.wait(SHORT_S)
    alone.leave()
    assert late_is_in.wait(LONG_S)


def test_a_worker_that_is_killed_holds_up_nobody(tmp_path: Path, entered: Entered) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdout.readline() == "in\n"
        is_in = entered(Turns(tmp_path), False)
        assert not is_in.wait(SHORT_S)

        os.kill(other.pid, signal.SIGKILL)

        assert is_in.wait(LONG_S)
