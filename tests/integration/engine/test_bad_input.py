"""Bad input: one clear error, exit code 2, no traceback, nothing made here or in the cloud."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from openstack.connection import Connection

from tests.integration.engine.driver import changed_clouds
from tests.support.clouds import inventory


@pytest.fixture(scope="module", autouse=True)
def untouched(admin: Connection) -> Iterator[None]:
    """None of it reaches the cloud."""
    before = inventory(admin)
    yield
    assert inventory(admin) == before


UNPRIVILEGED = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()
"""Before a command: modes of files hold for root too."""


@dataclass
class Place:
    """A directory to run commands in, and the clouds.yaml that they find."""

    directory: Path
    clouds: Path
    command: tuple[str, ...] = (sys.executable, "-m", "stackprobe")

    def file(self, name: str, text: str) -> str:
        (self.directory / name).write_text(text)
        return name

    def error(self, *words: str, **environment: str) -> str:
        """Run ``stackprobe`` with ``words``; its error, which is all that it may leave."""
        before = {path.name for path in self.directory.iterdir()}
        done = subprocess.run(
            [*self.command, *words],
            cwd=self.directory,
            env={**os.environ, "OS_CLIENT_CONFIG_FILE": str(self.clouds), **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 2, done
        assert "Traceback" not in done.stderr
        assert {path.name for path in self.directory.iterdir()} == before
        lines = done.stderr.strip().splitlines()
        assert lines and lines[-1].startswith("stackprobe"), done.stderr
        return lines[-1]


@pytest.fixture
def place(clouds: Path, tmp_path: Path) -> Place:
    directory = tmp_path / "here"
    directory.mkdir()
    return Place(directory, clouds)


def test_an_unknown_cloud(place: Place) -> None:
    error = place.error("run", "--cloud", "dmo")
    assert "no cloud `dmo`" in error and "`demo`" in error


def test_no_cloud(place: Place) -> None:
    assert "--cloud" in place.error("run")


def test_an_unknown_region(place: Place) -> None:
    changed = changed_clouds(place.clouds, place.directory.parent / "regions.yaml", regions=["RegionOne", "RegionTwo"])
    place.clouds = changed
    error = place.error("run", "--cloud", "demo", "--region", "RegionTow")
    assert "RegionTow" in error and "RegionTwo" in error


def test_an_unknown_scenario(place: Place) -> None:
    error = place.error("run", "--cloud", "demo", "--scenario", "netwrok")
    assert "`netwrok`" in error and "`network`" in error


def test_an_unknown_tag(place: Place) -> None:
    assert "no scenario has the tag `nope`" in place.error("run", "--cloud", "demo", "--tag", "nope")


def test_a_selection_that_matches_nothing(place: Place, tmp_path: Path) -> None:
    role = tmp_path / "roles" / "probe_only"
    role.mkdir(parents=True)
    (role / "scenario.yaml").write_text("{description: The only one, tags: [odd]}\n")
    config = place.file("probes.yaml", "scenarios: {tags: [odd], skip_names: [only]}\n")
    roles = ["--roles-path", str(tmp_path / "roles")]
    error = place.error("run", "--cloud", "demo", "--config", config, *roles)
    assert "nothing would be proven" in error


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("clouds:\n  demo: [\n", "clouds.yaml"),
        ("clouds: 7\n", "must map names to clouds"),
        ("", "is empty"),
        ("clouds:\n  demo:\n    auth: {auth_url: http://x, username: u, project_name: p}\n", "lacks `password`"),
        ("clouds:\n  demo:\n    auth_type: nope\n    auth: {auth_url: http://x}\n", "unknown auth_type"),
    ],
)
def test_a_malformed_clouds_yaml(place: Place, text: str, says: str) -> None:
    place.clouds = place.directory / "clouds.yaml"
    place.file("clouds.yaml", text)
    assert says in place.error("run", "--cloud", "demo")


def test_a_clouds_yaml_that_is_not_there(place: Place) -> None:
    place.clouds = place.directory / "nowhere.yaml"
    assert "nowhere.yaml" in place.error("run", "--cloud", "demo", HOME=str(place.directory))


def test_a_clouds_yaml_that_may_not_be_read(place: Place) -> None:
    place.clouds = place.directory / "clouds.yaml"
    place.file("clouds.yaml", "clouds: {}\n")
    place.clouds.chmod(0)
    place.command = (*UNPRIVILEGED, *place.command)
    assert "cannot be read" in place.error("run", "--cloud", "demo", HOME=str(place.directory))


def test_a_directory_in_place_of_clouds_yaml(place: Place) -> None:
    place.clouds = place.directory / "clouds.yaml"
    place.clouds.mkdir()
    assert "cannot be read" in place.error("run", "--cloud", "demo", HOME=str(place.directory))


def test_an_output_directory_that_is_not_empty(place: Place) -> None:
    (place.directory / "out").mkdir()
    place.file("out/thing", "")
    assert "not empty" in place.error("run", "--cloud", "demo", "--output", "out")


@pytest.mark.parametrize("name", ["file/out", "/proc/out", "file"])
def test_an_output_directory_that_cannot_be_made(place: Place, name: str) -> None:
    place.file("file", "")
    assert "cannot be written" in place.error("run", "--cloud", "demo", "--output", name)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("prefx: me\n", "probes.yaml:1"),
        ("deadline_s: soon\n", "deadline_s"),
        ("scenarios: {names: [netwrok]}\n", "network"),
        ("options: {network: {nope: 1}}\n", "nope"),
        ("a: [\n", "probes.yaml"),
        ("graphite: {address: 'host:port:more'}\n", "address"),
    ],
)
def test_a_configuration_with_a_mistake(place: Place, text: str, says: str) -> None:
    config = place.file("probes.yaml", text)
    assert says in place.error("run", "--cloud", "demo", "--config", config)


def test_a_configuration_that_is_not_there(place: Place) -> None:
    assert "nowhere.yaml" in place.error("run", "--cloud", "demo", "--config", "nowhere.yaml")


def test_a_folder_of_roles_that_is_not_there(place: Place) -> None:
    assert "nowhere" in place.error("run", "--cloud", "demo", "--roles-path", "nowhere")


def test_an_ansible_that_is_not_there(place: Place) -> None:
    assert "--ansible-playbook" in place.error("run", "--cloud", "demo", "--ansible-playbook", "/nowhere/ansible")


@pytest.mark.parametrize("text", ["no journal\n", "\x00\x01\x02", "[1, 2]\n", '{"a": 1}\n'])
def test_a_journal_that_is_no_journal(place: Place, text: str) -> None:
    (place.directory / "out").mkdir()
    place.file("out/journal.jsonl", text)
    assert "journal" in place.error("report", "out")


def test_no_journal_at_all(place: Place) -> None:
    assert "out" in place.error("report", "out")


@pytest.mark.parametrize("address", ["nonsense", "host:", ":2003", "host:0", "host:65536", "[::1", "a b:2003"])
def test_a_malformed_address_of_graphite(place: Place, address: str) -> None:
    (place.directory / "out").mkdir()
    place.file("out/metrics.txt", "a.b 1 1790000000\n")
    assert "HOST:PORT" in place.error("send", "out", "--graphite", address)


@pytest.mark.parametrize(
    "words", [["sweep", "--cloud", "dmo"], ["session", "--cloud", "dmo", "--home", "x", "--player", "1"]]
)
def test_an_unknown_cloud_of_the_other_commands(place: Place, words: list[str]) -> None:
    assert "`dmo`" in place.error(*words, "--cloud", "dmo")


def test_wrong_credentials_name_the_remedy(place: Place) -> None:
    changed = changed_clouds(place.clouds, place.directory.parent / "wrong.yaml", auth={"password": "no"})
    done = subprocess.run(
        [sys.executable, "-m", "stackprobe", "run", "--cloud", "demo", "--scenario", "network", "--output", "out"],
        cwd=place.directory,
        env={**os.environ, "OS_CLIENT_CONFIG_FILE": str(changed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "authentication refused" in done.stderr and "Check the credentials in clouds.yaml" in done.stderr
