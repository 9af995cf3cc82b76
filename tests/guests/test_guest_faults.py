"""Faults of guests and of the outside are felt by a customer, and so is their end."""

from __future__ import annotations

import time

from pocketcloud.cloud import Cloud

from tests.guests.customer import Customer
from tests.guests.outside import Outside, until
from tests.guests.ruled import FIRST, METADATA, another_key_is_refused, pings_once, rebooted, ruled

QUIET = "RES_OPTIONS='timeout:1 attempts:1'"


def test_guest_faults_change_what_a_guest_is_told(cloud: Cloud, customer: Customer, outside: Outside) -> None:
    def told() -> list[str]:
        paths = (
            "latest/meta-data/hostname",
            "openstack/latest/user_data",
            "latest/meta-data/public-keys/0/openssh-key",
        )
        return [outside.ssh(customer.address, f"{METADATA}/{path}") for path in paths]

    fair = told()
    rules = [{"driver": one, "name": FIRST, "answer": f"other {one}"} for one in ("guest_hostname", "guest_key")]
    with ruled(cloud, *rules, {"driver": "guest_user_data", "name": FIRST}):
        hostname, user_data, key = told()
        assert (hostname, key) == ("other guest_hostname", "other guest_key")
        assert user_data != fair[1]
    assert told() == fair


def test_a_guest_with_another_key_refuses_the_one_ordered(cloud: Cloud, customer: Customer, outside: Outside) -> None:
    another_key_is_refused(cloud, customer, outside)


def test_a_guest_that_hangs_answers_pings_but_has_no_sshd_until_the_rule_goes(
    cloud: Cloud, customer: Customer, outside: Outside
) -> None:
    with ruled(cloud, {"driver": "guest_boot", "name": FIRST, "stuck": True}):
        rebooted(customer)
        until(lambda: pings_once(outside, customer.address), "ping")
        console = lambda: customer.cloud.compute.get_server_console_output(customer.servers["first"])["output"]  # noqa: E731
        until(lambda: "metadata after" in console().rpartition("booting")[2], "all but sshd")
        assert not outside.connects(customer.address)
    outside.login(customer.address)


def test_a_guest_that_boots_under_a_rule_feels_it_from_its_first_packet(cloud: Cloud, customer: Customer) -> None:
    with ruled(cloud, {"packets": "dhcp", "name": "-silent$"}):
        server = customer.boot("silent")
        console = lambda: customer.cloud.compute.get_server_console_output(server)["output"]  # noqa: E731
        until(lambda: "booting" in console(), "boot")
        end = time.monotonic() + 1
        while time.monotonic() < end:
            assert "network after" not in console()
    until(lambda: "network after" in console(), "an address after the fault")
    customer.remove("silent")


def test_the_name_server_of_the_outside_answers_and_lies(cloud: Cloud, customer: Customer, outside: Outside) -> None:
    def address(options: str = QUIET) -> str:
        command = f"{options} getent ahostsv4 www.outside.example || true"
        return outside.ssh(customer.address, command).partition(" ")[0]

    assert address() == address("RES_OPTIONS=use-vc") == "203.0.113.1"
    with ruled(cloud, {"outside": "dns", "answer": "192.0.2.66"}):
        assert address() == "192.0.2.66"
    for rule in ({"rcode": "SERVFAIL"}, {"rcode": "NXDOMAIN"}, {"stuck": True}):
        with ruled(cloud, {"outside": "dns", **rule}):
            assert address() == ""
    with ruled(cloud, {"outside": "dns", "name": "another", "stuck": True}):
        assert address() == "203.0.113.1"


def test_the_web_server_of_the_outside_answers_and_fails(cloud: Cloud, customer: Customer, outside: Outside) -> None:
    def page() -> str:
        return outside.ssh(customer.address, "curl -s -m 2 -w ' %{http_code}' http://203.0.113.1/ || true")

    assert page() == "outside is reached\n 200"
    with ruled(cloud, {"outside": "http", "status": 500}):
        assert page().endswith(" 500")
    with ruled(cloud, {"outside": "http", "stuck": True}):
        assert page().endswith("000")
    assert page().endswith(" 200")
