"""Secrets of every kind, encrypted for Zuul as an operator does it, in builds whose own scenario shows them.

Nothing that is published, reported or told has any of them.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from openstack.connection import Connection
from pocketcloud.cloud import Cloud

from tests.support.leaks import leaks
from tests.zuul.published import problem_of, results
from tests.zuul.rig import Rig
from tests.zuul.rig.builds import Build, Item
from tests.zuul.switch import Switch

TENANT = "secret"
JOBS = ("talkative-text", "talkative-data", "talkative-application")
FOREIGN = "the-canary-of-another-cloud"
PATH = "/the-canary-of-a-talkative-build"
LONG = 40
"""Characters of a line of a key that is no other text by chance, in whatever encoding."""
BLACKED_OUT = "[Zuul] Secret detected in output"
SHOWN = (  # and the error quotes it
    "Show the secret as it is",
    "Show the secret encoded",
    "Show the credentials of the build",
    "Show where the switch is",
)


class Encrypted(list[str]):
    """Written to YAML as `!encrypted/pkcs1-oaep`."""


class _Dumper(yaml.SafeDumper):
    """Knows Encrypted."""


_Dumper.add_representer(
    Encrypted, lambda dumper, pieces: dumper.represent_sequence("!encrypted/pkcs1-oaep", list(pieces))
)


class Told:
    """The builds, the item that they are of, and what is secret in them."""

    def __init__(self, item: Item, builds: dict[str, Build], canaries: list[str]) -> None:
        self.item, self.builds, self.canaries = item, builds, canaries


@pytest.fixture(scope="module")
def application(demo: Connection) -> Iterator[Any]:
    """An application credential of the customer."""
    made = demo.identity.create_application_credential(demo.current_user_id, name="talkative")
    yield made
    demo.identity.delete_application_credential(demo.current_user_id, made.id)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The private key of a host that leads to guests."""
    file = tmp_path_factory.mktemp("key") / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file], check=True)
    return file.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def told(rig: Rig, cloud: Cloud, placeholders: dict[str, str], application: Any, heartbeats: Switch, key: str) -> Told:
    """All builds, after the secrets were merged."""
    cloud.faults()
    entry = yaml.safe_load(cloud.clouds_yaml.read_text())["clouds"]["demo"]
    password, address = placeholders["CLOUD_PASSWORD"], heartbeats.url + PATH
    other = {"auth": {**entry["auth"], "password": FOREIGN}}
    credential = {
        "auth_type": "v3applicationcredential",
        "region_name": entry["region_name"],
        "auth": {
            "auth_url": entry["auth"]["auth_url"],
            "application_credential_id": application.id,
            "application_credential_secret": application.secret,
        },
    }

    def secret(text: str) -> Encrypted:
        return Encrypted(rig.encrypted(TENANT, text))

    data = {
        **entry,
        "auth": {**entry["auth"], "password": secret(password)},
        "stackprobe": {"ssh_keys": {"bastion": secret(key)}},
    }
    with_key = {**entry, "stackprobe": {"ssh_keys": {"bastion": key}}}
    credential_text = yaml.safe_dump({"clouds": {"embedded": credential}})
    secrets: dict[str, dict[str, Any]] = {
        "text": {
            "clouds_yaml": secret(yaml.safe_dump({"clouds": {"embedded": with_key}})),
            "secure_yaml": secret(yaml.safe_dump({"clouds": {"elsewhere": other}})),
        },
        "data": {"clouds": {"embedded": data}},
        "application": {"clouds_yaml": secret(credential_text)},
        "switch": {"url": secret(address)},
    }
    entries = [{"secret": {"name": name, "data": value}} for name, value in secrets.items()]
    rig.merge(TENANT, {"zuul.d/secrets.yaml": yaml.dump(entries, Dumper=_Dumper)})
    assert rig.config_errors(TENANT) == []
    item = rig.enqueue(TENANT)
    canaries = [
        password,
        FOREIGN,
        application.secret,
        address,
        PATH,
        *(line for line in key.splitlines()[1:-1] if len(line) > LONG),
    ]
    return Told(item, rig.wait(item, timeout_s=400), canaries)


@pytest.mark.parametrize("job", JOBS)
def test_the_secret_opens_the_cloud(told: Told, job: str) -> None:
    found = {one.name: one.outcome for one in results(told.builds[job]).scenarios}

    assert found == {"identity": "passed", "talkative": "error"}


@pytest.mark.parametrize("job", JOBS)
def test_the_console_is_black_where_a_secret_was_shown(told: Told, job: str) -> None:
    console = told.builds[job].console

    for task in SHOWN:
        assert f"probe_talkative : {task}]" in console
    assert console.count(BLACKED_OUT) >= len(SHOWN)


@pytest.mark.parametrize("job", JOBS)
def test_no_secret_is_published(told: Told, job: str) -> None:
    build = told.builds[job]

    assert "job-output.json" in build.published()
    assert BLACKED_OUT in (build.logs / "job-output.json").read_text()
    assert leaks(told.canaries, build.logs) == []
    assert leaks(["gAAAAA"], build.logs) == []


def test_zuul_tells_no_secret(told: Told, rig: Rig, tmp_path: Path) -> None:
    builds = told.builds.values()
    (tmp_path / "mqtt").write_text(json.dumps(rig.message(told.item)))
    (tmp_path / "web").write_text(json.dumps([build.record for build in builds]) + "".join(b.message for b in builds))

    assert leaks([*told.canaries, "redactions"], tmp_path) == []


@pytest.mark.parametrize("job", JOBS)
def test_the_result_says_what_was_wrong_all_the_same(told: Told, job: str) -> None:
    assert told.builds[job].result == "POST_FAILURE"
    assert "Quote the secret in an error" in problem_of(told.builds[job])
