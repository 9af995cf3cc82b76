"""A customer logs in to servers, and what the APIs promise about networks and servers is true of packets and guests."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import openstack
import pytest
from pocketcloud.cli import main
from pocketcloud.cloud import Cloud

from tests.guests.customer import Customer
from tests.guests.outside import Outside, Refused, until

METADATA = "curl -sf http://169.254.169.254/openstack/latest"


def test_a_plain_tenant_logs_in_with_the_key_through_the_floating_ip(
    cloud: Cloud, customer: Customer, outside: Outside, tmp_path: Path
) -> None:
    for user in ("root", "guest"):
        assert outside.ssh(customer.address, "whoami", user=user) == user
    with pytest.raises(Refused, match="Permission denied"):
        outside.ssh(customer.address, "true", key=Outside.make_key(tmp_path / "other"))
    command = [sys.executable, "-m", "pocketcloud", "guests", "exec", str(cloud.layout.root), "--", "ssh", "-V"]
    assert "OpenSSH" in subprocess.run(command, capture_output=True, text=True, check=True).stderr


def test_hostname_key_and_user_data_come_from_the_genuine_metadata(customer: Customer, outside: Outside) -> None:
    told = json.loads(outside.ssh(customer.address, f"{METADATA}/meta_data.json"))
    assert told["uuid"] == customer.servers["first"].id
    assert told["hostname"] == outside.ssh(customer.address, "hostname") == "tests-first"
    assert told["public_keys"] == {"tests": customer.keypair.public_key}
    until(lambda: outside.ssh(customer.address, "cat /var/tmp/evidence || true") == "from the user data", "user data")
    network = json.loads(outside.ssh(customer.address, f"{METADATA}/network_data.json"))
    port = customer.port("first")
    assert network["links"][0]["ethernet_mac_address"] == port.mac_address
    assert outside.ssh(customer.address, "cat /sys/class/net/eth0/address") == port.mac_address
    assert outside.ssh(customer.address, "cat /sys/class/net/eth0/mtu") == str(network["links"][0]["mtu"])


def test_the_console_log_has_the_host_key_that_the_guest_shows(customer: Customer, outside: Outside) -> None:
    shown = outside.run("ssh-keyscan", "-t", "ed25519", customer.address).stdout.split()[1:3]
    console = customer.cloud.compute.get_server_console_output(customer.servers["first"])["output"]
    keys = console.partition("BEGIN SSH HOST KEY KEYS-----")[2].splitlines()
    assert shown and shown == keys[1].split()[:2]


def test_a_subnet_without_name_servers_hands_out_none_of_the_machines(customer: Customer, outside: Outside) -> None:
    assert outside.ssh(customer.address, "cat /etc/resolv.conf") == "nameserver 203.0.113.1"


def test_guests_reach_each_other_and_the_outside(customer: Customer, outside: Outside) -> None:
    other = customer.fixed_address("second")
    until(lambda: answers(outside, customer, f"ping -c 1 -W 1 {other}"), "ping from guest to guest")
    assert answers(outside, customer, "ping -c 1 -W 2 203.0.113.1"), "ping from guest to outside"
    assert outside.pings(customer.address)
    assert not outside.pings(other), "a fixed address is nothing outside"


def answers(outside: Outside, customer: Customer, command: str) -> bool:
    """Whether a command on the guest with the floating IP ends well."""
    try:
        outside.ssh(customer.address, f"{command} >/dev/null")
    except Refused:
        return False
    return True


def test_a_security_group_rule_that_is_removed_blocks_and_restored_opens(customer: Customer, outside: Outside) -> None:
    network = customer.cloud.network
    assert not outside.connects(customer.address, 80)
    network.delete_security_group_rule(customer.ssh_rule)
    try:
        until(lambda: not outside.connects(customer.address), "SSH blocked")
        assert outside.pings(customer.address)
    finally:
        customer.ssh_rule = customer.allow("tcp", 22)
    until(lambda: outside.connects(customer.address), "SSH open")
    network.delete_security_group_rule(customer.ping_rule)
    try:
        until(lambda: not outside.pings(customer.address), "ping blocked")
        assert outside.connects(customer.address)
    finally:
        customer.ping_rule = customer.allow("icmp")
    until(lambda: outside.pings(customer.address), "ping open")


@pytest.mark.parametrize("kind", ["SOFT", "HARD"])
def test_a_reboot_starts_another_init_and_keeps_the_disk(customer: Customer, outside: Outside, kind: str) -> None:
    born = "stat -c %Y /proc/1; readlink /proc/1/ns/pid"
    before = outside.ssh(customer.address, f"{born}; echo {kind} > /root/kept")
    customer.cloud.compute.reboot_server(customer.servers["first"], kind)
    customer.wait("first", "ACTIVE")
    outside.login(customer.address)
    assert outside.ssh(customer.address, born) != before.removesuffix("\n")
    assert outside.ssh(customer.address, "cat /root/kept") == kind


def test_a_rebuilt_guest_has_a_new_disk_and_a_new_host_key(customer: Customer, outside: Outside) -> None:
    def host_key() -> str:
        return outside.ssh(customer.address, "cat /etc/ssh/ssh_host_ed25519_key.pub")

    outside.ssh(customer.address, "echo old > /root/kept")
    before = host_key()
    customer.cloud.compute.rebuild_server(customer.servers["first"], image=customer.cloud.image.find_image("guest").id)
    customer.wait("first", "ACTIVE")
    assert outside.login(customer.address) == "tests-first"
    assert outside.ssh(customer.address, "cat /root/kept 2>/dev/null || echo none") == "none"
    assert host_key() != before
    until(lambda: outside.ssh(customer.address, "cat /var/tmp/evidence || true") == "from the user data", "user data")


def test_a_stopped_guest_is_silent_until_it_is_started(customer: Customer, outside: Outside) -> None:
    customer.cloud.compute.stop_server(customer.servers["first"])
    customer.wait("first", "SHUTOFF")
    assert not outside.pings(customer.address) and not outside.connects(customer.address)
    customer.cloud.compute.start_server(customer.servers["first"])
    customer.wait("first", "ACTIVE")
    assert outside.login(customer.address) == "tests-first"


def test_a_paused_guest_is_silent_and_goes_on_where_it_was(customer: Customer, outside: Outside) -> None:
    outside.ssh(customer.address, "nohup sleep 1000 >/dev/null 2>&1 &")
    customer.cloud.compute.pause_server(customer.servers["first"])
    customer.wait("first", "PAUSED")
    assert not outside.pings(customer.address) and not outside.connects(customer.address)
    customer.cloud.compute.unpause_server(customer.servers["first"])
    customer.wait("first", "ACTIVE")
    outside.login(customer.address)
    assert "sleep 1000" in outside.ssh(customer.address, "cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
    assert answers(outside, customer, "ping -c 1 -W 2 203.0.113.1"), "its routes are back"


def test_a_floating_ip_leads_to_where_it_was_moved(customer: Customer, outside: Outside) -> None:
    customer.move_address(None)
    until(lambda: not outside.connects(customer.address), "floating IP without a port")
    customer.move_address("second")
    try:
        assert outside.login(customer.address) == "tests-second"
    finally:
        customer.move_address("first")
    until(lambda: outside.login(customer.address) == "tests-first", "floating IP moved back")


def test_a_resized_guest_keeps_its_disk_in_either_zone(customer: Customer, outside: Outside) -> None:
    compute = customer.cloud.compute
    first = customer.servers["first"]
    outside.ssh(customer.address, "echo resized > /root/kept")
    compute.resize_server(first, compute.find_flavor("m1.small").id)
    customer.wait("first", "VERIFY_RESIZE")
    outside.login(customer.address)
    compute.confirm_server_resize(first)
    customer.wait("first", "ACTIVE")
    assert outside.ssh(customer.address, "cat /root/kept") == "resized"
    compute.resize_server(first, compute.find_flavor("m1.tiny").id)
    customer.wait("first", "VERIFY_RESIZE")
    compute.revert_server_resize(first)
    customer.wait("first", "ACTIVE")
    outside.login(customer.address)
    assert outside.ssh(customer.address, "cat /root/kept") == "resized"


def test_a_second_interface_that_is_plugged_gets_its_address(customer: Customer, outside: Outside) -> None:
    network, compute = customer.cloud.network, customer.cloud.compute
    other = network.create_network(name="tests-more")
    network.create_subnet(network_id=other.id, ip_version=4, cidr="10.21.0.0/24")
    try:
        interface = compute.create_server_interface(customer.servers["first"], net_id=other.id)
        address = interface.fixed_ips[0]["ip_address"]
        until(lambda: address in outside.ssh(customer.address, "ip address show eth1 || true"), "address of eth1")
        assert "default via 10.20.0.1" in outside.ssh(customer.address, "ip route")
        compute.delete_server_interface(interface.port_id, server=customer.servers["first"])
        until(lambda: "eth1" not in outside.ssh(customer.address, "ls /sys/class/net"), "eth1 gone")
        assert answers(outside, customer, f"{METADATA}/meta_data.json"), "the way to the metadata is still there"
    finally:
        for port in network.ports(network_id=other.id, device_owner=""):
            network.delete_port(port)
        until(lambda: deleted(customer.cloud, other.id), "network deleted")


def deleted(demo: openstack.connection.Connection, network: str) -> bool:
    """Whether a network could be deleted."""
    try:
        demo.network.delete_network(network)
    except openstack.exceptions.ConflictException:
        return False
    return True


def test_a_guest_of_each_zone_takes_logins_and_deleted_it_is_gone(customer: Customer, outside: Outside) -> None:
    for zone in ("az1", "az2"):
        server = customer.boot(zone, availability_zone=zone)
        customer.move_address(zone)
        until(lambda zone=zone: outside.login(customer.address) == f"tests-{zone}", "login")  # type: ignore[misc]
        assert server.id in guests_of(outside)
        customer.remove(zone)
        assert not outside.connects(customer.address)
        assert server.id not in guests_of(outside)
    customer.move_address("first")
    until(lambda: outside.login(customer.address) == "tests-first", "floating IP moved back")


def guests_of(outside: Outside) -> str:
    """The namespaces of guests, as `ip netns` prints them."""
    prefix = outside.namespace.removesuffix("outside")
    listed = subprocess.run(["ip", "netns"], capture_output=True, text=True, check=True).stdout
    return "\n".join(line for line in listed.splitlines() if line.startswith(f"{prefix}guest-"))


def test_a_guest_cannot_write_to_the_machine(customer: Customer, outside: Outside) -> None:
    for path in ("/usr/bin/true", "/usr/planted", "/etc/ssl/planted", "/etc/alternatives/planted"):
        with pytest.raises(Refused, match=r"Read-only|denied"):
            outside.ssh(customer.address, f"echo x > {path}")
    assert outside.ssh(customer.address, "ls /srv /boot /opt 2>/dev/null || true") == ""
    with pytest.raises(Refused):
        outside.ssh(customer.address, "mknod /root/disk b 254 0")


def test_status_tells_of_the_data_plane(cloud: Cloud, customer: Customer, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", str(cloud.layout.root), "--json"]) == 0
    parts = {one["name"]: one for one in json.loads(capsys.readouterr().out)["processes"]}
    assert {"ovs-vswitchd", "ovn-northd", "ovn-controller", "metadata-agent"} <= parts.keys()
    assert parts["guests"]["pss_bytes"] > 0
    assert main(["guests", "namespace", str(cloud.layout.root)]) == 0
    assert capsys.readouterr().out.strip() == cloud.outside
