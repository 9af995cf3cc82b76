"""Secrets stay in memory: in no file that a run writes and in no command line, however it ends."""

from __future__ import annotations

import base64
import os
import signal
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml
from openstack.connection import Connection

from tests.integration.engine.commands import Command, Runs
from tests.integration.engine.driver import changed_clouds
from tests.integration.engine.test_interruptions import HANG, TRUNKS

Faults = Callable[[list[dict[str, Any]]], None]
LIFE = """
- name: Issue a token
  probe_token: {action: issue, token: first}

- name: Validate it
  probe_token: {action: validate, token: first}

- name: Make a key
  probe_call:
    call: compute.create_keypair
    args: {name: "{{ probe_name }}-generated"}
    creates: keypair
  register: key

- name: Make a credential
  probe_call:
    call: identity.create_application_credential
    args:
      user: "{{ user }}"
      name: "{{ probe_name }}-credential"
      secret: {$secret: canary}
      unrestricted: false
    creates: application_credential
  register: credential

- name: Show what was registered
  ansible.builtin.debug:
    msg: "{{ key }} {{ credential }}"

"""
FAIL = """
- name: Ask wrongly
  probe_call:
    call: compute.create_keypair
    args: {name: "{{ probe_name }}-other", public_key: no key}
    creates: keypair
"""


@pytest.fixture
def canaries(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Where the processes of the test put their temporary files."""
    place = Path(tempfile.mkdtemp(prefix="c-", dir="/tmp"))
    monkeypatch.setenv("TMPDIR", str(place))
    yield place
    end = time.monotonic() + 10  # the session of a play ends a moment after the play
    while (left := list(place.iterdir())) and time.monotonic() < end:
        time.sleep(0.05)
    assert not left, "temporary files are left"
    place.rmdir()


@pytest.fixture
def secretive(clouds: Path, tmp_path: Path, demo: Connection) -> Iterator[tuple[Path, list[str]]]:
    """A clouds.yaml with an application credential, and its secret."""
    one = demo.identity.create_application_credential(
        demo.current_user_id, name="canary", secret="canary-of-a-credential", unrestricted=True
    )
    none = dict.fromkeys(("username", "password", "project_name", "user_domain_name", "project_domain_name"))
    auth = {"application_credential_id": one.id, "application_credential_secret": "canary-of-a-credential"}
    place = changed_clouds(clouds, tmp_path / "secret.yaml", auth_type="v3applicationcredential", auth={**none, **auth})
    place.chmod(0o600)
    yield place, ["canary-of-a-credential"]
    demo.identity.delete_application_credential(demo.current_user_id, one)


def watched(run: Command) -> list[str]:
    """The command lines of everything that the run starts, until its end."""
    seen: set[str] = set()
    while run.process.poll() is None:
        for one in [psutil.Process(run.process.pid), *run.descendants()]:
            try:
                seen.add(" ".join(one.cmdline()))
            except psutil.Error:
                continue
        time.sleep(0.02)
    return sorted(seen)


def written(*places: Path) -> Iterator[tuple[Path, bytes]]:
    for place in places:
        for folder, _, files in os.walk(place):
            for name in files:
                path = Path(folder, name)
                yield path, path.read_bytes() if path.is_file() else b""


def forms(secret: str) -> list[bytes]:
    return [secret.encode(), base64.b64encode(secret.encode())]


def assert_nowhere(run: Command, secrets: list[str], state: Path, said: list[str]) -> None:
    for path, content in written(run.output, state):
        for secret in secrets:
            assert not any(form in content for form in forms(secret)), f"{secret} is in {path}"
        for shape in (b"PRIVATE KEY-----", b"gAAAAA"):
            assert shape not in content, f"{shape!r} is in {path}"
    for secret in secrets:
        assert secret not in run.said and not any(secret in line for line in said)
    assert "gAAAAA" not in run.said and "PRIVATE KEY" not in run.said
    for name in ("journal.jsonl", "ansible.log"):
        path = run.output / name
        assert not path.exists() or stat.S_IMODE(path.stat().st_mode) == 0o600
    for path, _ in written(state):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.fixture
def password(clouds: Path) -> str:
    return str(yaml.safe_load(clouds.read_text())["clouds"]["demo"]["auth"]["password"])


@pytest.mark.parametrize("ending", ["passes", "fails", "is interrupted"])
def test_a_password_and_what_it_gives_are_nowhere(
    runs: Runs, faults: Faults, demo: Connection, canaries: Path, password: str, ending: str
) -> None:
    tasks = LIFE.replace("{{ user }}", str(demo.current_user_id))
    tasks += {"passes": "", "fails": FAIL, "is interrupted": HANG}[ending]
    runs.scenario("life", tasks, creates=True)
    faults([TRUNKS])
    run = runs.start()
    if ending == "is interrupted":
        run.await_record("step", step="Make a credential")
        run.signal(signal.SIGTERM)
    said = watched(run)
    assert run.process.returncode == (0 if ending == "passes" else 2), run.said
    assert [one["outcome"] for one in run.records("step", scenario="life")][:4] == ["passed"] * 4
    assert_nowhere(run, [password], runs.directory / "state", said)
    assert any("ansible-playbook" in line for line in said)


def test_the_most_talkative_ansible_knows_no_secret(
    runs: Runs, demo: Connection, canaries: Path, password: str
) -> None:
    runs.scenario("life", LIFE.replace("{{ user }}", str(demo.current_user_id)) + FAIL, creates=True)
    play = runs.play("-vvvv", environment={"ANSIBLE_DEBUG": "true"})
    said = watched(play)
    assert play.process.returncode != 0 and "Make a credential" in play.said
    assert_nowhere(play, [password], runs.directory / "state", said)
    for _, content in written(runs.directory / "ansible"):
        assert password.encode() not in content


def test_the_secret_of_an_application_credential_is_nowhere(
    runs: Runs, canaries: Path, secretive: tuple[Path, list[str]]
) -> None:
    place, secrets = secretive
    runs.scenario("list", "- name: List the networks\n  probe_call: {call: network.networks}\n" + FAIL, creates=True)
    run = runs.start(environment={"OS_CLIENT_CONFIG_FILE": str(place)})
    said = watched(run)
    assert run.process.returncode == 2
    assert_nowhere(run, secrets, runs.directory / "state", said)


def test_a_password_in_the_environment_is_not_handed_on_to_ansible(
    runs: Runs, faults: Faults, clouds: Path, tmp_path: Path, password: str
) -> None:
    faults([TRUNKS])
    runs.scenario("hang", HANG)
    place = changed_clouds(clouds, tmp_path / "clouds.yaml", auth={"password": None})
    run = runs.start(environment={"OS_CLIENT_CONFIG_FILE": str(place), "OS_PASSWORD": password})
    (ansible, *_) = run.await_(lambda: run.descendants("run.yaml"))
    assert password not in ansible.environ().values()
    run.kill()


def test_a_refused_password_is_not_repeated(runs: Runs, clouds: Path, tmp_path: Path) -> None:
    runs.scenario("never", HANG)
    place = changed_clouds(clouds, tmp_path / "clouds.yaml", auth={"password": "canary/of a\"wrong' password"})
    run = runs.run(environment={"OS_CLIENT_CONFIG_FILE": str(place)})
    assert run.process.returncode == 2
    assert "authentication refused" in run.said
    assert_nowhere(run, ["canary/of a\"wrong' password"], runs.directory / "state", [])
