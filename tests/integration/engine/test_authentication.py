"""The first login: whose fault it is when there is no token, and what it leaves on record."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openstack.connection import Connection
from stackprobe.errors import UsageError

from tests.integration.engine import hostile
from tests.integration.engine.driver import Probe

Probing = Callable[..., Probe]
Reconfigure = Callable[..., Path]
Faults = Callable[[list[dict[str, Any]]], None]
TOKENS = {"service": "keystone", "method": "POST", "path": "/auth/tokens"}


def failed_login(probe: Probe) -> tuple[str, str, str]:
    """Log in in vain; outcome, message and remedy. No scenario is executed, each says why."""
    verdict = probe.prepare().verdict
    assert verdict is not None
    code = probe.close()
    assert code == {"failed": 1, "error": 2}[verdict.outcome]
    assert probe.one("end")["outcome"] == verdict.outcome
    step = probe.one("step", step="Authenticate")
    assert (step["outcome"], step["message"], step["http_status"]) == (verdict.outcome, verdict.message, verdict.status)
    assert probe.one("scenario_end")["outcome"] == "skipped"
    return verdict.outcome, verdict.message, verdict.remedy or ""


def unreachable(kind: str) -> Any:
    """A Keystone that cannot be talked to."""
    if kind == "silent":
        return hostile.serving(hostile.silent)
    if kind == "never connects":
        return hostile.never_accepting()
    return hostile.serving(lambda connection, over: connection.close())


@pytest.mark.parametrize("kind", ["resets", "silent", "never connects"])
@pytest.mark.parametrize(("runner_online", "outcome"), [(True, "failed"), (False, "error"), (None, "failed")])
def test_an_unreachable_keystone_is_the_clouds_fault_unless_the_control_target_is_gone_too(
    probing: Probing,
    reconfigure: Reconfigure,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    runner_online: bool | None,
    outcome: str,
) -> None:
    monkeypatch.setattr("stackprobe.engine.preparation.AUTHENTICATION_DEADLINE_S", 1.0)
    with unreachable(kind) as keystone, hostile.serving(hostile.silent) as witness:
        reconfigure(auth={"auth_url": f"http://{keystone}/v3"})
        control = {True: witness, False: hostile.refusing(), None: None}[runner_online]
        start = time.monotonic()
        found, message, remedy = failed_login(probing(control_target=control))
        assert time.monotonic() - start < 8
    assert found == outcome, message
    if outcome == "error":
        assert "control target" in message and "network" in remedy


def test_a_keystone_that_is_down_is_the_clouds_fault(probing: Probing, reconfigure: Reconfigure) -> None:
    reconfigure(auth={"auth_url": f"http://{hostile.refusing()}/v3"})
    assert failed_login(probing())[0] == "failed"


@pytest.mark.parametrize(
    "fault", [{"status": 503}, {"status": 429}, {"drop": "before"}, {"truncate": 20}, {"garbage": True}]
)
def test_a_keystone_that_answers_badly_is_the_clouds_fault(
    probing: Probing, faults: Faults, fault: dict[str, Any]
) -> None:
    faults([{**TOKENS, **fault}])
    assert failed_login(probing())[0] == "failed"


@pytest.mark.parametrize("removed", ["token.catalog", "token"])
def test_a_token_without_its_parts_is_the_clouds_fault(probing: Probing, faults: Faults, removed: str) -> None:
    faults([{**TOKENS, "remove": [removed]}])
    outcome, message, _ = failed_login(probing())
    assert outcome == "failed", message


@pytest.mark.parametrize(
    ("control", "outcome"), [(None, "error"), ("address", "error"), ("name", "failed")], ids=["no", "address", "name"]
)
def test_a_name_that_does_not_resolve_is_our_error_unless_another_name_does(
    probing: Probing, reconfigure: Reconfigure, control: str | None, outcome: str
) -> None:
    reconfigure(auth={"auth_url": "http://keystone.invalid:5000/v3"})
    with hostile.serving(hostile.silent) as witness:
        target = {None: None, "address": witness, "name": witness.replace("127.0.0.1", "localhost")}[control]
        found, message, remedy = failed_login(probing(control_target=target))
    assert found == outcome, message
    assert outcome == "failed" or "DNS" in remedy


def test_a_broken_proxy_is_our_error(probing: Probing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://{hostile.refusing()}")
    with hostile.serving(hostile.silent) as witness:
        outcome, _, remedy = failed_login(probing(control_target=witness))
    assert outcome == "error" and "proxy" in remedy


def test_a_wrong_password_is_our_error_with_a_remedy(probing: Probing, reconfigure: Reconfigure) -> None:
    reconfigure(auth={"password": "not-the-password"})
    outcome, message, remedy = failed_login(probing())
    assert outcome == "error" and "authentication refused" in message and "clouds.yaml" in remedy


def test_an_address_at_which_no_keystone_is_found_is_our_error(probing: Probing, reconfigure: Reconfigure) -> None:
    def not_found(connection: socket.socket, over: threading.Event) -> None:
        while connection.recv(65536):
            connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")

    with hostile.serving(not_found) as web_server:
        reconfigure(auth={"auth_url": f"http://{web_server}/v3"})
        outcome, _, remedy = failed_login(probing())
    assert outcome == "error" and "auth_url" in remedy


def test_a_401_after_the_login_is_the_clouds_fault(probe: Probe, faults: Faults) -> None:
    faults([{"service": "neutron", "method": "GET", "path": "/networks", "status": 401}])
    answer = probe.call("network.networks")
    assert (answer["outcome"], answer["status"]) == ("failed", 401)


def test_a_region_that_the_catalog_does_not_have_is_our_error(probing: Probing, reconfigure: Reconfigure) -> None:
    reconfigure(region_name="Atlantis")
    outcome, message, remedy = failed_login(probing())
    assert outcome == "error" and "RegionOne" in message and "region_name" in remedy


def test_a_login_is_measured_with_its_connection_set_up_apart(probe: Probe) -> None:
    discovery, login = probe.records("call", step="Authenticate")
    assert (discovery["service"], discovery["method"], discovery["url"]) == ("identity", "GET", "/v3")
    assert discovery["connect_ms"] is not None and discovery["tls_ms"] is None
    assert (login["service"], login["status"], login["resource"]) == ("identity", 201, "tokens")
    assert login["connect_ms"] is None and login["request_id"], "the connection was reused"
    step = probe.one("step", step="Authenticate")
    assert step["outcome"] == "passed" and 0 < step["duration_ms"] < 10_000


def test_a_run_logs_in_once(probe: Probe) -> None:
    for _ in range(3):
        probe.call("network.networks")
    probe.call("image.images")
    assert len(probe.records("call", method="POST", resource="tokens")) == 1


@pytest.fixture
def credential(demo: Connection) -> Any:
    """An application credential of the demo user."""
    one = demo.identity.create_application_credential(demo.current_user_id, name="engine-test")
    yield one
    demo.identity.delete_application_credential(demo.current_user_id, one)


def test_an_application_credential_works(probing: Probing, reconfigure: Reconfigure, credential: Any) -> None:
    none = dict.fromkeys(("username", "password", "project_name", "user_domain_name", "project_domain_name"))
    secret = {"application_credential_id": credential.id, "application_credential_secret": credential.secret}
    reconfigure(auth_type="v3applicationcredential", auth={**none, **secret})
    probe = probing().prepare()
    assert probe.call("network.networks")["outcome"] == "passed"
    assert probe.step("token", "Issue", action="issue")["outcome"] == "passed"
    assert credential.secret not in (probe.output / "journal.jsonl").read_text()


def test_a_token_instead_of_a_password_works(probing: Probing, reconfigure: Reconfigure, demo: Connection) -> None:
    token = demo.authorize()
    none = dict.fromkeys(("username", "password", "user_domain_name"))
    reconfigure(auth_type="v3token", auth={**none, "token": token})
    probe = probing().prepare()
    assert probe.call("network.networks")["outcome"] == "passed"
    assert probe.step("token", "Issue", action="issue")["outcome"] == "skipped"
    assert token not in (probe.output / "journal.jsonl").read_text()


def test_a_token_that_is_over_is_our_error(probing: Probing, reconfigure: Reconfigure) -> None:
    none = dict.fromkeys(("username", "password", "user_domain_name"))
    reconfigure(auth_type="v3token", auth={**none, "token": "gAAAAABnot-a-token-of-this-cloud"})
    assert failed_login(probing())[0] == "error"


def test_one_of_several_regions_is_probed(probing: Probing, reconfigure: Reconfigure) -> None:
    reconfigure(regions=["Atlantis", "RegionOne"], region_name=None)
    probe = probing(region="RegionOne").prepare()
    assert probe.verdict is None and probe.one("run")["region"] == "RegionOne"
    assert probe.call("network.networks")["outcome"] == "passed"
    assert failed_login(probing())[0] == "error", "the first one is the default"
    with pytest.raises(UsageError, match="no region `Mu`"):
        probing(region="Mu")


def test_an_interrupted_login_ends_at_once(
    probing: Probing, reconfigure: Reconfigure, monkeypatch: pytest.MonkeyPatch
) -> None:
    with hostile.serving(hostile.silent) as keystone:
        reconfigure(auth={"auth_url": f"http://{keystone}/v3"})
        probe = probing()
        login = threading.Thread(target=probe.prepare)
        login.start()
        while not probe.session.engine.performer.busy:
            time.sleep(0.01)
        start = time.monotonic()
        assert probe.close("SIGTERM") == 2
        login.join(5)
        assert time.monotonic() - start < 8
    assert "SIGTERM" in probe.one("step", step="Authenticate")["message"]
    assert probe.one("scenario_end")["outcome"] in ("error", "skipped")
    assert probe.one("end")["outcome"] == "error"
