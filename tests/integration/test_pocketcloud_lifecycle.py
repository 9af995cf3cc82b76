"""Clouds come up side by side, say how they are, and leave no process behind, whatever happens to them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import ssl
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from keystoneauth1 import exceptions
from pocketcloud import cache, clone, processes
from pocketcloud.cli import main
from pocketcloud.cloud import Cloud
from pocketcloud.errors import ServiceDied
from pocketcloud.layout import Layout, load_settings

from tests.support.clouds import connect


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    """For a cloud of the test's own, taken down in any case."""
    yield tmp_path / "own"
    if (tmp_path / "own" / "pocketcloud.json").exists():
        Cloud(tmp_path / "own").down()
    assert processes.find(tmp_path / "own") == []


def pocketcloud(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    """The command as a process."""
    command = [sys.executable, "-m", "pocketcloud", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def until(done: Callable[[], Any], patience_s: float = 60) -> None:
    """Poll until done."""
    end = time.monotonic() + patience_s
    while not done():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_status_says_what_answers_where_and_with_how_much_memory(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", str(cloud.layout.root), "--json"]) == 0
    status = json.loads(capsys.readouterr().out)
    services = {one["name"]: one for one in status["processes"] if one["port"]}
    assert set(services) == {"keystone", "placement", "glance", "neutron", "cinder", "nova"}
    assert all(one["answers"] and one["pss_bytes"] > 0 for one in services.values())
    assert status["pss_bytes"] < 1.2 * 2**30
    assert main(["status", str(cloud.layout.root)]) == 0
    assert "nova" in capsys.readouterr().out


def test_secrets_are_readable_by_their_owner_only_and_on_no_command_line(cloud: Cloud) -> None:
    for path in (cloud.clouds_yaml, cloud.layout.settings):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(cloud.layout.root.stat().st_mode) == 0o700
    settings = load_settings(cloud.layout)
    assert settings is not None
    for pid in processes.find(cloud.layout.root):
        line = Path(f"/proc/{pid}/cmdline").read_text()
        assert not any(secret in line for secret in settings.passwords.values())


def test_up_on_a_running_cloud_says_so_and_leaves_it_alone(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["up", str(cloud.layout.root)]) == 2
    error = capsys.readouterr().err
    assert "already running" in error and "pocketcloud down" in error
    assert cloud.status().all_answer


def let_something_hang(cloud: Cloud, demo: Any) -> None:
    """A server that spawns for ever and a request without an answer."""
    image, flavor = demo.image.find_image("cirros").id, demo.compute.find_flavor("m1.tiny").id
    cloud.faults([{"driver": "spawn", "stuck": True}, {"service": "neutron", "path": "/networks", "hang": "before"}])
    demo.compute.create_server(name="stuck", image_id=image, flavor_id=flavor, networks="none")
    with pytest.raises(exceptions.ConnectTimeout):
        demo.network.get("/networks", timeout=0.5)


@pytest.mark.thorough
def test_a_second_cloud_beside_the_first_with_tls_and_a_long_line(cloud: Cloud, directory: Path) -> None:
    other = Cloud(directory)
    settings = other.up(tls=True, rtt_ms=60)
    assert other.status().all_answer and cloud.status().all_answer
    port = settings.ports.public("nova")
    with pytest.raises(ssl.SSLCertVerificationError), socket.create_connection(("127.0.0.1", port)) as plain:
        ssl.create_default_context().wrap_socket(plain, server_hostname="127.0.0.1")
    demo = connect(other.clouds_yaml, "demo")
    assert {endpoint["url"].split(":")[0] for one in demo.service_catalog for endpoint in one["endpoints"]
            if endpoint["interface"] == "public"} == {"https"}  # fmt: skip
    network = demo.network.create_network(name="only here")
    here = connect(cloud.clouds_yaml, "demo")
    assert "only here" not in [one.name for one in here.network.networks()]
    demo.network.delete_network(network)

    def seconds(connection: Any) -> float:
        connection.compute.get("/flavors")
        started = time.monotonic()
        for _ in range(5):
            connection.compute.get("/flavors")
        return (time.monotonic() - started) / 5

    assert seconds(demo) > 0.06
    # a new connection costs a round trip more for TCP and one for TLS
    context = ssl.create_default_context(cafile=str(other.layout.ca))
    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", port)) as plain:
        context.wrap_socket(plain, server_hostname="127.0.0.1").close()
    assert 0.12 <= time.monotonic() - started < 10

    let_something_hang(other, demo)
    started = time.monotonic()
    assert other.down() == 0
    assert time.monotonic() - started < 30
    assert processes.find(directory) == []
    assert main(["status", str(directory)]) == 1
    assert (directory / "log" / "nova.log").stat().st_size > 0
    assert cloud.status().all_answer


def test_the_ports_of_a_running_cloud_are_taken(
    cloud: Cloud, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = load_settings(cloud.layout)
    assert settings is not None
    assert main(["up", str(directory), "--port", str(settings.base_port)]) == 2
    assert "taken" in capsys.readouterr().err


@pytest.mark.thorough
def test_a_service_that_dies_while_starting_ends_everything_and_a_later_up_recovers(
    directory: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = clone.copy_golden

    def damage(golden: Path, layout: Layout, settings: Any) -> None:
        copy(golden, layout, settings)
        (layout.db / "cinder.sqlite").write_bytes(b"not a database, but long enough to look like a header of one")

    monkeypatch.setattr(clone, "copy_golden", damage)
    with pytest.raises(ServiceDied, match="cinder ended while it was starting") as died:
        Cloud(directory).up()
    assert "not a database" in died.value.log_tail
    assert processes.find(directory) == []
    monkeypatch.undo()

    # killed on its way, a cloud leaves a directory that `down` cleans
    up = pocketcloud("up", str(directory))
    until(lambda: len(processes.find(directory)) >= 4)
    up.kill()
    up.communicate()
    assert processes.find(directory)
    assert main(["down", str(directory)]) == 0
    assert processes.find(directory) == []

    # interrupted, it cleans up by itself
    up = pocketcloud("up", str(directory))
    until(lambda: processes.find(directory))  # at once: a quiet machine is done in a few seconds
    up.send_signal(signal.SIGINT)
    _, error = up.communicate(timeout=60)
    assert up.returncode == 130 and "interrupted" in error
    assert processes.find(directory) == []

    # and a later up works; a service that crashes then is seen, and outlives nothing
    cloud = Cloud(directory)
    cloud.up()
    pids = processes.names(cloud.layout)
    os.kill(pids["glance"], signal.SIGKILL)
    until(lambda: not processes.belongs(pids["glance"], directory))
    answering = {one.name: one.answers for one in cloud.status().parts if one.port}
    assert not answering.pop("glance") and all(answering.values())
    assert main(["status", str(directory)]) == 1
    os.kill(pids["supervisor"], signal.SIGKILL)  # the kernel ends the others
    until(lambda: not processes.find(directory), patience_s=20)


@pytest.mark.thorough
def test_two_ups_at_once_build_one_golden_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both wait for one build, whose predecessor was killed half-way; then both run."""
    ours = tmp_path / "cache"
    shared = cache.directory()
    monkeypatch.setenv("XDG_CACHE_HOME", str(ours))
    cache.directory().mkdir(parents=True)
    (cache.directory() / f"venv-{cache.venv_key()}").symlink_to(shared / f"venv-{cache.venv_key()}")
    partial = cache.directory() / f"golden-{cache.golden_key()}.partial"

    killed = pocketcloud("up", str(tmp_path / "a"))
    until(lambda: processes.find(partial))
    killed.kill()
    killed.communicate()
    until(lambda: not processes.find(partial), patience_s=20)  # what it had started ends with it

    both = [pocketcloud("up", str(tmp_path / name)) for name in "ab"]
    try:
        errors = [one.communicate(timeout=300)[1] for one in both]
        assert [one.returncode for one in both] == [0, 0], errors
        assert sum("building the golden state (once): done" in error for error in errors) == 1
        assert sum("waiting for another pocketcloud" in error for error in errors) == 1
    finally:
        for name in "ab":
            Cloud(tmp_path / name).down()
    assert not partial.exists()


FULL_DISK = """
import errno, shutil, sys
from pocketcloud import cli, cloud
def full(*_):
    raise OSError(errno.ENOSPC, "No space left on device")
cloud.NEED_BYTES = 0  # past the look at the free space, into the wall
if sys.argv[2] == "pretend":
    shutil.copyfile = full
raise SystemExit(cli.main(["up", sys.argv[1]]))
"""


def test_a_full_disk_is_one_clear_error(tmp_path: Path) -> None:
    """On a file system of 4 MiB, where a user may mount one; elsewhere a disk that pretends to be full."""
    small = tmp_path / "small"
    small.mkdir()
    script = f'mount -t tmpfs -o size=4m none "{small}" && exec "$@"'
    mounted = ["unshare", "--map-root-user", "--mount", "sh", "-c", script, "sh"]
    able = (
        shutil.which("unshare") and not subprocess.run([*mounted, "true"], capture_output=True, check=False).returncode
    )
    command = [sys.executable, "-c", FULL_DISK, str(small / "cloud"), "real" if able else "pretend"]
    ended = subprocess.run(
        [*(mounted if able else []), *command], capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 2, ended.stderr
    error = ended.stderr.splitlines()[-1]
    assert "is full" in error and "free some space" in error
    assert processes.find(small / "cloud") == []
