"""Host keys that a guest's console log names, of a guest that has several: it is asked for one of those."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.engine.driver import Probe
from tests.integration.engine.guests import SERVER_ID, Faults, console_log, log_in, marked
from tests.support.ssh_server import SshServer, ssh_server


def make_key(place: Path, kind: str) -> str:
    """A new host key; its public half."""
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(place)], check=True)
    return place.with_name(f"{place.name}.pub").read_text().strip()


@pytest.fixture(scope="module")
def rsa(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A host key of another type than the one that is shown first."""
    place = tmp_path_factory.mktemp("rsa") / "key"
    return place, make_key(place, "rsa")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, rsa: tuple[Path, str]) -> Iterator[SshServer]:
    """It has an ed25519 key and an RSA key."""
    with ssh_server(tmp_path_factory.mktemp("sshd"), f"HostKey {rsa[0]}") as one:
        yield one


def console_names(faults: Faults, *keys: str) -> None:
    faults([console_log("booting", *marked(*keys), "login:")])


def told(probe: Probe) -> str:
    """What the check says of the last login."""
    return str(probe.records("check")[-1]["actual"])


def test_a_guest_is_asked_for_a_key_of_the_type_that_its_console_log_names(
    probe: Probe, server: SshServer, rsa: tuple[Path, str], faults: Faults
) -> None:
    assert log_in(probe, server, connection="plain")["result"]["host_key_from"] == "first use"
    console_names(faults, f"{rsa[1]} root@guest")
    answer = log_in(probe, server, server=SERVER_ID)
    assert answer["outcome"] == "passed" and answer["result"]["host_key_from"] == "console", answer
    shown = subprocess.run(["ssh-keygen", "-lf", f"{rsa[0]}.pub"], capture_output=True, text=True, check=True).stdout
    assert answer["result"]["fingerprint"] in shown
    assert probe.step("command", on="guest", run="echo there")["result"]["stdout"] == "there\n"
    assert log_in(probe, server)["result"]["host_key_from"] == "earlier login"
    server.await_logins(2)


def test_another_key_of_that_type_fails_the_login(
    probe: Probe, server: SshServer, faults: Faults, tmp_path: Path
) -> None:
    console_names(faults, make_key(tmp_path / "other", "rsa"))
    answer = log_in(probe, server, server=SERVER_ID, deadline=6)
    assert answer["outcome"] == "failed" and "of the guest's console log: somebody else" in answer["message"], answer
    assert probe.step("command", on="guest", run="true")["outcome"] == "error", "the login is not kept"


def test_a_guest_without_a_key_of_that_type_is_told(
    probe: Probe, server: SshServer, faults: Faults, tmp_path: Path
) -> None:
    console_names(faults, make_key(tmp_path / "other", "ecdsa"))
    answer = log_in(probe, server, server=SERVER_ID)
    assert answer["outcome"] == "passed" and answer["result"]["host_key_from"] == "first use", answer
    assert told(probe) == ("first use: the console log names ecdsa-sha2-nistp256 alone, and the host shows ssh-ed25519")
    assert answer["duration_ms"] < 8000 and probe.one("call", step="Log in", method="POST"), "nothing is waited for"


def test_a_type_that_nobody_speaks_any_more_is_told_as_well(probe: Probe, server: SshServer, faults: Faults) -> None:
    console_names(faults, f"ssh-dss {'A' * 400} root@cirros")
    answer = log_in(probe, server, server=SERVER_ID)
    assert answer["outcome"] == "passed" and answer["result"]["host_key_from"] == "first use", answer
    assert "names ssh-dss alone" in told(probe)
