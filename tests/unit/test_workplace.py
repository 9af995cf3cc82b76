"""The private directory of a run goes with it, or with the next one."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from stackprobe.workplace import workplace


@pytest.fixture(autouse=True)
def temporary(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = Path(tempfile.mkdtemp(prefix="w"))
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


def test_it_is_private_and_gone_at_the_end(temporary: Path) -> None:
    with workplace() as path:
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
        (path / "socket").touch()
    assert not list(temporary.iterdir())


def test_that_of_a_killed_run_goes_with_the_next_one_and_that_of_a_live_one_stays(temporary: Path) -> None:
    code = "import time, stackprobe.workplace as w\nwith w.workplace() as p: print(p, flush=True); time.sleep(60)"
    environment = {**os.environ, "TMPDIR": str(temporary)}
    with subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        theirs = Path(run.stdout.readline().strip())
        with workplace():
            assert theirs.is_dir()
        run.kill()
    with workplace() as mine:
        assert list(temporary.iterdir()) == [mine]


def test_what_is_not_ours_stays(temporary: Path) -> None:
    for name in ("sp-file", "other"):
        (temporary / name).touch()
    foreign = temporary / "sp-things"
    foreign.mkdir()
    (foreign / "thing").touch()
    young = temporary / "sp-young"
    young.mkdir()
    old = temporary / "sp-old"
    old.mkdir()
    os.utime(old, (time.time() - 3600,) * 2)
    with workplace():
        assert {path.name for path in temporary.glob("[so]*") if path.name in ("sp-file", "other")} == {
            "sp-file",
            "other",
        }
        assert (foreign / "thing").exists()
        assert young.exists()
        assert not old.exists()
