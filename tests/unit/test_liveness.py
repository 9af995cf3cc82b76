"""A machine knows which of its runs live: also after a kill, never by process ids, and says so when it cannot know."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from stackprobe.liveness import RunLock, dead_runs, forget, liveness, runs_directory, wait_while_ending

RUN = "0123456789abcdef"


@pytest.fixture(autouse=True)
def state_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


def start_run(then: str) -> subprocess.Popen[str]:
    """A run of its own process that holds its lock and then does ``then``."""
    script = f"""
import os, subprocess, sys, time
from stackprobe.liveness import RunLock
with RunLock({RUN!r}, scope="demo/one") as lock:
    {then}
    print("up", flush=True)
    time.sleep(60)
"""
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "up\n"
    return process


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def test_a_run_of_another_machine_is_unknown() -> None:
    assert liveness(RUN) == "unknown"


def test_a_run_is_alive_until_it_ends_and_then_leaves_nothing_behind() -> None:
    with RunLock(RUN) as lock:
        assert liveness(RUN) == "alive"
        lock.state("ending")
        assert liveness(RUN) == "ending"
    assert liveness(RUN) == "unknown"
    assert list(runs_directory().iterdir()) == []


def test_a_run_that_was_killed_is_dead_and_can_be_forgotten() -> None:
    process = start_run("pass")
    assert liveness(RUN) == "alive"
    forget(RUN)
    assert liveness(RUN) == "alive"
    kill(process)
    assert liveness(RUN) == "dead"
    assert [(run.run_id, run.scope) for run in dead_runs()] == [(RUN, "demo/one")]
    assert dead_runs("demo/one") and not dead_runs("other/one")
    forget(RUN)
    assert liveness(RUN) == "unknown" and not dead_runs()


def test_a_run_lives_as_long_as_a_process_that_it_forked() -> None:
    process = start_run(
        "child = os.fork()\n    if not child: time.sleep(60)"
        "\n    open(os.environ['XDG_STATE_HOME'] + '/child', 'w').write(str(child))"
    )
    child = int((runs_directory().parent.parent / "child").read_text())
    kill(process)
    assert liveness(RUN) == "alive"
    os.kill(child, signal.SIGKILL)
    for _ in range(100):
        if liveness(RUN) == "dead":
            break
        time.sleep(0.02)
    assert liveness(RUN) == "dead"


def test_a_command_that_a_run_started_does_not_keep_it_alive() -> None:
    process = start_run(
        "child = subprocess.Popen(['sleep', '60'])"
        "\n    open(os.environ['XDG_STATE_HOME'] + '/child', 'w').write(str(child.pid))"
    )
    child = int((runs_directory().parent.parent / "child").read_text())
    kill(process)
    assert liveness(RUN) == "dead"
    os.kill(child, signal.SIGKILL)


def test_a_run_that_failed_or_left_resources_is_dead_at_once() -> None:
    with pytest.raises(RuntimeError), RunLock(RUN):
        raise RuntimeError
    assert liveness(RUN) == "dead"
    forget(RUN)
    with RunLock(RUN) as lock:
        lock.leave_for_sweep()
    assert liveness(RUN) == "dead"


def test_an_unlocked_file_of_another_machine_proves_nothing() -> None:
    with RunLock(RUN) as lock:
        lock.leave_for_sweep()
    path = runs_directory() / f"{RUN}.lock"
    record = json.loads(path.read_text())
    path.write_text(json.dumps(record | {"host": "elsewhere", "boot": "another"}))
    assert liveness(RUN) == "unknown"
    path.write_text(json.dumps(record | {"boot": "before the machine was restarted"}))
    assert liveness(RUN) == "dead"


def test_a_damaged_lock_file_proves_nothing() -> None:
    runs_directory().mkdir(parents=True)
    for text in ("", "{", "[]", "\0" * 512):
        (runs_directory() / f"{RUN}.lock").write_text(text)
        assert liveness(RUN) == "unknown"


def test_lock_files_are_the_users_own() -> None:
    with RunLock(RUN):
        assert stat.S_IMODE((runs_directory() / f"{RUN}.lock").stat().st_mode) == 0o600
        assert stat.S_IMODE(runs_directory().stat().st_mode) == 0o700


def test_a_run_goes_on_where_no_state_can_be_written(state_home: Path) -> None:
    state_home.write_text("a file in the way")
    with RunLock(RUN) as lock:
        lock.state("ending")
        assert lock.problem is not None and str(state_home) in lock.problem
    assert liveness(RUN) in ("unknown", "alive")


def test_waiting_for_runs_that_end_takes_no_longer_than_told() -> None:
    with RunLock(RUN) as lock:
        lock.state("ending")
        wait_while_ending({RUN}, 0.3)
        assert liveness(RUN) == "ending"
