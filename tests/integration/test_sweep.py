"""A sweep leaves a project without anything of dead runs, and with everything of live runs and of anyone else."""

from __future__ import annotations

import argparse
import email.utils
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openstack
import pytest
from pocketcloud.cloud import Cloud
from stackprobe.cloud import open_cloud, scope_of
from stackprobe.commands import sweep as command
from stackprobe.errors import UsageError
from stackprobe.liveness import RunLock, liveness
from stackprobe.naming import new_run_id
from stackprobe.resources import KINDS
from stackprobe.sweep import find_leftovers, removal, sweep

from tests.integration.leftovers import kill_run, leave_everything
from tests.support.clouds import inventory, settled_inventory

Faults = Callable[[list[dict[str, Any]]], None]
Connection = openstack.connection.Connection


@pytest.fixture(autouse=True)
def surroundings(cloud: Cloud, faults: Faults, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The cloud's own clouds.yaml, no runs of this machine, and nothing left for the next test."""
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(cloud.clouds_yaml))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    yield
    faults([])
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(cloud.clouds_yaml))
    monkeypatch.setattr(removal, "ITEM_DEADLINE_S", 60.0)
    for name in ("demo", "admin"):
        assert sweep(open_cloud(name, timeout_s=30), older_than_s=-3600).exit_code == 0


@pytest.fixture
def connection(cloud: Cloud) -> Connection:
    """A customer's connection as the command opens it."""
    return open_cloud("demo", timeout_s=5)


@pytest.fixture
def run_id() -> Iterator[str]:
    """A run that was killed on this machine a moment ago."""
    name = new_run_id(time.time(), 3600)
    kill_run(name)
    yield name


def networks(connection: Connection, *names: str) -> list[str]:
    return [connection.network.create_network(name=name).id for name in names]


def names_of(connection: Connection) -> set[str]:
    return {one.name for one in connection.network.networks(project_id=connection.current_project_id)}


@pytest.mark.parametrize("cloud_name", ["demo", "admin"])
def test_everything_that_a_killed_run_left_goes_whatever_hangs_on_what(
    admin: Connection, cloud_name: str, run_id: str
) -> None:
    connection = open_cloud(cloud_name, timeout_s=10)
    before = inventory(admin)
    leave_everything(connection, "stackprobe", run_id, user=cloud_name == "admin")
    report = sweep(connection)
    assert (report.failed, report.unlisted, report.exit_code) == ((), (), 0)
    kinds = {leftover.found.kind for leftover in report.deleted}
    there = {name for name, kind in KINDS.items() if kind.present(connection) and not kind.known_by_name}
    assert kinds == there - ({"user"} if cloud_name == "demo" else set())
    assert settled_inventory(admin, before) == before
    assert sweep(connection).deleted == ()


def test_what_others_own_stays_even_with_a_similar_name_and_with_admin_credentials(
    admin: Connection, demo: Connection, run_id: str
) -> None:
    before = inventory(admin)
    mine = networks(admin, f"stackprobe-{run_id}-net")
    changed = run_id[:15] + ("a" if run_id[15] != "a" else "b")
    others = ["stackprobe-net", f"stackprobe-{run_id}", f"stackprobe-{changed}-net", f"stackprobe2-{run_id}-net"]
    others += [f"copy-of-stackprobe-{run_id}-net", f"stackprobe_{run_id}_net", "prod"]
    kept = networks(admin, *others)
    of_another_project = networks(demo, f"stackprobe-{run_id}-net")
    volume = demo.block_storage.create_volume(name=f"stackprobe-{run_id}-volume", size=1)
    server_group_key = demo.compute.create_keypair(name=f"stackprobe-{run_id}-key")
    try:
        report = sweep(open_cloud("admin", timeout_s=10))
        assert [leftover.found.id for leftover in report.deleted] == mine
        left = inventory(admin)
        assert set(kept + of_another_project) <= set(left["networks"])
        assert volume.id in left["volumes"] and f"demo/{server_group_key.name}" in left["keypairs"]
    finally:
        for identity in kept:
            admin.network.delete_network(identity)
        sweep(open_cloud("demo", timeout_s=10))
    assert settled_inventory(admin, before) == before


