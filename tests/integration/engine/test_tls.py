"""TLS: a private authority works as clouds.yaml says, an unknown one is our error, and doing without is said."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pocketcloud.cloud import Cloud

from tests.integration.engine import hostile
from tests.integration.engine.commands import Runs
from tests.integration.engine.driver import Probe, changed_clouds
from tests.integration.tokens import entry_in, login, logout

Probing = Callable[..., Probe]
GOOD = "- name: List the networks\n  probe_call: {call: network.networks}\n"


@pytest.fixture(scope="module")
def tls_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud on https with an authority of its own; POCKETCLOUD_TLS_DIR reuses one that runs."""
    given = os.environ.get("POCKETCLOUD_TLS_DIR")
    one = Cloud(given or tmp_path_factory.mktemp("tls") / "cloud")
    if not given:
        one.up(tls=True)
    try:
        yield one
    finally:
        if not given:
            one.down()


@pytest.fixture
def reconfigure(tls_cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Call it with other settings for the cloud ``demo``."""

    def change(**changes: Any) -> Path:
        place = changed_clouds(tls_cloud.clouds_yaml, tmp_path / "clouds.yaml", **changes)
        monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(place))
        return place

    return change


def test_a_private_authority_works_and_the_handshake_is_measured_apart(
    probing: Probing, reconfigure: Callable[..., Path]
) -> None:
    reconfigure()
    probe = probing().prepare()
    assert probe.call("network.networks")["outcome"] == "passed"
    first = probe.records("call", step="Authenticate")[0]
    assert first["connect_ms"] > 0 and first["tls_ms"] > 0
    assert first["connect_ms"] + first["tls_ms"] <= first["duration_ms"]
    assert probe.one("run")["verify"] is True


def test_an_unknown_authority_is_our_error_with_the_remedy(probing: Probing, reconfigure: Callable[..., Path]) -> None:
    reconfigure(cacert=None)
    probe = probing()
    verdict = probe.prepare().verdict
    assert verdict is not None and verdict.outcome == "error"
    assert "cacert" in str(verdict.remedy)
    assert probe.close() == 2


def test_not_to_verify_works_and_is_said_in_every_report(tls_cloud: Cloud, tmp_path: Path) -> None:
    place = changed_clouds(tls_cloud.clouds_yaml, tmp_path / "clouds.yaml", cacert=None, verify=False)
    runs = Runs(tmp_path, place)
    runs.scenario("good", GOOD)
    run = runs.run()
    assert run.process.returncode == 0, run.said
    assert run.records("run")[0]["verify"] is False
    for report in ("report.html", "summary.md"):
        assert "verify: false" in (run.output / report).read_text()
    assert "InsecureRequestWarning" not in run.said


def test_tls_goes_through_the_tunnel_of_a_proxy(
    probing: Probing, reconfigure: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    reconfigure()
    proxy = hostile.ForwardProxy()
    with hostile.serving(proxy) as address:
        monkeypatch.setenv("https_proxy", f"http://{address}")
        probe = probing().prepare()
        assert probe.call("network.networks")["outcome"] == "passed"
        probe.close()
    assert proxy.seen and all(line.startswith("CONNECT 127.0.0.1:") for line in proxy.seen)
    assert probe.records("call", step="Authenticate")[0]["tls_ms"] > 0


def test_a_proxy_that_refuses_the_tunnel_is_our_error(
    probing: Probing, reconfigure: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    reconfigure()

    def refuse(connection: Any, over: Any) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")

    with hostile.serving(refuse) as address:
        monkeypatch.setenv("https_proxy", f"http://{address}")
        verdict = probing().prepare().verdict
    assert verdict is not None and verdict.outcome == "error"
    assert "proxy" in str(verdict.remedy)


def test_a_secret_brings_its_authority_along(tls_cloud: Cloud, tmp_path: Path) -> None:
    entry = entry_in(tls_cloud.clouds_yaml)
    pem = Path(entry.pop("cacert")).read_text()
    file = tmp_path / "private" / "clouds.yaml"
    done = login({"clouds": {"demo": entry}}, file, "--token")
    assert done.returncode == 2 and "cacert in the secret" in done.stderr and not file.parent.exists()
    assert login({"clouds": {"demo": entry}, "cacert": pem}, file, "--token").returncode == 0
    runs = Runs(tmp_path, file)
    runs.scenario("good", GOOD)
    run = runs.run()
    assert run.process.returncode == 0, run.said
    done = logout(file)
    assert done.returncode == 0 and "revoked the token" in done.stdout
    assert not file.parent.exists()
