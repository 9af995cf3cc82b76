"""The scripts that scenarios run in guests, by the shells that guests have."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from stackprobe.scenarios import roles_paths

from tests.support.ports import free_port

Script = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(params=["sh", "bash", "busybox sh"])
def script(request: pytest.FixtureRequest) -> Script:
    """Call it with a role, a file of it and its words."""

    def run(role: str, file: str, *words: object) -> subprocess.CompletedProcess[str]:
        text = (role_of(role) / "files" / file).read_text(encoding="utf-8")
        command = [*request.param.split(), "-c", text, file, *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    return run


def role_of(scenario: str) -> Path:
    """The directory of a scenario."""
    return next(one / f"probe_{scenario}" for one in roles_paths() if (one / f"probe_{scenario}").is_dir())


def said(done: subprocess.CompletedProcess[str]) -> Any:
    """The JSON that a script printed."""
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("digits", [300, 1000])
def test_digits_of_pi_are_computed_as_they_are_known(script: Script, digits: int) -> None:
    assert said(script("guest_cpu", "look.sh"))["vcpus"] == len(os.sched_getaffinity(0))
    known = yaml.safe_load((role_of("guest_cpu") / "vars" / "main.yaml").read_text(encoding="utf-8"))
    right = known["probe_guest_cpu_known"][digits]
    alone = said(script("guest_cpu", "compute.sh", digits, 1))
    assert alone["results"] == [right] and alone["efficiency_percent"] == 100
    assert alone["wall_ms"] > 0 and alone["user_ms"] + alone["system_ms"] <= 4 * alone["wall_ms"] + 100
    several = said(script("guest_cpu", "compute.sh", digits, 3, alone["wall_ms"]))
    assert several["results"] == [right] * 3
    assert several["efficiency_percent"] == alone["wall_ms"] * 100 // several["wall_ms"]


def test_bc_of_busybox_is_told_from_that_of_gnu(tmp_path: Path) -> None:
    (tmp_path / "bc").symlink_to(str(shutil.which("busybox")))
    for first, gnu in (("", True), (f"{tmp_path}:", False)):
        environment = {"PATH": first + os.environ["PATH"]}
        command = ["sh", str(role_of("guest_cpu") / "files" / "look.sh")]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert said(done)["gnu"] is gnu, done.stdout


def test_a_disk_is_measured_and_nothing_stays_on_it(script: Script, tmp_path: Path) -> None:
    found = said(script("guest_disk", "measure.sh", tmp_path, "1M", "16k", 2, 1))
    assert len(found["jobs"]) == 1 and set(found["jobs"][0]["latency_ms"]) >= {"10", "20", "2000", ">=2000"}
    assert list(tmp_path.iterdir()) == []
    refused = script("guest_disk", "measure.sh", tmp_path / "absent", "1M", "16k", 2, 1)
    assert refused.returncode == 1 and "is neither a directory nor a block device" in refused.stderr


def test_a_server_serves_one_client_and_is_ended(script: Script) -> None:
    port = free_port()
    try:
        assert script("network_throughput", "serve.sh", port).returncode == 0
        assert (
            said(script("network_throughput", "send.sh", "127.0.0.1", port, 1, 1))["end"]["sum_received"]["bytes"] > 0
        )
        ends = time.monotonic() + 10
        while _listens(port):  # the client is ready before its server ends
            assert time.monotonic() < ends, "it ends with its client"
            time.sleep(0.05)
        nobody = script("network_throughput", "send.sh", "127.0.0.1", port, 1, 1)
        assert nobody.returncode == 1 and "iperf3: unable to connect to server: Connection refused" in nobody.stderr
        assert script("network_throughput", "serve.sh", port).returncode == 0
        assert script("network_throughput", "serve.sh", port).returncode == 0, "one that is left over is ended"
    finally:
        assert script("network_throughput", "serve.sh", port, "stop").returncode == 0
    assert not _listens(port)


def test_what_another_server_serves_is_not_taken_for_ours(script: Script) -> None:
    with socket.create_server(("127.0.0.1", free_port())) as other:
        done = script("network_throughput", "serve.sh", other.getsockname()[1])
        assert done.returncode == 1 and "something else listens on port" in done.stderr, done


def _listens(port: int) -> bool:
    """Whether a server could not listen there now, asked without being its client."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return True
    return False
