"""Faults of guests, of their volumes and of packets hit virtual machines, too."""

from __future__ import annotations

from pocketcloud.cloud import Cloud

from tests.guests.customer import Customer
from tests.guests.outside import Outside, until
from tests.guests.qemu.test_machines import SERIAL
from tests.guests.ruled import FIRST, another_key_is_refused, pings_once, rebooted, ruled
from tests.guests.test_volumes import Disks

METADATA = "timeout 5 wget -q -O - http://169.254.169.254"


def test_a_machine_is_told_something_else_than_was_ordered(cloud: Cloud, customer: Customer, outside: Outside) -> None:
    def told(path: str) -> str:
        return outside.ssh(customer.address, f"{METADATA}/{path}")

    fair = told("openstack/latest/user_data")
    rules = ({"driver": "guest_hostname", "name": FIRST}, {"driver": "guest_user_data", "name": FIRST})
    with ruled(cloud, *rules):
        assert told("latest/meta-data/hostname") == "somebody-else"
        assert told("openstack/latest/user_data") != fair
    assert told("openstack/latest/user_data") == fair


def test_a_machine_with_another_key_refuses_the_one_ordered(cloud: Cloud, customer: Customer, outside: Outside) -> None:
    another_key_is_refused(cloud, customer, outside)


def test_a_machine_that_hangs_answers_pings_but_has_no_sshd_until_the_rule_goes(
    cloud: Cloud, customer: Customer, outside: Outside
) -> None:
    def console() -> str:
        text = customer.cloud.compute.get_server_console_output(customer.servers["first"])["output"]
        return str(text).rpartition("booting")[2]

    with ruled(cloud, {"driver": "guest_boot", "name": FIRST, "stuck": True}):
        rebooted(customer)
        until(lambda: "network at" in console(), "its network")
        until(lambda: pings_once(outside, customer.address), "ping")
        assert not outside.connects(customer.address) and "metadata at" not in console()
    outside.login(customer.address)


def test_a_volume_is_attached_but_not_in_the_machine(cloud: Cloud, customer: Customer, outside: Outside) -> None:
    disks = Disks(customer, outside)
    volume = disks.make("hidden")
    serial = SERIAL.format(volume.id[:20])
    try:
        with ruled(cloud, {"driver": "volume_appear", "name": FIRST, "stuck": True}):
            disks.attach(volume)
            assert disks.run(serial) == ""
        until(lambda: disks.run(serial), "the disk in the guest")
    finally:
        disks.leave()


def test_packets_to_a_machine_are_lost_while_a_rule_says_so(cloud: Cloud, customer: Customer, outside: Outside) -> None:
    assert outside.pings(customer.address)
    with ruled(cloud, {"packets": "cut", "name": FIRST}):
        assert not outside.pings(customer.address)
    until(lambda: pings_once(outside, customer.address), "ping")