def test_what_a_live_run_made_stays(demo: Connection, connection: Connection) -> None:
    run_id = new_run_id(time.time(), 3600)
    (network,) = networks(demo, f"stackprobe-{run_id}-net")
    with RunLock(run_id) as lock:
        report = sweep(connection, older_than_s=0)
        assert [(one.found.id, one.reason) for one in report.kept] == [(network, "its run is alive on this machine")]
        assert report.exit_code == 0 and find_leftovers(connection) == []
        lock.leave_for_sweep()
    assert [one.found.id for one in find_leftovers(connection)] == [network]
    assert sweep(connection).exit_code == 0


def test_a_run_that_is_ending_may_remove_its_resources_itself(demo: Connection, connection: Connection) -> None:
    run_id = new_run_id(time.time(), 3600)
    (network,) = networks(demo, f"stackprobe-{run_id}-net")

    def end(lock: RunLock) -> None:
        time.sleep(1.5)
        demo.network.delete_network(network)
        lock.__exit__(None, None, None)

    lock = RunLock(run_id).__enter__()
    lock.state("ending")
    thread = threading.Thread(target=end, args=(lock,))
    thread.start()
    said: list[str] = []
    report = sweep(connection, tell=said.append)
    thread.join()
    assert (report.deleted, report.kept, report.exit_code) == ((), (), 0)
    assert "waiting up to 60 s for 1 run" in said[0]


def test_the_run_of_another_machine_is_left_alone_until_it_must_be_over(
    demo: Connection, connection: Connection
) -> None:
    (network,) = networks(demo, f"stackprobe-{new_run_id(time.time() - 7200, 60)}-net")
    time.sleep(1.1)
    report = sweep(connection)
    assert [one.found.id for one in report.kept] == [network] and "may be alive on another machine" in report.kept[
        0
    ].reason
    assert [one.found.id for one in sweep(connection, older_than_s=3600).kept] == [network]
    assert [one.found.id for one in sweep(connection, older_than_s=0).deleted] == [network]


def test_ages_are_judged_by_the_clouds_clock(demo: Connection, connection: Connection, faults: Faults) -> None:
    def cloud_is(ahead_s: float) -> None:
        date = email.utils.formatdate(time.time() + ahead_s, usegmt=True)
        faults([{"service": "identity", "method": "GET", "path": "/v3/?$", "status": 200, "headers": {"Date": date}}])

    (network,) = networks(demo, f"stackprobe-{new_run_id(time.time(), 60)}-net")
    cloud_is(ahead_s=-1000)
    assert [one.found.id for one in sweep(connection, older_than_s=0).kept] == [network]
    cloud_is(ahead_s=1000)
    assert [one.found.id for one in sweep(connection).deleted] == [network]


def test_a_dry_run_deletes_nothing_and_says_what_it_would(
    admin: Connection, demo: Connection, connection: Connection, run_id: str
) -> None:
    networks(demo, f"stackprobe-{run_id}-net")
    before = inventory(admin)
    report = sweep(connection, dry_run=True)
    assert [one.found.name for one in report.deleted] == [f"stackprobe-{run_id}-net"]
    assert any(line.startswith("would delete network") for line in report.lines())
    assert inventory(admin) == before and liveness(run_id) == "dead"
    sweep(connection)


def test_a_killed_run_is_forgotten_when_nothing_is_left_of_it(demo: Connection, connection: Connection) -> None:
    mine, elsewhere = new_run_id(time.time(), 60), new_run_id(time.time(), 60)
    kill_run(mine, scope_of(connection))
    kill_run(elsewhere, "another-cloud/one")
    networks(demo, f"stackprobe-{mine}-net")
    sweep(connection)
    assert (liveness(mine), liveness(elsewhere)) == ("unknown", "dead")


