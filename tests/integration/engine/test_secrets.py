"""Secrets stay in memory: in no file that a run writes and in no command line, however it ends."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import signal
import stat
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

import psutil
import pytest
import yaml
from openstack.connection import Connection

from tests.integration.engine import hostile
from tests.integration.engine.commands import Command, Runs
from tests.integration.engine.driver import changed_clouds
from tests.integration.engine.test_interruptions import HANG, TRUNKS
from tests.integration.tokens import STACKPROBE, entry_in
from tests.support.authority import authority
from tests.support.thorough import daily

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
    """How a secret may reappear: plain, in base64, quoted for a URL, escaped for JSON and for Python."""
    texts = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1]}
    texts |= {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    encoded = base64.b64encode(secret.encode()).decode().rstrip("=")
    return [text.encode() for text in {*texts, encoded, encoded.replace("+", "-").replace("/", "_")}]


def assert_nowhere(run: Command, secrets: list[str], state: Path, said: list[str]) -> None:
    for path, content in written(run.output, state):
        for secret in secrets:
            assert not any(form in content for form in forms(secret)), f"{secret} is in {path}"
        for shape in (b"PRIVATE KEY-----", b"gAAAAA"):
            assert shape not in content, f"{shape!r} is in {path}"
    for secret in secrets:
        for form in forms(secret):
            assert form not in run.said.encode() and not any(form in line.encode() for line in said)
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


# --- a whole job: login, run, logout

SPECIAL = "-ä \"/w'\\+&%41<#@"
USER_DATA = "canary-of-user-data, which is no base64"
SERVER = f"""
- name: Boot with user data that nova refuses
  probe_call:
    call: compute.create_server
    args:
      name: "{{{{ probe_name }}}}-server"
      image_id: 00000000-0000-4000-8000-000000000000
      flavor_id: "1"
      networks: none
      user_data: "{USER_DATA}"
    creates: server
"""
ASK = """
- name: Ask a cloud that repeats what it was sent
  probe_call: {call: network.networks}
"""


class Watch:
    """The command lines of everything on this machine, from now on."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._over.wait(0.01):
            for place in Path("/proc").glob("[0-9]*/cmdline"):
                with contextlib.suppress(OSError):
                    self.seen.add(place.read_bytes())

    def end(self) -> list[str]:
        self._over.set()
        self._thread.join()
        return [line.replace(b"\0", b" ").decode("utf-8", "replace") for line in self.seen]


@pytest.fixture
def job_secrets(
    request: pytest.FixtureRequest, admin: Connection, demo: Connection, clouds: Path
) -> Iterator[tuple[dict[str, Any], list[str]]]:
    """The entry of a cloud with secrets that are hard to keep, and these."""
    password, application = f"canary-password{SPECIAL}€", f"canary-application{SPECIAL}€"
    url = f"canary-url{SPECIAL}"
    user = admin.identity.create_user(name="canary", password=password, domain_id="default")
    role = next(role for role in admin.identity.roles() if role.name == "member")
    admin.identity.assign_project_role_to_user(demo.current_project_id, user.id, role.id)
    entry = entry_in(clouds)
    split = urlsplit(entry["auth"]["auth_url"])
    entry["auth"] |= {"username": "canary", "password": password}
    if request.param == "application credential":
        one = demo.identity.create_application_credential(
            demo.current_user_id, name="job", secret=application, unrestricted=True
        )
        entry |= {"auth_type": "v3applicationcredential"}
        entry["auth"] = {"application_credential_id": one.id, "application_credential_secret": application}
    entry["auth"]["auth_url"] = f"{split.scheme}://someone:{quote(url, safe='')}@{split.netloc}{split.path}"
    yield entry, [application if request.param == "application credential" else password, url]
    admin.identity.delete_user(user)
    if request.param == "application credential":
        demo.identity.delete_application_credential(demo.current_user_id, one)


@pytest.mark.parametrize("job_secrets", daily(["password", "application credential"], [0]), indirect=True)
@pytest.mark.parametrize("held", [True, False], ids=["token", "credentials"])
def test_no_secret_of_a_job_is_anywhere_from_login_to_logout(
    runs: Runs,
    faults: Faults,
    demo: Connection,
    canaries: Path,
    tmp_path: Path,
    job_secrets: tuple[dict[str, Any], list[str]],
    held: bool,
) -> None:
    entry, sent = job_secrets
    certificate, ca_key = authority()
    proxy_password = f"canary-proxy{SPECIAL}"
    hidden = [*sent, proxy_password, USER_DATA, *ca_key.splitlines()[1:2]]
    file = tmp_path / "private" / "clouds.yaml"
    said = b""

    def command(*arguments: str, secret: Any = None) -> int:
        nonlocal said
        done = subprocess.run(
            [*STACKPROBE, *arguments],
            input=json.dumps(secret).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=60,
            check=False,
        )
        said += done.stdout
        return done.returncode

    runs.scenario("life", LIFE.replace("{{ user }}", str(demo.current_user_id)) + FAIL, creates=True)
    runs.scenario("server", SERVER, creates=True)
    runs.scenario("echo", ASK)
    watch = Watch()
    with hostile.serving(hostile.ForwardProxy()) as proxy:
        environment = {"http_proxy": f"http://someone:{quote(proxy_password, safe='')}@{proxy}"}
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("http_proxy", environment["http_proxy"])
            login = ["login", "--cloud", "demo", "--to", str(file), *(["--token"] if held else [])]
            clouds = {"clouds": {"demo": entry}}
            assert command(*login, secret={**clouds, "cacert": certificate + ca_key}) == 2
            assert not file.parent.exists()
            assert command(*login, secret={**clouds, "cacert": certificate}) == 0, said
            kept = entry_in(file)
            if held:
                hidden.append(kept["auth"]["token"])
                assert sent[0] not in file.read_text()
            else:
                sent = [*sent, entry["auth"].get("password") or entry["auth"]["application_credential_secret"]]
            known = [*(hidden[-1:] if held else sent), proxy_password]
            echo = " ".join(form.decode() for one in known for form in forms(one))
            rule = {"service": "neutron", "method": "GET", "path": "/networks"}
            body = {"NeutronError": {"type": "Echo", "message": echo, "detail": known}}
            faults([{**rule, "status": 500, "body": body}])
            run = runs.run(environment={**environment, "OS_CLIENT_CONFIG_FILE": str(file)})
            faults([])
            assert command("logout", "--clouds-file", str(file)) == 0, said
    lines = watch.end()
    outcomes = run.outcomes()
    assert outcomes["echo"] == "failed" and outcomes["server"] == "error", run.said
    (refusal,) = run.records("step", scenario="server")
    assert refusal["http_status"] == 400 and "user_data" in refusal["message"]
    assert "Echo" in run.said or "***" in str(run.records("step", scenario="echo")[0]["message"])
    assert_nowhere(run, hidden, runs.directory / "state", [*lines, said.decode()])
    assert not file.parent.exists()
    assert any("stackprobe login" in line for line in lines) and any("ansible-playbook" in line for line in lines)
