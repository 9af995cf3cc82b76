"""The launcher's pure parts: configuration, keys of the cache, errors before anything is started."""

from __future__ import annotations

import configparser
import errno
import json
import os
import shutil
import socket
import stat
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest
import yaml
from pocketcloud import cache, clone, configs, golden, health, ports, processes, services, venv
from pocketcloud.cli import main
from pocketcloud.cloud import Cloud
from pocketcloud.errors import PocketcloudError
from pocketcloud.host import warm
from pocketcloud.layout import Layout, Settings
from pocketcloud.progress import Progress
from pocketcloud.series import NEWEST, OLDEST
from pocketcloud.services import ALL, CORE, KNOWN, OPTIONAL, Ports, chosen


@pytest.fixture
def settings() -> Settings:
    return Settings(20000, "/somewhere/venv", passwords=clone.new_passwords())


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache directory of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_no_two_listeners_share_a_port() -> None:
    block = Ports(20000)
    for some in (CORE, KNOWN):
        numbers = [number for one in some for number in (block.public(one.name), block.internal(one.name))]
        assert sorted(numbers) == list(range(20000, 20000 + Ports.size(some)))
    assert Ports.size(CORE) == 12


def test_optional_services_come_when_they_are_asked_for(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert chosen([]) == CORE
    assert chosen(["swift"]) == (*CORE, services.BY_NAME["swift"])
    assert chosen([ALL]) == chosen(["swift", ALL]) == KNOWN
    assert main(["up", str(tmp_path / "cloud"), "--with", "swift,shift"]) == 2
    error = capsys.readouterr().err
    assert "no optional service 'shift'" in error and "swift" in error and len(error.splitlines()) == 1
    assert not (tmp_path / "cloud").exists()


def test_optional_services_change_what_is_made_once_for_their_clouds_only() -> None:
    assert cache.golden_key(optional=["swift"]) != cache.golden_key()
    assert cache.golden_key(optional=[]) == cache.golden_key()
    assert cache.layer_key("swift") != cache.layer_key("heat")


def test_an_older_series_has_versions_and_a_golden_state_of_its_own(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert cache.venv_key(OLDEST) != cache.venv_key() and cache.golden_key(series=OLDEST) != cache.golden_key()
    assert "nova==29." in OLDEST.constraints_file.read_text()
    for arguments, says in (
        (["--series", "2042.1"], "there is no series '2042.1'; choose from 2026.2, 2024.1"),
        (["--series", "2024.1", "--with", "swift"], "OpenStack 2024.1 has no optional services here"),
    ):
        assert main(["up", str(tmp_path / "cloud"), *arguments]) == 2
        assert says in capsys.readouterr().err
    assert not (tmp_path / "cloud").exists()


def test_every_optional_service_is_pinned_and_known_to_all_that_must_know_it() -> None:
    pins = {line.partition("==")[0] for line in cache.CONSTRAINTS_MORE.read_text().splitlines()}
    pinned = {line.partition("==")[0] for line in NEWEST.constraints_file.read_text().splitlines()}
    assert not pins & pinned
    assert {one.package for one in OPTIONAL} <= pins
    assert {one.name for one in KNOWN} == set(warm.PATHS)


def test_configuration_is_readable_by_its_owner_only_and_stays_in_the_directory(
    tmp_path: Path, settings: Settings
) -> None:
    layout = Layout(tmp_path / "cloud")
    clone.lay_out(layout, settings)
    for service in CORE:
        path = configs.path(layout, service.name)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        parsed = configparser.RawConfigParser()
        parsed.read(path)
        assert parsed.get("DEFAULT", "log_dir") == str(layout.log)
    assert "transport_url = fake:///" in configs.path(layout, "nova").read_text()


def test_clouds_yaml_has_admin_and_demo_with_passwords_of_their_own(tmp_path: Path, settings: Settings) -> None:
    layout = Layout(tmp_path)
    clouds = yaml.safe_load(clone.clouds_yaml(layout, settings))["clouds"]
    assert set(clouds) == {"admin", "demo"}
    assert clouds["demo"]["auth"]["password"] == settings.passwords["demo"] != settings.passwords["admin"]
    assert clouds["demo"]["auth"]["auth_url"] == "http://127.0.0.1:20000/v3"
    settings.tls = True
    clouds = yaml.safe_load(clone.clouds_yaml(layout, settings))["clouds"]
    assert clouds["demo"]["cacert"] == str(tmp_path / "ca.pem")
    assert clouds["demo"]["auth"]["auth_url"] == "https://127.0.0.1:20000/v3"


def test_the_golden_key_changes_with_every_line_of_the_code(tmp_path: Path) -> None:
    package = tmp_path / "package"
    shutil.copytree(cache.PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    before = cache.golden_key(package)
    assert before == cache.golden_key()
    (package / "host" / "contents.py").open("a").write("# changed\n")
    assert cache.golden_key(package) != before


def test_the_cache_follows_xdg(own_cache: Path) -> None:
    assert cache.directory() == own_cache / "stackprobe" / "pocketcloud"


def test_blocks_chosen_at_the_same_time_differ() -> None:
    blocks = [ports.bind(None, relayed=False) for _ in range(5)]
    try:
        assert len({block.ports.base for block in blocks}) == 5
    finally:
        for block in blocks:
            block.close()


def test_a_taken_port_of_the_block_is_an_error_with_a_remedy(
    own_cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    block = ports.bind(None, relayed=False)
    base = block.ports.base
    block.close()
    with socket.create_server(("127.0.0.1", base + 4)):
        assert main(["up", str(tmp_path / "cloud"), "--port", str(base)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "taken" in error and "--port" in error


@pytest.mark.parametrize("port", ["0", "65535", "-3"])
def test_a_port_without_room_for_the_block_is_an_error(
    port: str, own_cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["up", str(tmp_path / "cloud"), f"--port={port}"]) == 2
    assert "no room" in capsys.readouterr().err


def test_a_directory_of_somebody_else_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    assert main(["up", str(tmp_path)]) == 2
    assert "not empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("command", ["down", "status"])
def test_a_directory_without_a_cloud_is_an_error(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, str(tmp_path)]) == 2
    assert "holds no pocketcloud" in capsys.readouterr().err


def test_a_directory_that_cannot_be_made_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert main(["up", str(tmp_path / "file" / "cloud")]) == 2
    assert "choose another directory" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["a$b", "50%", "what?", "a\nb"])
def test_a_path_that_configuration_files_cannot_hold_is_an_error(
    name: str, own_cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["up", str(tmp_path / name)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "choose another directory" in error


def test_too_little_space_is_an_error_before_anything_is_made(
    own_cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys,  # type: ignore[no-untyped-def]
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(1 << 30, 1 << 30, 1 << 20))
    assert main(["up", str(tmp_path / "cloud")]) == 2
    error = capsys.readouterr().err
    assert "is full" in error and "free some space" in error
    assert not own_cache.exists()


def test_a_disk_that_fills_up_on_the_way_is_the_same_error(
    own_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> Path:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(venv, "ensure", full)
    with pytest.raises(PocketcloudError, match="is full"):
        Cloud(tmp_path / "cloud").up()


def test_an_old_python_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(venv, "OLDEST_PYTHON", (99, 0))
    with pytest.raises(PocketcloudError, match=r"too old.*99\.0"):
        venv.check_python()


def test_a_python_without_venv_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(PocketcloudError, match="python3-venv"):
        venv.check_python()


def fake_pip(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, says: str) -> None:
    """Let the installation end with these words of pip."""
    python = tmp_path / "fake-python"
    python.write_text(f"#!/bin/sh\ncat <<'EOF'\n{says}\nEOF\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr(venv.sys, "executable", str(python))


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        ("error: command 'gcc' failed: No such file or directory", "apt-get install build-essential python3-dev"),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "is full"),
        ("ERROR: Could not find a version that satisfies the requirement nova", "index must be reachable"),
    ],
)
def test_a_failed_installation_says_what_to_do_and_leaves_nothing_half_made(
    says: str, expected: str, own_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_pip(monkeypatch, tmp_path, says)
    with pytest.raises(PocketcloudError, match=expected):
        venv.ensure(Progress(quiet=True))
    assert not [path for path in cache.directory().iterdir() if path.is_dir()]


def test_a_venv_without_its_mark_is_made_again(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = cache.directory() / f"venv-{cache.venv_key()}"
    (place / "bin").mkdir(parents=True)  # an installation that was killed
    made = []
    monkeypatch.setattr(venv, "_install", lambda where, commands, update: made.append(where.exists()) or where.mkdir())
    assert venv.ensure(Progress(quiet=True)) == place
    assert made == [False] and (place / ".complete").exists()
    venv.ensure(Progress(quiet=True))
    assert len(made) == 1


def test_a_golden_state_that_was_interrupted_is_built_again(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(layout: Layout, venv: Path, update: object) -> None:
        layout.db.mkdir(parents=True)
        raise KeyboardInterrupt

    def whole(layout: Layout, venv: Path, update: object) -> None:
        assert not layout.root.exists()
        layout.root.mkdir()

    monkeypatch.setattr(golden, "_build", interrupted)
    with pytest.raises(KeyboardInterrupt):
        golden.ensure(Path("/venv"), Progress(quiet=True))
    assert not [path for path in cache.directory().iterdir() if path.is_dir()]
    # killed, with no chance to clean up
    place = cache.directory() / f"golden-{cache.golden_key()}"
    Layout(place.with_suffix(".partial")).db.mkdir(parents=True)
    monkeypatch.setattr(golden, "_build", whole)
    assert golden.ensure(Path("/venv"), Progress(quiet=True)) == place
    assert place.is_dir()


def test_only_processes_with_our_command_line_are_ours(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()", "serve", str(tmp_path)], stdin=subprocess.PIPE)
    try:
        assert not processes.belongs(child.pid, tmp_path)
        layout = Layout(tmp_path)
        layout.run.mkdir()
        # a number that was ours once and is somebody else's now
        (layout.run / "processes.json").write_text(json.dumps({"nova": child.pid, "supervisor": child.pid}))
        assert processes.names(layout) == {}
        assert processes.stop(layout, patience_s=0) == 0
        assert child.poll() is None
    finally:
        child.communicate(b"\n")


def test_a_port_that_refuses_does_not_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert not health.answers(port, None)


def test_a_file_system_without_extended_attributes_is_no_place_for_swift(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOTSUP, "Operation not supported")

    monkeypatch.setattr(os, "setxattr", refuse)
    assert main(["up", str(tmp_path / "cloud"), "--with", "swift"]) == 2
    error = capsys.readouterr().err
    assert "swift needs extended attributes" in error and "another file system" in error
