"""Nothing of a cloud with guests outlives `down`, however it ended, and another one beside it does not notice."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pocketcloud import clone, processes
from pocketcloud.cloud import Cloud
from pocketcloud.errors import ServiceDied
from pocketcloud.guests import namespaces
from pocketcloud.guests.names import Names
from pocketcloud.layout import Layout

from tests.guests.customer import Customer
from tests.guests.outside import Outside, until
from tests.guests.traces import machine, traces
from tests.support.clouds import connect


@pytest.fixture
def directory(cloud: Cloud, tmp_path: Path) -> Iterator[Path]:
    """For a cloud of the test's own, beside the one of all tests; nothing of it is left in the end."""
    before = machine()
    assert traces(tmp_path / "own") == {}
    yield tmp_path / "own"
    if (tmp_path / "own" / "pocketcloud.json").exists():
        Cloud(tmp_path / "own").down()
    assert traces(tmp_path / "own") == {}
    assert machine() == before
    assert cloud.status().all_answer


def kill(pids: list[int]) -> None:
    """As the kernel does when memory is short."""
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    until(lambda: not any(Path(f"/proc/{pid}/exe").exists() and alive(pid) for pid in pids), "killed")


def alive(pid: int) -> bool:
    """Whether a process is more than a zombie."""
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def guest_of(one: Cloud, key: Path) -> Customer:
    """Somebody with a guest, logged in, whose name and addresses are those of the customer of the other cloud."""
    customer = Customer(connect(one.clouds_yaml, "demo"), Outside(one.outside, key), "tests")
    customer.furnish(key.with_suffix(".pub").read_text())
    customer.boot("first")
    customer.give_address("first")
    volume = customer.cloud.block_storage.create_volume(name="tests-mounted", size=1)
    customer.cloud.block_storage.wait_for_status(volume, "available", ["error"], 0.2, 60)
    customer.cloud.compute.create_volume_attachment(customer.servers["first"], volume_id=volume.id)
    customer.cloud.block_storage.wait_for_status(volume, "in-use", ["error"], 0.2, 60)
    disk = f"/dev/disk/by-id/virtio-{volume.id[:20]}"
    outside = customer.outside
    outside.login(customer.address)
    outside.ssh(customer.address, f"mkfs.ext4 -q {disk} && mount {disk} /mnt && cp /bin/true /mnt")
    assert customer.outside.login(customer.address) == "tests-first"
    return customer


def test_a_cloud_that_was_killed_is_removed_by_down_and_replaced_by_up(
    customer: Customer, outside: Outside, directory: Path, key: Path
) -> None:
    own = Cloud(directory)
    own.up(guests=True)
    theirs = guest_of(own, key)
    own.faults([{"packets": "delay", "rtt_ms": 10}, {"packets": "refuse_500", "port": 80}, {"packets": "open"}])
    supervisor = processes.names(own.layout)["supervisor"]
    kill([supervisor])
    until(lambda: not processes.find(directory), "services ended with their supervisor")
    left = traces(directory)
    assert {"namespaces", "run", "processes", "loop devices"} <= left.keys(), "guests outlive the services"

    settings = own.up(guests=True, tls=True, rtt_ms=2)
    assert own.status().all_answer
    url = settings.ports.public_url("keystone", tls=True, path=True)
    answer = Outside(own.outside, key).run("curl", "-sS", "--cacert", str(own.layout.ca), url)
    assert '"version"' in answer.stdout, answer.stderr
    assert not namespaces.exists(Names(directory).guest(theirs.servers["first"].id))
    assert outside.login(customer.address) == "tests-first", "the other cloud goes on"

    kill([*processes.find(directory), *namespaces.pids(namespaces.beginning_with(Names(directory).prefix))])
    assert traces(directory).keys() >= {"namespaces", "run"}
    own.down()
    assert traces(directory) == {}
    own.down()


@pytest.mark.parametrize("removed", [False, True], ids=["", "its directory too"])
def test_an_up_that_was_killed_on_its_way_is_removed_by_down(directory: Path, removed: bool) -> None:
    command = [sys.executable, "-m", "pocketcloud", "up", "--guests", str(directory)]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: "namespaces" in traces(directory) and (directory / "run").exists(), "the data plane")
    finally:
        child.kill()
        child.wait()
    if removed:
        shutil.rmtree(directory)
    Cloud(directory).down()
    assert traces(directory) == {}


def test_a_data_plane_that_does_not_start_is_an_error_that_tells_why_and_leaves_nothing(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = clone.copy_golden

    def damage(golden: Path, layout: Layout, settings: Any) -> None:
        copy(golden, layout, settings)
        (layout.state / "ovn" / "ovnnb.db").write_text("not a database")

    monkeypatch.setattr(clone, "copy_golden", damage)
    with pytest.raises(ServiceDied, match="supervisor ended while it was starting") as died:
        Cloud(directory).up(guests=True)
    assert "ovnnb ended" in died.value.log_tail
    assert traces(directory) == {}
