"""Faults of hypervisor and storage, and what happens to what they touched when they end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from openstack import exceptions
from openstack.connection import Connection
from pocketcloud.cloud import Cloud

from tests.support.clouds import Inventory, inventory, settled_inventory

Rules = Callable[[list[dict[str, Any]]], None]


@pytest.fixture(autouse=True)
def nothing_is_left(admin: Connection, faults: Rules) -> Iterator[None]:
    """Whatever a fault did, its end leaves the cloud as it was."""
    before: Inventory = inventory(admin)
    yield
    faults([])
    assert settled_inventory(admin, before) == before


def boot(demo: Connection, name: str) -> Any:
    return demo.compute.create_server(
        name=name,
        image_id=demo.image.find_image("cirros").id,
        flavor_id=demo.compute.find_flavor("m1.tiny").id,
        networks="none",
    )


def status(get: Callable[[], Any], wanted: str, patience_s: float = 20) -> str:
    """The state as soon as it is the wanted one, or at the end of the patience."""
    end = time.monotonic() + patience_s
    while (now := str(get().status)) != wanted and time.monotonic() < end:
        time.sleep(0.1)
    return now


def test_a_spawn_that_fails_puts_the_server_into_error(demo: Connection, faults: Rules) -> None:
    faults([{"driver": "spawn", "name": "^unlucky$", "error": "hypervisor exploded"}])
    server, other = boot(demo, "unlucky"), boot(demo, "other")
    try:
        assert status(lambda: demo.compute.get_server(server), "ERROR") == "ERROR"
        assert status(lambda: demo.compute.get_server(other), "ACTIVE") == "ACTIVE"
    finally:
        for one in (server, other):
            demo.compute.delete_server(one)
            demo.compute.wait_for_delete(one, interval=0.1)


def test_a_slow_spawn_is_slow(demo: Connection, faults: Rules) -> None:
    faults([{"driver": "spawn", "delay": 3}])
    started = time.monotonic()
    server = boot(demo, "slow")
    try:
        assert status(lambda: demo.compute.get_server(server), "ACTIVE") == "ACTIVE"
        assert time.monotonic() - started > 3
    finally:
        demo.compute.delete_server(server)
        demo.compute.wait_for_delete(server, interval=0.1)


def test_a_server_that_never_gets_active_can_still_be_deleted(demo: Connection, faults: Rules) -> None:
    faults([{"driver": "spawn", "stuck": True}])
    server = boot(demo, "stuck")
    assert status(lambda: demo.compute.get_server(server), "ACTIVE", patience_s=3) == "BUILD"
    demo.compute.delete_server(server)
    demo.compute.wait_for_delete(server, interval=0.1, wait=20)


def test_a_delete_that_never_ends_ends_with_its_rule(demo: Connection, faults: Rules) -> None:
    server = boot(demo, "immortal")
    assert status(lambda: demo.compute.get_server(server), "ACTIVE") == "ACTIVE"
    faults([{"driver": "server_delete", "stuck": True}])
    demo.compute.delete_server(server)
    time.sleep(2)
    assert demo.compute.get_server(server).task_state == "deleting"
    faults([])
    demo.compute.wait_for_delete(server, interval=0.1, wait=20)


def test_a_volume_stuck_in_creating_becomes_available_with_the_end_of_the_rule(demo: Connection, faults: Rules) -> None:
    storage = demo.block_storage
    faults([{"driver": "volume_create", "stuck": True}])
    volume = storage.create_volume(size=1, name="stuck")
    assert status(lambda: storage.get_volume(volume), "available", patience_s=2) == "creating"
    with pytest.raises(exceptions.BadRequestException):
        storage.delete_volume(volume)  # as any cinder: not while it is being made
    faults([])
    assert status(lambda: storage.get_volume(volume), "available") == "available"
    storage.delete_volume(volume)
    storage.wait_for_delete(volume, interval=0.1)


def test_storage_that_fails_puts_the_volume_into_error(demo: Connection, faults: Rules) -> None:
    storage = demo.block_storage
    faults([{"driver": "volume_create", "error": "pool is full"}])
    volume = storage.create_volume(size=1, name="unlucky")
    assert status(lambda: storage.get_volume(volume), "error") == "error"
    faults([])
    storage.delete_volume(volume)
    storage.wait_for_delete(volume, interval=0.1)


def test_a_backup_holds_what_its_volume_held_and_is_restored_into_another(demo: Connection, cloud: Cloud) -> None:
    storage, devices = demo.block_storage, cloud.layout.state / "cinder/devices"
    volume = storage.create_volume(size=1, name="saved", volume_type="fast")
    assert status(lambda: storage.get_volume(volume), "available") == "available"
    full = storage.create_backup(volume_id=volume.id, name="full")
    assert status(lambda: storage.get_backup(full), "available") == "available"
    (devices / volume.id).write_text(volume.id[::-1])  # a device does not change its size
    increment = storage.create_backup(volume_id=volume.id, name="increment", is_incremental=True)
    assert status(lambda: storage.get_backup(increment), "available") == "available"
    assert storage.get_backup(full).has_dependent_backups
    restored = storage.restore_backup(increment.id, name="restored").volume_id
    assert status(lambda: storage.get_volume(restored), "available") == "available"
    assert (devices / restored).read_text() == volume.id[::-1]
    assert status(lambda: storage.get_backup(increment.id), "available") == "available"
    for one in (increment, full):
        storage.delete_backup(one)
        storage.wait_for_delete(one, interval=0.1)
    for one in (volume, storage.get_volume(restored)):
        storage.delete_volume(one)
        storage.wait_for_delete(one, interval=0.1)


def test_a_backup_that_fails_goes_into_error_and_its_volume_is_as_before(demo: Connection, faults: Rules) -> None:
    storage = demo.block_storage
    volume = storage.create_volume(size=1, name="unsaved")
    assert status(lambda: storage.get_volume(volume), "available") == "available"
    faults([{"driver": "backup_create", "name": "^unlucky$", "error": "the tape is on fire"}])
    backup = storage.create_backup(volume_id=volume.id, name="unlucky")
    assert status(lambda: storage.get_backup(backup), "error") == "error"
    assert "on fire" in storage.get_backup(backup).fail_reason
    assert status(lambda: storage.get_volume(volume), "available") == "available"
    storage.delete_backup(backup)
    storage.wait_for_delete(backup, interval=0.1)
    storage.delete_volume(volume)
    storage.wait_for_delete(volume, interval=0.1)