def test_one_service_that_fails_does_not_stop_the_others(
    demo: Connection, connection: Connection, faults: Faults, run_id: str
) -> None:
    networks(demo, f"stackprobe-{run_id}-net")
    demo.compute.create_keypair(name=f"stackprobe-{run_id}-key")
    faults([{"service": "network", "method": "GET", "path": "/networks", "status": 503}])
    report = sweep(connection)
    assert [one.found.kind for one in report.deleted] == ["keypair"]
    assert [kind for kind, _ in report.unlisted] == ["network"] and "503" in report.unlisted[0][1]
    assert report.exit_code == 1 and liveness(run_id) == "dead"
    faults([])
    assert sweep(connection).exit_code == 0
    assert f"stackprobe-{run_id}-net" not in names_of(demo)


def test_a_service_that_hangs_does_not_hang_the_sweep(demo: Connection, faults: Faults, run_id: str) -> None:
    connection = open_cloud("demo", timeout_s=2)
    networks(demo, f"stackprobe-{run_id}-net")
    demo.compute.create_keypair(name=f"stackprobe-{run_id}-key")
    faults([{"service": "network", "method": "GET", "path": "/v2.0/", "hang": "before"}])
    began = time.monotonic()
    report = sweep(connection)
    assert time.monotonic() - began < 20
    assert [one.found.kind for one in report.deleted] == ["keypair"]
    assert {kind for kind, _ in report.unlisted} == {name for name in KINDS if KINDS[name].service == "network"}
    faults([])
    assert sweep(connection).exit_code == 0


