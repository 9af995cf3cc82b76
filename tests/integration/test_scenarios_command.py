"""`stackprobe scenarios` lists what there is, and tells of each whether a genuine cloud can run it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openstack.connection import Connection
from pocketcloud.cloud import Cloud
from stackprobe.cli import main

from tests.integration.customers import NAME, customer


@pytest.fixture(autouse=True)
def clouds(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(cloud.clouds_yaml))


def test_without_a_cloud_it_lists_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenarios", "--json"]) == 0
    found = {one["name"]: one for one in json.loads(capsys.readouterr().out)}
    assert {"compute", "endpoints", "identity", "image", "network", "volume"} <= set(found)
    assert found["network"]["services"] == ["network"] and "life_cycle" in found["network"]["tags"]
    assert all(one["description"] and "runs" not in one for one in found.values())


def test_with_a_tag_it_lists_those_that_have_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenarios", "--tag", "read_only"]) == 0
    shown = capsys.readouterr().out
    names = {line.split(" ", 1)[0] for line in shown.splitlines()}
    assert "endpoints" in names and "network" not in names


def test_a_tag_that_no_scenario_has_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenarios", "--tag", "read-only"]) == 2
    assert "did you mean `read_only`?" in capsys.readouterr().err


def test_with_a_cloud_it_says_why_not(
    cloud: Cloud,
    admin: Connection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with customer(cloud, admin, tmp_path, roles=("reader",)) as clouds_yaml:
        monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(clouds_yaml))
        assert main(["scenarios", "--json", "--cloud", NAME]) == 0
        said = capsys.readouterr()
    found = {one["name"]: one for one in json.loads(said.out)}
    assert found["endpoints"]["runs"] and found["endpoints"]["reason"] is None
    assert not found["network"]["runs"] and "role reader" in found["network"]["reason"]
    assert "role add" in said.err


def test_a_cloud_that_is_unknown_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenarios", "--cloud", "dmo"]) == 2
    assert "did you mean `demo`?" in capsys.readouterr().err
