"""A volume is a disk of the guest that it is attached to, and holds what was written to it wherever it goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pocketcloud.cloud import Cloud
from pocketcloud.guests import loop

from tests.guests.customer import Customer
from tests.guests.outside import Outside, until

GIB = 1 << 30
PATTERN = "seq 1 200000 | head -c 1000000"
SUM = f"{PATTERN} | sha256sum"


class Disks:
    """The volumes of a customer, and what guests see of them."""

    def __init__(self, customer: Customer, outside: Outside) -> None:
        self.customer = customer
        self.outside = outside
        self.volumes: list[Any] = []

    def make(self, what: str, **how: Any) -> Any:
        """A volume, available."""
        one = self.customer.cloud.block_storage.create_volume(**{"name": f"tests-{what}", "size": 1, **how})
        self.volumes.append(one)
        self.wait(one, "available")
        return one

    def wait(self, volume: Any, status: str) -> None:
        """Wait until a volume has a status."""

        def reached() -> bool:
            now = self.customer.cloud.block_storage.get_volume(volume.id).status
            assert not now.startswith("error"), now
            return bool(now == status)

        until(reached, f"{volume.name} {status}")

    def attach(self, volume: Any, what: str = "first") -> None:
        """Attach it; returns when the APIs say that it is."""
        compute = self.customer.cloud.compute
        compute.create_volume_attachment(self.customer.servers[what], volume_id=volume.id)
        self.wait(volume, "in-use")

    def detach(self, volume: Any, what: str = "first") -> None:
        """Detach it."""
        self.ask_to_detach(volume, what)
        self.wait(volume, "available")

    def ask_to_detach(self, volume: Any, what: str = "first") -> None:
        """Send the request alone."""
        self.customer.cloud.compute.delete_volume_attachment(self.customer.servers[what], volume.id)

    def path(self, volume: Any) -> str:
        """How a guest finds it by its serial number."""
        return f"/dev/disk/by-id/virtio-{volume.id[:20]}"

    def run(self, command: str) -> str:
        """A command on the guest that has the floating IP."""
        return self.outside.ssh(self.customer.address, command)

    def sum_of(self, volume: Any) -> str:
        """What is written in it, as a digest."""
        return self.run(f"head -c 1000000 {self.path(volume)} | sha256sum")

    def fill(self, volume: Any) -> None:
        """Write something in it."""
        self.run(f"{PATTERN} | dd of={self.path(volume)} conv=fsync status=none")

    def leave(self) -> None:
        """Detach and delete all."""
        storage = self.customer.cloud.block_storage
        for one in self.volumes:
            for attachment in storage.get_volume(one.id).attachments:
                self.customer.cloud.compute.delete_volume_attachment(attachment["server_id"], one.id)
            self.wait(one, "available")
            storage.delete_volume(one)
        for one in self.volumes:
            storage.wait_for_delete(one, interval=0.2, wait=60)


@pytest.fixture
def disks(customer: Customer, outside: Outside, cloud: Cloud) -> Iterator[Disks]:
    """No volume at first; nothing of them is left in the end."""
    one = Disks(customer, outside)
    yield one
    cloud.faults(None)
    one.leave()
    files = cloud.layout.state / "cinder" / "devices"
    assert not [volume for volume in one.volumes if (files / volume.id).exists()]
    assert not [file for _, file in loop.below(cloud.layout.root) if file.name in {vol.id for vol in one.volumes}]


@pytest.fixture
def on_second(customer: Customer) -> Iterator[Callable[[], None]]:
    """Have the floating IP lead to the second guest; it leads to the first one in the end."""

    def move() -> None:
        customer.move_address("second")
        until(lambda: customer.outside.login(customer.address) == "tests-second", "floating IP at the second")

    yield move
    customer.move_address("first")
    until(lambda: customer.outside.login(customer.address) == "tests-first", "floating IP back")


def test_a_volume_is_a_disk_and_keeps_its_data_on_its_way_to_another_server_and_when_it_grows(
    disks: Disks, cloud: Cloud, on_second: Callable[[], None]
) -> None:
    volume = disks.make("travels")
    before = disks.run("ls /sys/block")
    disks.attach(volume)
    device = disks.run(f"readlink -f {disks.path(volume)}")
    assert before.split() == [] and disks.run("ls /sys/block").split() == [device.removeprefix("/dev/")]
    assert disks.run(f"blockdev --getsize64 {device}") == str(GIB)
    disks.fill(volume)
    wanted = disks.run(SUM)
    assert disks.sum_of(volume) == wanted
    disks.detach(volume)
    assert disks.run(f"ls /sys/block; ls {device} {disks.path(volume)} 2>/dev/null || true") == ""

    on_second()
    disks.attach(volume, "second")
    assert disks.sum_of(volume) == wanted
    disks.customer.cloud.block_storage.extend_volume(volume, 2)
    until(lambda: disks.run(f"blockdev --getsize64 {disks.path(volume)}") == str(2 * GIB), "extended, in the guest")
    assert disks.sum_of(volume) == wanted
    file = cloud.layout.state / "cinder" / "devices" / volume.id
    assert file.stat().st_size == 2 * GIB and file.stat().st_blocks * 512 < GIB // 50, "it takes no space"


def test_a_volume_that_is_mounted_or_open_stays_until_it_is_not_and_one_of_a_rebooted_guest_is_there_again(
    disks: Disks,
) -> None:
    volume = disks.make("mounted")
    disks.attach(volume)
    disks.run(f"mkfs.ext4 -q {disks.path(volume)} && mount {disks.path(volume)} /mnt && echo kept > /mnt/file")
    disks.ask_to_detach(volume)
    disks.wait(volume, "detaching")
    disks.wait(volume, "in-use")
    assert disks.run("cat /mnt/file; umount /mnt") == "kept"
    disks.run(f"nohup sleep 1000 < {disks.path(volume)} > /dev/null 2>&1 &")
    disks.ask_to_detach(volume)
    disks.wait(volume, "detaching")
    disks.wait(volume, "in-use")
    disks.run("pkill -f 'sleep 1000'")
    assert disks.run(f"blockdev --getsize64 {disks.path(volume)}") == str(GIB), "it did not go when it was closed"

    disks.run(f"mount {disks.path(volume)} /mnt")
    disks.customer.cloud.compute.reboot_server(disks.customer.servers["first"], "HARD")
    disks.customer.wait("first", "ACTIVE")
    disks.outside.login(disks.customer.address)
    assert disks.run(f"mount {disks.path(volume)} /mnt && cat /mnt/file && umount /mnt") == "kept"


def test_a_stopped_server_takes_a_volume_and_gives_it_back(disks: Disks) -> None:
    volume, other = disks.make("stopped"), disks.make("other")
    disks.attach(volume)
    disks.customer.cloud.compute.stop_server(disks.customer.servers["first"])
    disks.customer.wait("first", "SHUTOFF")
    disks.attach(other)
    disks.detach(volume)
    disks.customer.cloud.compute.start_server(disks.customer.servers["first"])
    disks.customer.wait("first", "ACTIVE")
    disks.outside.login(disks.customer.address)
    assert disks.run("ls /dev/disk/by-id") == disks.path(other).rpartition("/")[2]


def test_snapshots_clones_and_backups_hold_the_bytes(disks: Disks) -> None:
    storage = disks.customer.cloud.block_storage
    volume = disks.make("source")
    disks.attach(volume)
    disks.fill(volume)
    wanted = disks.sum_of(volume)
    disks.detach(volume)
    snapshot = storage.create_snapshot(volume_id=volume.id, name="tests-source")
    storage.wait_for_status(snapshot, "available", ["error"], 0.2, 60)
    backup = storage.create_backup(volume_id=volume.id, name="tests-source")
    storage.wait_for_status(backup, "available", ["error"], 0.2, 60)
    disks.attach(volume)
    disks.run(f"dd if=/dev/zero of={disks.path(volume)} bs=1M count=2 conv=fsync status=none")
    disks.detach(volume)
    try:
        restored = disks.make("restored", size=1)
        storage.restore_backup(backup, volume_id=restored.id)
        storage.wait_for_status(storage.get_backup(backup.id), "available", ["error"], 0.2, 60)
        disks.wait(restored, "available")
        of_snapshot = disks.make("of-snapshot", size=2, snapshot_id=snapshot.id)
        clone = disks.make("clone", source_volume_id=of_snapshot.id, size=2)
        for one in (restored, of_snapshot, clone):
            disks.attach(one)
            assert disks.sum_of(one) == wanted, one.name
        assert disks.run(f"blockdev --getsize64 {disks.path(clone)}") == str(2 * GIB)
    finally:
        storage.delete_backup(backup)
        storage.delete_snapshot(snapshot)
        storage.wait_for_delete(snapshot, interval=0.2, wait=60)
        storage.wait_for_delete(backup, interval=0.2, wait=60)


def test_rules_hide_a_volume_keep_it_from_growing_and_change_its_bytes(disks: Disks, cloud: Cloud) -> None:
    appear = {"driver": "volume_appear", "name": "^tests-first$", "stuck": True}
    spoilt = {"driver": "volume_bytes", "name": "^tests-wrong$"}
    cloud.faults([appear, {"driver": "volume_grow", "name": "^tests-first$", "stuck": True}, spoilt])
    volume = disks.make("wrong")
    disks.attach(volume)
    assert disks.run(f"ls /sys/block; ls {disks.path(volume)} 2>/dev/null || true") == ""
    cloud.faults([{"driver": "volume_grow", "name": "^tests-first$", "stuck": True}, spoilt])
    until(lambda: disks.run("ls /sys/block"), "it appears when the rule has gone")
    disks.fill(volume)
    wanted = disks.sum_of(volume)
    disks.customer.cloud.block_storage.extend_volume(volume, 2)
    disks.wait(volume, "in-use")
    assert disks.run(f"blockdev --getsize64 {disks.path(volume)}") == str(GIB)
    cloud.faults([spoilt])
    until(lambda: disks.run(f"blockdev --getsize64 {disks.path(volume)}") == str(2 * GIB), "it grows, too")
    disks.detach(volume)
    disks.attach(volume)
    assert disks.sum_of(volume) != wanted