def test_a_delete_that_hangs_ends_with_the_sweeps_deadline(demo: Connection, faults: Faults, run_id: str) -> None:
    connection = open_cloud("demo", timeout_s=300)
    networks(demo, f"stackprobe-{run_id}-net")
    demo.compute.create_keypair(name=f"stackprobe-{run_id}-key")
    faults([{"service": "network", "method": "DELETE", "hang": "before"}])
    began = time.monotonic()
    report = sweep(connection, deadline_s=6)
    assert time.monotonic() - began < 12
    assert [one.found.kind for one in report.deleted] == ["keypair"]
    assert [(one.found.kind, reason) for one, reason in report.failed] == [("network", "no answer in time")]
    assert report.exit_code == 1
    faults([])
    assert sweep(open_cloud("demo", timeout_s=10)).exit_code == 0


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 409, "body": "in use"},
        {"status": 500},
        {"status": 429, "retry_after": 1},
        {"drop": "before"},
        {"drop": "after"},
        {"status": 204},
    ],
    ids=str,
)
def test_a_delete_that_fails_at_first_is_tried_again(
    demo: Connection,
    connection: Connection,
    faults: Faults,
    run_id: str,
    fault: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(removal, "ITEM_DEADLINE_S", 2.5)
    networks(demo, f"stackprobe-{run_id}-net")
    faults([{"service": "network", "method": "DELETE", "path": "/networks/", "times": 1, **fault}])
    report = sweep(connection)
    assert (report.failed, report.exit_code) == ((), 0)
    assert f"stackprobe-{run_id}-net" not in names_of(demo)


def test_what_the_cloud_cannot_delete_is_named_with_its_reason_and_the_rest_goes(
    demo: Connection, connection: Connection, faults: Faults, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removal, "_BACK_OFF_S", (0.2,))
    networks(demo, f"stackprobe-{run_id}-bad", f"stackprobe-{run_id}-good")
    bad = next(demo.network.networks(name=f"stackprobe-{run_id}-bad")).id
    faults([{"service": "network", "method": "DELETE", "path": bad, "status": 500, "body": "out of order"}])
    report = sweep(connection)
    assert [one.found.name for one in report.deleted] == [f"stackprobe-{run_id}-good"]
    ((failed, reason),) = report.failed
    assert failed.found.id == bad and "out of order" in reason
    assert report.exit_code == 1 and any("FAILED to delete network" in line for line in report.lines())
    faults([])
    sweep(connection)


def test_a_network_that_somebody_elses_server_uses_stays_with_the_server(
    demo: Connection, connection: Connection, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removal, "_BACK_OFF_S", (0.2,))
    (network,) = networks(demo, f"stackprobe-{run_id}-net")
    demo.network.create_subnet(network_id=network, ip_version=4, cidr="10.97.0.0/24")
    image = next(demo.image.images(visibility="public"))
    flavor = min(demo.compute.flavors(), key=lambda one: one.ram)
    server = demo.compute.create_server(
        name="of-a-colleague", image_id=image.id, flavor_id=flavor.id, networks=[{"uuid": network}]
    )
    server = demo.compute.wait_for_server(server, interval=0.5)
    report = sweep(connection)
    assert [one.found.id for one, _ in report.failed] == [network] and report.exit_code == 1
    assert demo.compute.get_server(server.id).status == "ACTIVE"
    assert len(list(demo.network.ports(device_id=server.id))) == 1
    demo.compute.delete_server(server)
    demo.compute.wait_for_delete(server, interval=0.5)
    assert sweep(connection).exit_code == 0


def test_refused_credentials_are_the_users_error(cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = tmp_path / "clouds.yaml"
    lines = cloud.clouds_yaml.read_text().splitlines()
    wrong.write_text("\n".join("      password: wrong-one" if "password:" in line else line for line in lines))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(wrong))
    with pytest.raises(UsageError, match="refuses the credentials"):
        sweep(open_cloud("demo"))


def test_a_region_that_the_catalog_does_not_know_is_the_users_error(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = tmp_path / "clouds.yaml"
    wrong.write_text(cloud.clouds_yaml.read_text().replace("RegionOne", "RegionTwo"))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(wrong))
    with pytest.raises(UsageError, match="no region `RegionTwo`"):
        sweep(open_cloud("demo"))


@pytest.mark.parametrize("fault", [{"status": 503}, {"drop": "before"}, {"garbage": True}], ids=str)
def test_a_keystone_that_fails_is_the_clouds_fault(
    connection: Connection, faults: Faults, fault: dict[str, Any]
) -> None:
    faults([{"service": "identity", **fault}])
    report = sweep(connection)
    assert report.exit_code == 1 and {kind for kind, _ in report.unlisted} == set(KINDS)


def run_command(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str]:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    code = command.execute(parser.parse_args(options))
    return code, capsys.readouterr().out


def test_the_command_reports_for_people_and_for_machines(
    demo: Connection, run_id: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    networks(demo, f"mine-{run_id}-net")
    config = tmp_path / "probes.yaml"
    config.write_text("prefix: mine\n")
    code, out = run_command(capsys, "--cloud", "demo", "--config", str(config), "--dry-run", "--json")
    report = json.loads(out)
    assert code == 0 and report["dry_run"] is True
    assert [(one["kind"], one["name"], one["run"]) for one in report["deleted"]] == [
        ("network", f"mine-{run_id}-net", run_id)
    ]
    assert run_command(capsys, "--cloud", "demo")[1] == "demo/RegionOne: 0 deleted, 0 kept, 0 failed\n"
    code, out = run_command(capsys, "--cloud", "demo", "--prefix", "mine")
    assert code == 0 and out.endswith("demo/RegionOne: 1 deleted, 0 kept, 0 failed\n")


@pytest.mark.parametrize("options", [("--older-than", "soon"), ("--prefix", "Not-One"), ("--region", "Nowhere")])
def test_bad_input_is_refused_before_anything_is_asked_of_the_cloud(
    options: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UsageError):
        run_command(capsys, "--cloud", "demo", *options)
