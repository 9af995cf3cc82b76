"""What the tests of the step engine share: the environment of a run, and runs in this process."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pocketcloud.cloud import Cloud
from stackprobe.scenarios import Scenario

from tests.integration.engine.commands import Runs
from tests.integration.engine.driver import Probe, changed_clouds
from tests.integration.engine.guests import Run, log_in
from tests.support.ssh_server import SshServer, ssh_server

Rules = list[dict[str, Any]]


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that this machine knows of other runs, clouds or proxies."""
    monkeypatch.delenv("OS_CLOUD", raising=False)
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def clouds(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The embedded cloud's clouds.yaml, in force."""
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(cloud.clouds_yaml))
    return cloud.clouds_yaml


@pytest.fixture
def reconfigure(clouds: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Call it with other settings for the cloud ``demo``."""

    def change(**changes: Any) -> Path:
        place = changed_clouds(clouds, tmp_path / "clouds.yaml", **changes)
        monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(place))
        return place

    return change


@pytest.fixture
def probing(clouds: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Probe]]:
    """Call it for a run that is open but has not authenticated yet; it is closed after the test."""
    started: list[Probe] = []

    def start(*scenarios: Scenario, **changes: Any) -> Probe:
        started.append(Probe(tmp_path_factory.mktemp("run"), *scenarios, **changes))
        return started[-1]

    yield start
    for one in started:
        one.close("test over")


@pytest.fixture
def probe(probing: Callable[..., Probe]) -> Probe:
    """An authenticated run of one scenario, ``one``, that needs no service in particular."""
    return probing().prepare()


@pytest.fixture
def runs(tmp_path: Path, clouds: Path) -> Iterator[Runs]:
    """Runs as processes of their own, of scenarios that the test writes."""
    found = Runs(tmp_path, clouds)
    yield found
    found.end()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    """What stands for a guest: an SSH server whose user has a home, with programs of its own."""
    place = tmp_path_factory.mktemp("sshd")
    with ssh_server(place, f"SetEnv HOME={place}/home PATH={place}/home/bin:{os.environ['PATH']}") as one:
        (place / "home").mkdir()
        yield one


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[SshServer]:
    """One of the test's own, not started."""
    one = SshServer(tmp_path / "sshd")
    yield one
    one.stop()


@pytest.fixture
def guest(probe: Probe, server: SshServer) -> Probe:
    """A run with a login in a guest."""
    answer = log_in(probe, server)
    assert answer["outcome"] == "passed", answer
    return probe


@pytest.fixture
def run(guest: Probe) -> Run:
    """Call it for a command in the guest."""
    return lambda command, **arguments: guest.step("command", {"on": "guest", "run": command, **arguments})


@pytest.fixture
def port() -> Iterator[int]:
    """An open port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]
