"""Credentials of a CI's secret: a token in their place, runs that hold nothing else, and its revocation."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from openstack.connection import Connection
from pocketcloud.cloud import Cloud
from stackprobe.cloud import open_cloud
from stackprobe.results import Outcome

from tests.integration import tokens
from tests.integration.engine import hostile
from tests.integration.probing import run_probes
from tests.integration.tokens import STACKPROBE, entry_in, login, logout, status_of_token
from tests.support.authority import authority
from tests.support.clouds import inventory, settled_inventory
from tests.support.thorough import daily

Faults = Callable[[list[dict[str, Any]]], None]
ISSUE = {"service": "keystone", "method": "POST", "path": "/auth/tokens$"}
REVOKE = {"service": "keystone", "method": "DELETE", "path": "/auth/tokens$"}
ALL = ("identity", "endpoints", "image", "network", "volume", "compute")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the login keeps its clouds.yaml."""
    return tmp_path / "private" / "clouds.yaml"


@pytest.fixture(scope="module")
def demo_entry(cloud: Cloud) -> dict[str, Any]:
    return entry_in(cloud.clouds_yaml)


@pytest.fixture(scope="module")
def password(demo_entry: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """A secret with a password, and this."""
    yield {"clouds": {"demo": demo_entry}}, demo_entry["auth"]["password"]


@pytest.fixture(scope="module")
def application_credential(demo: Connection, demo_entry: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """A secret with an application credential, and the secret of this."""
    made = demo.identity.create_application_credential(demo.current_user_id, name="login", unrestricted=True)
    auth = {
        "auth_url": demo_entry["auth"]["auth_url"],
        "application_credential_id": made.id,
        "application_credential_secret": made.secret,
    }
    yield {"clouds": {"demo": {**demo_entry, "auth_type": "v3applicationcredential", "auth": auth}}}, made.secret
    demo.identity.delete_application_credential(demo.current_user_id, made.id)


@pytest.fixture(params=["password", "application_credential"])
def secret(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any], str]:
    """A kind of credentials, the secret with them, and the one thing in it that must stay there."""
    return (request.param, *request.getfixturevalue(request.param))


def private_key(directory: Path) -> str:
    """The text of a new private SSH key."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", directory / "key"], check=True)
    return (directory / "key").read_text(encoding="utf-8")


def test_a_token_takes_the_place_of_the_credentials_and_keys_stay(
    file: Path, tmp_path: Path, admin: Connection, secret: tuple[str, dict[str, Any], str]
) -> None:
    kind, clouds, hidden = secret
    more = {"interface": "internal", "verify": False, "image_api_version": "2", "profile": "auro"}
    keys = {"ssh_keys": {"bastion": private_key(tmp_path)}}
    clouds = {"clouds": {"demo": clouds["clouds"]["demo"] | more | {"stackprobe": keys}}}
    done = login(clouds, file, "--token", "--cloud", "demo", "--region", "RegionOne")
    assert (done.returncode, done.stderr) == (0, "")
    told, entry = json.loads(done.stdout), entry_in(file)
    assert hidden not in file.read_text()
    assert told == {
        "cloud": "demo",
        "region": "RegionOne",
        "auth_type": "v3token",
        "expires": entry["stackprobe"]["expires"],
    }
    assert entry["stackprobe"]["token_of"] == kind
    assert entry["stackprobe"]["ssh_keys"] == keys["ssh_keys"]
    assert entry["auth"].keys() == {"auth_url", "token", "project_id"}
    assert {key: entry[key] for key in more if key != "profile"} == {
        key: value for key, value in more.items() if key != "profile"
    }
    assert file.stat().st_mode & 0o777 == 0o600 and file.parent.stat().st_mode & 0o777 == 0o700
    assert status_of_token(admin, entry["auth"]["token"]) == 200

    done = logout(file)
    assert done.returncode == 0 and "revoked the token" in done.stdout
    assert entry["auth"]["token"] not in done.stdout + done.stderr
    assert not file.parent.exists()
    assert status_of_token(admin, entry["auth"]["token"]) == 404

    done = logout(file)
    assert done.returncode == 0 and "there is no" in done.stdout


@pytest.mark.thorough
def test_all_scenarios_pass_with_nothing_but_a_token(
    file: Path, tmp_path: Path, admin: Connection, password: tuple[dict[str, Any], str]
) -> None:
    before = inventory(admin)
    assert login(password[0], file, "--token").returncode == 0
    token = entry_in(file)["auth"]["token"]
    run = run_probes(file, tmp_path / "run", ALL, options={"image": {"bytes": 65536}})
    assert run.exit_code == 0, run.said
    assert set(run.outcomes().values()) == {Outcome.PASSED} and set(run.outcomes()) == set(ALL)
    skipped = [step for step in run.scenario("identity").steps if step.outcome is Outcome.SKIPPED]
    assert [step.name for step in skipped] == ["Get a token with the credentials"]
    assert "needs the password" in (skipped[0].message or "")
    assert run.step("identity", "Use the revoked token in vain").outcome is Outcome.PASSED
    assert settled_inventory(admin, before) == before
    assert status_of_token(admin, token) == 200, "the scenario revoked the token that all use"
    assert password[1] not in "".join(path.read_text(errors="replace") for path in run.output.iterdir())
    assert logout(file).returncode == 0
    assert status_of_token(admin, token) == 404


@pytest.mark.thorough
def test_a_token_of_an_application_credential_is_used_for_what_it_can(
    file: Path, tmp_path: Path, admin: Connection, application_credential: tuple[dict[str, Any], str]
) -> None:
    assert login(application_credential[0], file, "--token").returncode == 0
    token = entry_in(file)["auth"]["token"]
    run = run_probes(file, tmp_path / "run", ["identity", "endpoints", "network"])
    assert run.exit_code == 0, run.said
    outcomes = {step.name: step for step in run.scenario("identity").steps}
    passed = [name for name, step in outcomes.items() if step.outcome is Outcome.PASSED]
    assert passed == ["Validate the token", "Get the catalog with the token"]
    assert {step.outcome for step in outcomes.values()} == {Outcome.PASSED, Outcome.SKIPPED}
    assert all(step.message for step in outcomes.values() if step.outcome is Outcome.SKIPPED)
    assert "cannot be exchanged" in (outcomes["Exchange the token for another one"].message or "")
    swept = tokens.command("sweep", "--cloud", "demo", "--dry-run", clouds=file)
    assert swept.returncode == 0, swept.stderr
    assert status_of_token(admin, token) == 200
    assert logout(file).returncode == 0
    assert status_of_token(admin, token) == 404


def test_each_process_of_a_job_uses_the_very_token_and_makes_none(
    file: Path, password: tuple[dict[str, Any], str], faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert login(password[0], file, "--token").returncode == 0
    faults([{**ISSUE, "status": 403}])
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(file))
    connection = open_cloud("demo")
    assert connection.auth_token == entry_in(file)["auth"]["token"]
    assert list(connection.network.networks())
    assert logout(file).returncode == 0


def assert_no_token(done: subprocess.CompletedProcess[str], file: Path, code: int, *hidden: str) -> None:
    assert done.returncode == code, done.stderr
    assert done.stdout == "" and done.stderr.startswith("stackprobe: ") and done.stderr.count("\n") == 1, done.stderr
    assert not file.parent.exists()
    assert not any(one in done.stderr for one in hidden)


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 503},
        {"status": 429},
        {"drop": "before"},
        {"hang": "before"},
        {"truncate": 20},
        {"garbage": True},
        {"remove": ["token"]},
    ],
    ids=lambda fault: " ".join(str(part) for pair in fault.items() for part in pair),
)
def test_a_keystone_that_gives_no_token_is_the_clouds_fault(
    file: Path, password: tuple[dict[str, Any], str], faults: Faults, fault: dict[str, Any]
) -> None:
    faults([{**ISSUE, **fault}])
    done = login(password[0], file, "--token", "--timeout", "2" if "hang" in fault else "20")
    assert_no_token(done, file, 1, password[1])
    assert "the cloud gave no token" in done.stderr


@pytest.mark.parametrize("kind", ["refuses", "is silent", "never connects", "drips"])
def test_a_keystone_that_is_not_there_is_the_clouds_fault_and_ends_in_time(
    file: Path, password: tuple[dict[str, Any], str], kind: str
) -> None:
    place: Any = {
        "refuses": lambda: nullcontext(hostile.refusing()),
        "is silent": lambda: hostile.serving(hostile.silent),
        "never connects": hostile.never_accepting,
        "drips": lambda: hostile.serving(hostile.dripping),
    }[kind]
    with place() as keystone:
        entry = changed(password[0], auth_url=f"http://{keystone}/v3")
        began = time.monotonic()
        done = login(entry, file, "--token", "--timeout", "1")
        assert time.monotonic() - began < 15
    assert_no_token(done, file, 1, password[1])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"password": "not-the-canary"}, "authentication refused"),
        ({"username": "nobody"}, "authentication refused"),
        ({"user_domain_name": "Nowhere"}, "authentication refused"),
        ({"project_name": "nothing"}, "authentication refused"),
        ({"project_domain_name": "Nowhere"}, "authentication refused"),
        ({"auth_url": "http://keystone.invalid:5000/v3"}, "name resolution failed"),
    ],
    ids=lambda value: str(next(iter(value))) if isinstance(value, dict) else "",
)
def test_a_secret_that_keystone_refuses_is_our_error(
    file: Path, password: tuple[dict[str, Any], str], changes: dict[str, str], words: str
) -> None:
    done = login(changed(password[0], **changes), file, "--token")
    assert_no_token(done, file, 2, password[1], "not-the-canary")
    assert words in done.stderr and ("secret" in done.stderr or "DNS" in done.stderr)


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_of_keystone_is_our_error(
    file: Path, password: tuple[dict[str, Any], str], faults: Faults, status: int
) -> None:
    faults([{**ISSUE, "status": status}])
    assert_no_token(login(password[0], file, "--token"), file, 2, password[1])


def test_an_address_without_keystone_is_our_error(file: Path, password: tuple[dict[str, Any], str]) -> None:
    def not_found(connection: Any, over: Any) -> None:
        while connection.recv(65536):
            connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")

    with hostile.serving(not_found) as web_server:
        entry = changed(password[0], auth_url=f"http://{web_server}/v3")
        assert_no_token(login(entry, file, "--token"), file, 2, password[1])


def test_a_refused_application_credential_is_our_error(
    file: Path, application_credential: tuple[dict[str, Any], str]
) -> None:
    entry = changed(application_credential[0], application_credential_secret="not-the-canary")
    assert_no_token(login(entry, file, "--token"), file, 2, "not-the-canary")


def test_a_runner_without_a_network_is_our_error(file: Path, password: tuple[dict[str, Any], str]) -> None:
    entry = changed(password[0], auth_url=f"http://{hostile.refusing()}/v3")
    done = login(entry, file, "--token", "--control-target", hostile.refusing())
    assert_no_token(done, file, 2, password[1])
    assert "the runner's own network" in done.stderr


def test_a_secret_with_a_token_has_nothing_to_exchange(
    file: Path, password: tuple[dict[str, Any], str], demo: Connection
) -> None:
    entry = dict(password[0]["clouds"]["demo"])
    entry |= {"auth_type": "v3token", "auth": {"auth_url": entry["auth"]["auth_url"], "token": demo.auth_token}}
    done = login({"clouds": {"demo": entry}}, file, "--token")
    assert_no_token(done, file, 2, str(demo.auth_token))
    assert "leave out --token" in done.stderr.lower()


def test_without_a_scope_there_is_no_use_for_a_token(file: Path, password: tuple[dict[str, Any], str]) -> None:
    entry = changed(password[0], project_name=None, project_domain_name=None, domain_name="Default")
    assert_no_token(login(entry, file, "--token"), file, 2, password[1])


def test_after_a_keystone_that_fails_the_run_itself_says_so(
    file: Path, tmp_path: Path, password: tuple[dict[str, Any], str], faults: Faults
) -> None:
    faults([{**ISSUE, "status": 503}])
    assert login(password[0], file, "--token").returncode == 1
    assert login(password[0], file).returncode == 0
    run = run_probes(file, tmp_path / "run", ["identity"])
    assert run.exit_code == 1
    assert logout(file).returncode == 0 and not file.parent.exists()


@pytest.mark.parametrize(
    "fault", daily([{"status": 503}, {"drop": "before"}, {"hang": "before"}, {"status": 204}], [0, 3]), ids=str
)
def test_a_token_that_the_cloud_does_not_revoke_is_said_and_the_files_are_gone(
    file: Path, password: tuple[dict[str, Any], str], admin: Connection, faults: Faults, fault: dict[str, Any]
) -> None:
    assert login(password[0], file, "--token").returncode == 0
    token = entry_in(file)["auth"]["token"]
    faults([{**REVOKE, **fault}])
    began = time.monotonic()
    done = logout(file, "--timeout", "2" if "hang" in fault else "20")
    assert time.monotonic() - began < 15
    assert done.returncode == 1 and "was not revoked" in done.stderr and token not in done.stderr
    assert not file.parent.exists()
    assert status_of_token(admin, token) == 200


def test_a_token_that_is_over_already_needs_no_revocation(
    file: Path, password: tuple[dict[str, Any], str], admin: Connection
) -> None:
    assert login(password[0], file, "--token").returncode == 0
    admin.session.delete(
        f"{admin.config.config['auth']['auth_url']}/auth/tokens",
        headers={"X-Subject-Token": entry_in(file)["auth"]["token"]},
    )
    done = logout(file)
    assert done.returncode == 0 and "any more" in done.stdout and not file.parent.exists()


def test_a_logout_that_is_terminated_removes_the_files_all_the_same(
    file: Path, password: tuple[dict[str, Any], str], faults: Faults
) -> None:
    assert login(password[0], file, "--token").returncode == 0
    with hostile.serving(hostile.silent) as keystone:
        text = file.read_text()
        file.write_text(text.replace(password[0]["clouds"]["demo"]["auth"]["auth_url"], f"http://{keystone}/v3"))
        process = subprocess.Popen([*STACKPROBE, "logout", "--clouds-file", str(file)], stderr=subprocess.DEVNULL)
        await_threads(process.pid)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 128 + signal.SIGTERM
    assert not file.parent.exists()


def test_the_certificates_of_a_login_go_with_it_and_nothing_else_does(
    file: Path, password: tuple[dict[str, Any], str]
) -> None:
    assert login({**password[0], "cacert": authority()[0]}, file, "--token").returncode == 0
    assert file.with_name("ca.pem").exists()
    file.with_name("other").write_text("mine")
    assert logout(file).returncode == 0
    assert [path.name for path in file.parent.iterdir()] == ["other"]


def changed(secret: dict[str, Any], **auth: Any) -> dict[str, Any]:
    """The secret with other settings in `auth`; None removes one."""
    entry = secret["clouds"]["demo"]
    merged = {key: value for key, value in {**entry["auth"], **auth}.items() if value is not None}
    return {"clouds": {"demo": {**entry, "auth": merged}}}


def await_threads(pid: int) -> None:
    """Wait until the process asks the cloud, which it does in a thread of its own."""
    end = time.monotonic() + 30
    while len(list(Path(f"/proc/{pid}/task").iterdir())) < 2:
        assert time.monotonic() < end
        time.sleep(0.02)
