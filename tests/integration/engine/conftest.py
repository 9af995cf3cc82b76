"""What the tests of the step engine share: the environment of a run, and runs in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pocketcloud.cloud import Cloud
from stackprobe.scenarios import Scenario

from tests.integration.engine.commands import Runs
from tests.integration.engine.driver import Probe, changed_clouds

Rules = list[dict[str, Any]]


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that this machine knows of other runs, clouds or proxies."""
    for name in ("OS_CLOUD", "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
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
