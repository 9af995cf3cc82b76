"""`stackprobe keep` on real repositories and directories: several writers at once, refusals, kills, bounds."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.data_branch import DATA, git, ids, keep

WRITERS = 4


def start(*arguments: str | Path, **environment: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "stackprobe", "keep", *map(str, arguments)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, env={**os.environ, **environment})


def test_the_first_run_makes_the_branch_and_the_next_joins_it_in_one_commit(
    bare: Path, run: Callable[..., Path], on_branch: Callable[[], set[str | None]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert keep(run("a"), "--repository", bare) == 0
    assert keep(run("b"), run("c"), "--repository", bare) == 0
    assert on_branch() == {"a", "b", "c"}
    assert capsys.readouterr().out.splitlines()[1] == f"2 runs are kept in the branch {DATA} of file://{bare}"
    assert {"README.md", "stackprobe-data.json"} < set(git("-C", bare, "ls-tree", "--name-only", DATA).split())
    assert "[skip ci]" in git("-C", bare, "log", DATA)


def test_a_run_that_is_kept_again_pushes_nothing(
    bare: Path, run: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    one = run("a")
    keep(one, "--repository", bare)
    before = git("-C", bare, "rev-parse", DATA)
    assert keep(one, "--repository", bare) == 0
    assert git("-C", bare, "rev-parse", DATA) == before
    assert capsys.readouterr().out.splitlines()[-1].startswith("nothing new")


def test_only_what_is_new_travels(bare: Path, run: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b", "c", "d"):
        keep(run(name), "--repository", bare)
    objects = [path for path in (bare / "objects").rglob("*") if path.is_file() and "info" not in path.parts]
    # Of each of four commits: itself, a run, and its folders; what all have in common lies there once.
    assert len([path for path in objects if "pack" not in path.parts]) <= 2 + 4 * 6


def test_writers_at_once_lose_nothing(
    bare: Path, run: Callable[..., Path], on_branch: Callable[[], set[str | None]]
) -> None:
    processes = [start(run(f"w{index}"), "--repository", bare) for index in range(WRITERS)]
    for process in processes:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    assert on_branch() == {f"w{index}" for index in range(WRITERS)}


def test_writers_at_once_into_a_directory_lose_nothing(tmp_path: Path, run: Callable[..., Path]) -> None:
    processes = [start(run(f"w{index}"), "--directory", tmp_path / "past") for index in range(WRITERS)]
    for process in processes:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    assert ids(tmp_path / "past") == {f"w{index}" for index in range(WRITERS)}


def hook(bare: Path, name: str, text: str) -> None:
    path = bare / "hooks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_a_push_that_another_writer_overtakes_is_made_anew(
    bare: Path, tmp_path: Path, run: Callable[..., Path], on_branch: Callable[[], set[str | None]]
) -> None:
    keep(run("a"), "--repository", bare)
    other = run("other")
    again = f"{sys.executable} -m stackprobe keep {other} --repository {bare}"
    # While the first push is under way, the whole of another one takes place.
    hook(bare, "pre-receive", f"rm $0; for one in $(env | grep -o ^GIT_[A-Z_]*); do unset $one; done; {again} >&2")
    assert keep(run("b"), "--repository", bare) == 0
    assert on_branch() == {"a", "b", "other"}


def test_a_refused_push_is_one_clear_message(
    bare: Path, run: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    hook(bare, "pre-receive", "echo no force pushes on Fridays >&2; exit 1")
    assert keep(run("a"), "--repository", bare) == 2
    error = capsys.readouterr().err
    assert "takes no runs" in error and "no force pushes on Fridays" in error and "pre-receive hook declined" in error
    assert "no rule protects the branch" in error


def test_a_repository_that_takes_no_new_history_is_one_clear_message(
    bare: Path, run: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    keep(run("a"), "--repository", bare)
    git("-C", bare, "config", "receive.denyNonFastForwards", "true")
    assert keep(run("b"), "--repository", bare) == 2
    assert "takes no runs" in capsys.readouterr().err


def test_a_lock_that_stays_is_waited_for_and_told(
    bare: Path, run: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    keep(run("a"), "--repository", bare)
    lock = bare / "refs" / "heads" / f"{DATA}.lock"
    lock.touch()
    assert keep(run("b"), "--repository", bare, "--wait", "0.2") == 1
    assert "others were faster" in capsys.readouterr().err
    lock.unlink()
    assert keep(run("b"), "--repository", bare) == 0


def test_a_branch_of_somebody_else_is_never_replaced(
    bare: Path, tmp_path: Path, run: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    work = tmp_path / "work"
    git("clone", "--quiet", bare, work)
    (work / "file").write_text("precious")
    git("-C", work, "add", "file")
    git("-C", work, "commit", "--quiet", "-m", "Precious")
    git("-C", work, "push", "--quiet", "origin", "HEAD:main")
    before = git("-C", bare, "rev-parse", "main")
    assert keep(run("a"), "--repository", bare, "--branch", "main") == 2
    assert "was not made by `stackprobe keep`" in capsys.readouterr().err
    assert git("-C", bare, "rev-parse", "main") == before


def test_files_of_others_on_the_branch_stay(
    bare: Path, tmp_path: Path, run: Callable[..., Path], on_branch: Callable[[], set[str | None]]
) -> None:
    keep(run("a"), "--repository", bare)
    work = tmp_path / "work"
    git("clone", "--quiet", "--branch", DATA, bare, work)
    (work / "CNAME").write_text("status.example.org")
    (work / "runs" / "link").symlink_to("/etc/passwd")
    git("-C", work, "add", ".")
    git("-C", work, "commit", "--quiet", "-m", "Mine")
    git("-C", work, "push", "--quiet")
    assert keep(run("b"), "--repository", bare) == 0
    assert on_branch() == {"a", "b"}
    assert git("-C", bare, "show", f"{DATA}:CNAME") == "status.example.org"
    assert not (tmp_path / "out" / "CNAME").exists() and not (tmp_path / "out" / "runs" / "link").exists()


def test_a_newer_format_is_left_alone(
    bare: Path, tmp_path: Path, run: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    keep(run("a"), "--repository", bare)
    work = tmp_path / "work"
    git("clone", "--quiet", "--branch", DATA, bare, work)
    (work / "stackprobe-data.json").write_text('{"format": 2}')
    git("-C", work, "commit", "--quiet", "-a", "-m", "Newer")
    git("-C", work, "push", "--quiet")
    assert keep(run("b"), "--repository", bare) == 2
    assert "a newer stackprobe has written" in capsys.readouterr().err


def test_a_kill_in_the_middle_leaves_the_branch_as_it_was(
    bare: Path, tmp_path: Path, run: Callable[..., Path], on_branch: Callable[[], set[str | None]]
) -> None:
    keep(run("a"), "--repository", bare)
    here = tmp_path / "pushing"
    hook(bare, "pre-receive", f"touch {here}; while [ -e {bare} ] && [ ! -e {here}.over ]; do sleep 0.02; done; exit 1")
    process = start(run("b"), "--repository", bare)
    while not here.exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.communicate()
    Path(f"{here}.over").touch()
    (bare / "hooks" / "pre-receive").unlink()
    assert on_branch() == {"a"}
    assert keep(run("b"), "--repository", bare) == 0
    assert on_branch() == {"a", "b"}


def test_bounds_hold_on_the_branch(
    bare: Path, tmp_path: Path, run: Callable[..., Path], on_branch: Callable[[], set[str | None]],
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    day = 86400
    keep(run("old", 40 * day), run("mid", 20 * day), run("new"), "--repository", bare)
    assert on_branch() == {"old", "mid", "new"}
    assert keep(run("b"), "--repository", bare, "--keep-days", "30") == 0
    assert on_branch() == {"mid", "new", "b"}
    assert "older than 30 days are removed" in capsys.readouterr().err
    size = sum(path.stat().st_size for path in (tmp_path / "out").rglob("*.gz"))
    assert keep(run("c"), "--repository", bare, "--keep-size", str(size / 2**20)) == 0
    kept = on_branch()
    assert "c" in kept and "mid" not in kept and len(kept) > 1


def test_the_checkout_follows_the_branch(bare: Path, tmp_path: Path, run: Callable[..., Path]) -> None:
    out = tmp_path / "out"
    assert keep("--repository", bare, "--checkout", out) == 0
    assert out.is_dir() and ids(out) == set()
    assert keep(run("a"), "--repository", bare, "--checkout", out) == 0
    assert ids(out) == {"a"}
    (out / "mine.txt").write_text("x")
    next(out.rglob("*.json.gz")).write_bytes(b"broken")
    assert keep(run("b", 20 * 86400), "--repository", bare, "--checkout", out) == 0
    assert ids(out) == {"a", "b"} and (out / "mine.txt").exists()


def test_without_a_repository_it_is_origin_of_the_checkout_one_is_in(
    bare: Path, tmp_path: Path, run: Callable[..., Path], on_branch: Callable[[], set[str | None]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    work = tmp_path / "work"
    git("clone", "--quiet", bare, work)
    hook(work / ".git", "pre-push", "exit 1")
    monkeypatch.chdir(work)
    assert keep(run("a")) == 0
    assert on_branch() == {"a"}
    assert git("-C", work, "branch", "--all").strip() == "" and not (work / ".git" / "shallow").exists()


def test_outside_of_a_checkout_a_repository_must_be_named(
    tmp_path: Path, bare: Path, run: Callable[..., Path], monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    assert keep(run("a")) == 2
    assert "give --repository or --directory" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no run is given"),
        (["--directory", "x"], "no run is given"),
        (["RUN", "--directory", "x", "--branch", "y"], "not in both"),
        (["--checkout", "x", "--directory", "y"], "not in both"),
        (["RUN", "--branch", "a..b"], "no name of a branch"),
        (["RUN", "--branch", "--force"], "expected one argument"),
        (["RUN", "--keep-days", "0"], "no number between"),
        (["RUN", "--keep-size", "nan"], "no number between"),
        (["RUN", "--repository", "/nowhere/at/all"], "no repository"),
        (["RUN", "--repository", "https://user:geheim@example.org/x"], "holds a password"),
        (["/nowhere", "--directory", "x"], "no journal"),
    ],
)
def test_bad_usage_is_told(
    bare: Path, run: Callable[..., Path], capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    given = [str(run("a")) if one == "RUN" else one for one in arguments]
    assert keep(*given, *(["--repository", bare] if "--branch" in given and "--directory" not in given else [])) == 2
    error = capsys.readouterr().err
    assert message in error and "geheim" not in error


def test_a_run_from_the_future_or_without_a_cloud_is_refused(
    tmp_path: Path, run: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert keep(run("a", -86400), "--directory", tmp_path / "past") == 2
    assert "from the future" in capsys.readouterr().err
    (run("b") / "journal.jsonl").write_bytes(b'{"type":"run"')
    assert keep(tmp_path / "run-b", "--directory", tmp_path / "past") == 2
    assert "its journal was cut" in capsys.readouterr().err and not (tmp_path / "past").exists()


def test_a_run_that_cannot_be_kept_does_not_cost_the_others(
    tmp_path: Path, run: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert keep(tmp_path / "none", run("a"), tmp_path / "neither", run("b"), "--directory", tmp_path / "past") == 2
    assert capsys.readouterr().err.count("there is no journal") == 2
    assert ids(tmp_path / "past") == {"a", "b"}


def test_a_directory_that_cannot_be_written_is_told(
    tmp_path: Path, run: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("x")
    assert keep(run("a"), "--directory", tmp_path / "file") == 2
    assert "Check permissions" in capsys.readouterr().err


def test_a_machine_without_git_is_told(
    bare: Path, run: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert keep(run("a"), "--repository", bare) == 2
    assert "git is missing. Install git, or give --directory" in capsys.readouterr().err
