"""Packets and guests: names, configuration, and what is asked of the machine before anything is made."""

from __future__ import annotations

import configparser
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from pocketcloud import cache, clone, configs
from pocketcloud.cli import main
from pocketcloud.guests import preconditions, remains
from pocketcloud.guests.names import Names
from pocketcloud.layout import Layout, Settings

from tests.support import packages

UNIX_PATH_BYTES = 107


def written(directory: Path, guests: bool) -> dict[str, configparser.RawConfigParser]:
    """The configuration files of a cloud, by name."""
    layout = Layout(directory)
    layout.etc.mkdir(parents=True)
    settings = Settings(20000, "/somewhere/venv", passwords={"service": "known"}, guests=guests)
    configs.write(layout, settings)
    found = {}
    for path in layout.etc.glob("*.conf"):
        found[path.name] = configparser.RawConfigParser()
        found[path.name].read(path)
    return found


def test_two_clouds_have_no_name_in_common(tmp_path: Path) -> None:
    one, other = Names(tmp_path / "cloud"), Names(tmp_path / "cloud-2")
    assert one == Names(tmp_path / "cloud")
    assert not other.prefix.startswith(one.prefix) and not one.prefix.startswith(other.prefix)
    assert one.run != other.run
    for name in (one.switch, one.outside, one.guest("id"), one.metadata):
        assert name.startswith(one.prefix)


def test_sockets_have_short_paths_wherever_the_cloud_is() -> None:
    names = Names(Path("/" + "long/" * 100))
    assert len(f"{names.run}/ovn-controller.4194304.ctl") < UNIX_PATH_BYTES


def test_a_cloud_without_guests_has_no_part_of_them(tmp_path: Path) -> None:
    without, having = written(tmp_path / "without", guests=False), written(tmp_path / "with", guests=True)
    assert set(having) - set(without) == {configs.METADATA_AGENT}
    assert without["neutron.conf"]["ml2"]["mechanism_drivers"] == "pocketcloud"
    assert having["neutron.conf"]["ml2"]["mechanism_drivers"] == "ovn"
    assert "ovn" not in without["neutron.conf"] and "known" in having["neutron.conf"]["keystone_authtoken"]["password"]
    assert cache.golden_key(guests=False) == cache.golden_key() != cache.golden_key(guests=True)
    for directory in ("ovn", "guests"):
        clone.lay_out(Layout(tmp_path / "laid out"), Settings(20000, "/v", passwords=clone.new_passwords()))
        assert not (tmp_path / "laid out" / "state" / directory).exists()


def test_the_metadata_agent_and_nova_share_a_secret_that_is_nobodys_password(tmp_path: Path) -> None:
    files = written(tmp_path, guests=True)
    secret = files["nova.conf"]["neutron"]["metadata_proxy_shared_secret"]
    assert files[configs.METADATA_AGENT]["DEFAULT"]["metadata_proxy_shared_secret"] == secret
    assert secret and "known" not in secret


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look like root."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line that `up` ends with."""
    assert main(["up", *arguments, "--guests"]) == 2
    error = capsys.readouterr().err
    assert len(error.splitlines()) == 1
    return error


def test_guests_need_root(monkeypatch: pytest.MonkeyPatch, capsys: Any, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "run it as root" in refused(capsys, str(tmp_path / "cloud"))


@pytest.mark.usefixtures("root")
def test_all_missing_programs_are_named_with_their_packages(
    monkeypatch: pytest.MonkeyPatch, capsys: Any, tmp_path: Path
) -> None:
    absent = {"ovn-northd", "ovn-nbctl", "haproxy"}
    monkeypatch.setattr(shutil, "which", lambda name, path=None: None if name in absent else f"/usr/bin/{name}")
    error = refused(capsys, str(tmp_path / "cloud"))
    assert all(name in error for name in absent) and "apt-get install haproxy ovn-central)" in error
    assert not (tmp_path / "cloud" / "etc").exists()


@pytest.mark.usefixtures("root")
def test_a_machine_that_allows_no_namespaces_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: Any, tmp_path: Path
) -> None:
    forbidding = tmp_path / "bin" / "ip"
    forbidding.parent.mkdir()
    forbidding.write_text(
        "#!/bin/sh\necho 'mount --make-shared /run/netns failed: Operation not permitted' >&2; exit 1\n"
    )
    forbidding.chmod(0o755)
    monkeypatch.setenv("PATH", f"{forbidding.parent}:{os.environ['PATH']}")
    monkeypatch.setattr(preconditions, "missing_packages", list)
    error = refused(capsys, str(tmp_path / "cloud"))
    assert "does not allow network namespaces" in error and "Operation not permitted" in error


def test_an_older_series_has_no_guests(capsys: Any, tmp_path: Path) -> None:
    assert "2026.2" in refused(capsys, str(tmp_path / "cloud"), "--series", "2024.1")


def test_where_no_guests_were_nothing_is_removed(tmp_path: Path) -> None:
    assert remains.clear(Layout(tmp_path)) == 0


def test_what_guests_need_is_installed_for_their_tests() -> None:
    assert set(preconditions.PROGRAMS.values()) <= packages.NEEDED["guests"].keys()


def test_commands_are_run_outside_only_where_guests_are(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for arguments in (["namespace", str(tmp_path)], ["exec", str(tmp_path), "--", "true"]):
        assert main(["guests", *arguments]) == 2
        assert "pocketcloud up --guests" in capsys.readouterr().err
