"""What a namespace cannot show: a virtual machine of nova's libvirt driver, its disk, its console, its volumes."""

from __future__ import annotations

from pocketcloud.cloud import Cloud
from pocketcloud.guests import namespaces
from pocketcloud.guests.names import Names

from tests.guests.customer import Customer
from tests.guests.outside import Outside, until
from tests.guests.test_volumes import GIB, PATTERN, SUM, Disks

SERIAL = 'for f in /sys/block/*/serial; do [ "$(cat $f)" = {} ] && basename ${{f%/serial}}; done; true'


def test_it_boots_a_kernel_of_its_own_and_takes_the_key_of_the_order(customer: Customer, outside: Outside) -> None:
    assert outside.ssh(customer.address, "hostname") == "tests-first"
    assert "cloud-amd64" in outside.ssh(customer.address, "uname -r")
    until(lambda: outside.ssh(customer.address, "cat /var/tmp/evidence || true") == "from the user data", "user data")
    console = customer.cloud.compute.get_server_console_output(customer.servers["first"])["output"]
    shown = outside.run("ssh-keyscan", "-t", "ed25519", customer.address).stdout.split()[1:3]
    keys = console.partition("BEGIN SSH HOST KEY KEYS-----")[2].splitlines()
    assert shown and shown == keys[1].split()[:2]
    other = customer.fixed_address("second")
    until(lambda: "1 packets received" in outside.ssh(customer.address, f"ping -c 1 -W 2 {other} || true"), "ping")


def test_a_reboot_is_one_and_keeps_the_disk(customer: Customer, outside: Outside) -> None:
    before = outside.ssh(customer.address, "cat /proc/sys/kernel/random/boot_id; echo kept > /root/kept; sync")
    customer.cloud.compute.reboot_server(customer.servers["first"], "HARD")
    customer.wait("first", "ACTIVE")
    outside.login(customer.address)
    assert outside.ssh(customer.address, "cat /proc/sys/kernel/random/boot_id") != before
    assert outside.ssh(customer.address, "cat /root/kept") == "kept"


def test_a_volume_is_plugged_in_keeps_its_data_elsewhere_and_grows(
    cloud: Cloud, customer: Customer, outside: Outside
) -> None:
    disks = Disks(customer, outside)
    volume = disks.make("travels")
    serial = SERIAL.format(volume.id[:20])
    try:
        disks.attach(volume)
        until(lambda: disks.run(serial), "the disk in the guest")
        device = f"/dev/{disks.run(serial)}"
        disks.run(f"{PATTERN} | dd of={device} conv=fsync 2>/dev/null")
        wanted = disks.run(SUM)
        disks.detach(volume)
        assert disks.run(serial) == ""
        disks.attach(volume, "second")
        customer.move_address("second")
        until(lambda: outside.login(customer.address) == "tests-second", "floating IP at the second")
        until(lambda: disks.run(serial), "the disk in the other guest")
        device = f"/dev/{disks.run(serial)}"
        assert disks.run(f"head -c 1000000 {device} | sha256sum") == wanted
        customer.cloud.block_storage.extend_volume(volume, 2)
        until(lambda: disks.run(f"blockdev --getsize64 {device}") == str(2 * GIB), "extended, in the guest")
    finally:
        disks.leave()
        customer.move_address("first")


def test_a_deleted_machine_is_gone(cloud: Cloud, customer: Customer) -> None:
    names = Names(cloud.layout.root)
    server = customer.boot("third")

    def machines() -> int:
        found = 0
        for pid in namespaces.pids([names.switch]):
            with open(f"/proc/{pid}/cmdline", "rb") as stream:
                found += server.id.encode() in stream.read()
        return found

    assert machines() == 1
    customer.remove("third")
    until(lambda: machines() == 0, "the process of the machine gone")
    assert not (cloud.layout.state / "guests" / server.id).exists()
