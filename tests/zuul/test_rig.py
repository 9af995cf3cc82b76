"""The rig itself: that it tells the truth, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.zuul.rig import Rig, RigError, repositories, tenants
from tests.zuul.rig.processes import Process, wait_for


def test_runs_the_jobs_of_a_tenant_and_tells_their_results(rig: Rig) -> None:
    assert rig.config_errors("smoke") == []

    item = rig.enqueue("smoke")
    builds = rig.wait(item)

    assert {name: build.result for name, build in builds.items()} == {"smoke": "SUCCESS", "smoke-fails": "FAILURE"}
    passed = builds["smoke"]
    assert "TASK [Return something]" in passed.console
    assert passed.fetch("Console").decode() == passed.console
    assert passed.warnings == ["something is slow"] * 2
    assert passed.job_output_json[0]["phase"] == "pre"
    assert passed.duration_s is not None and passed.duration_s < 120
    told = {build["job_name"]: build for build in rig.message(item)["buildset"]["builds"]}
    assert told["smoke"]["returned_data"]["smoke"] == {"figure": 42}


def test_jobs_reach_a_genuine_node(rig: Rig) -> None:
    assert rig.config_errors("node") == []

    (build,) = rig.run("node", pipeline="manual-smoke").values()

    assert build.result == "SUCCESS"
    assert "prober | 127.0.0.1 " in build.console
    assert f"prober | {rig.layout.root}/node/home" in build.console
    assert build.duration_s is not None and build.duration_s < 60


def test_an_abort_ends_the_build_and_nothing_is_published(rig: Rig) -> None:
    item = rig.enqueue("smoke", pipeline="manual-stays")
    running = rig.running_build(item, "smoke-stays")
    rig.wait_for_console(running, "TASK [Stay]")

    with pytest.raises(RigError, match="Zuul has enqueued"):  # it ignores a second one of the same
        rig.enqueue("smoke", pipeline="manual-stays", limit_s=3)
    rig.dequeue(item)

    build = rig.wait(item)["smoke-stays"]
    assert build.result == "ABORTED"
    assert rig.running_builds("smoke") == []
    with pytest.raises(RigError, match="published no logs"):
        _ = build.logs


def test_a_killed_executor_takes_its_builds_along(rig: Rig) -> None:
    item = rig.enqueue("smoke", pipeline="manual-stays")
    running = rig.running_build(item, "smoke-stays")
    rig.wait_for_console(running, "TASK [Stay]")
    assert _processes_with(str(rig.layout.builds))

    rig.executor.kill()

    assert not rig.executor.alive
    assert not _processes_with(str(rig.layout.builds))
    rig.executor.start()
    rig.executor.await_ready()
    rig.dequeue(item)


def test_a_job_that_waits_for_nodes_is_told(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.zuul.rig.rig.NODE_LIMIT_S", 1.0)
    item = rig.enqueue("smoke", pipeline="manual-nodes")
    with pytest.raises(RigError, match="smoke-without-nodeset waits for a node"):
        rig.wait(item)
    rig.dequeue(item)


def test_a_rig_that_does_not_start_leaves_nothing(tmp_path: Path) -> None:
    before = set(Path(tempfile.gettempdir()).glob("zuul-rig-*"))
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "file").write_text("@NOBODY_KNOWS@")

    with (
        pytest.raises(RigError, match=r"file: no value for @NOBODY_KNOWS@; there are LOG_ROOT, "),
        Rig(of=tenants.discover(tmp_path)),
    ):
        pass

    assert set(Path(tempfile.gettempdir()).glob("zuul-rig-*")) <= before
    assert not [line for line in _processes_with("zuul-rig-") if not any(str(place) in line for place in before)]


def test_the_guard_ends_what_a_program_leaves_behind(tmp_path: Path) -> None:
    mark = f"{time.time_ns()}"
    one = _process(tmp_path, ["bash", "-c", f"setsid bash -c 'trap : TERM; sleep 99; sleep 99 # {mark}' & echo up"])
    one.start()
    wait_for("the program is up", lambda: one.log.read_text() == "up\n", 10)
    one.stop()

    assert not _processes_with(mark)


def test_the_guard_stops_its_program_when_its_own_parent_is_killed(tmp_path: Path) -> None:
    mark = f"{time.time_ns()}"
    (tmp_path / "log").mkdir()
    (tmp_path / "run").mkdir()
    code = (
        "import os, pathlib, time; from tests.zuul.rig.processes import Process; "
        f"Process('it', pathlib.Path({str(tmp_path)!r}), ['bash', '-c', 'sleep 99; : {mark}'], os.environ).start(); "
        "time.sleep(99)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code])
    wait_for("the program runs", (tmp_path / "run" / "it.pid").exists, 10)

    parent.send_signal(signal.SIGKILL)
    parent.wait()

    wait_for("the program is gone", lambda: not _processes_with(mark), 10)


def test_copies_the_working_tree_and_not_what_is_ignored(tmp_path: Path) -> None:
    checkout, copy = tmp_path / "checkout", tmp_path / "copy"
    for name, text in {"new": "new", ".gitignore": "ignored", "ignored": "", "deep/program": "#!"}.items():
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_text(text)
    (checkout / "deep" / "program").chmod(0o755)
    subprocess.run(["git", "init", "-q", checkout], check=True)

    repositories.copy_checkout(checkout, copy)

    assert sorted(str(path.relative_to(copy)) for path in copy.rglob("*")) == [
        ".gitignore", "deep", "deep/program", "new"
    ]  # fmt: skip
    assert os.access(copy / "deep" / "program", os.X_OK)


def _process(root: Path, command: list[str]) -> Process:
    (root / "log").mkdir()
    (root / "run").mkdir()
    return Process("it", root, command, os.environ)


def _processes_with(word: str) -> list[str]:
    """The command lines of other processes that have this in them."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        if int(entry.name) != os.getpid():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if word in line:
                found.append(line)
    return found
