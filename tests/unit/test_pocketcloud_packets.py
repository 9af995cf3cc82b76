"""Faults of packets without packets: what rules become in the switch and when a packet goes on."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from pocketcloud.cloud import Cloud
from pocketcloud.faults.checks import FaultsError
from pocketcloud.faults.packet_rules import PacketRule, parse
from pocketcloud.guests import roll
from pocketcloud.layout import Layout, Settings
from pocketcloud.packets import floating, relay
from pocketcloud.packets.acls import CLOSED, OPEN, acls
from pocketcloud.packets.flows import Lane, distinct, flows, refused_ports
from pocketcloud.packets.in_force import InForce
from pocketcloud.packets.ovsdb import Database, DatabaseError
from pocketcloud.packets.relay import Relay
from pocketcloud.packets.shaping import QUEUE_S, Shape, Shaper
from pocketcloud.packets.switch import Switch
from pocketcloud.packets.view import Plugged
from pocketcloud.packets.watch import Watch

WEB = Plugged("p-web", "s-web", "run-web", 5, "fa:16:3e:00:00:05", ("10.0.0.5", "fd00::5"), ("203.0.113.9",), "net")
DB = Plugged("p-db", "s-db", "run-db", 7, "fa:16:3e:00:00:07", ("10.0.0.7",), (), "net")
PLACES = {"p-web": ("0x2", "0x1"), "p-db": ("0x3", "0x1")}


def rule(kind: str, name: str = "-web$", **more: Any) -> PacketRule:
    return parse(kind, {"packets": kind, "name": name, **more})


def made(*rules: PacketRule, **more: Any) -> list[str]:
    """The flows of rules, without their tables and priorities."""
    return [one.partition(",")[2].partition(",")[2] for one in flows(list(rules), [WEB, DB], PLACES, **more)]


def test_without_rules_there_are_no_flows() -> None:
    assert flows([], [WEB, DB], PLACES) == []


def test_a_guest_that_is_cut_off_gets_nothing_and_no_other_guest_feels_it() -> None:
    assert made(rule("cut")) == ["reg15=0x2,metadata=0x1,actions=drop"]


def test_a_cut_pair_loses_what_comes_from_each_other_by_every_address() -> None:
    there = made(rule("cut", peer="-db$"))
    assert "reg15=0x2,metadata=0x1,ip,nw_src=10.0.0.7,actions=drop" in there
    for source in ("ip,nw_src=10.0.0.5", "ip,nw_src=203.0.113.9", "ipv6,ipv6_src=fd00::5", f"dl_src={WEB.mac}"):
        assert f"reg15=0x3,metadata=0x1,{source},actions=drop" in there
    assert len(there) == 6
    assert made(rule("cut", name="-db$", peer="-web$")) == there


def test_a_way_of_so_many_routers_is_cut_and_no_shorter_one() -> None:
    assert made(rule("cut", hops=2)) == [
        "reg15=0x2,metadata=0x1,ip,nw_ttl=62,actions=drop",
        "reg15=0x2,metadata=0x1,ipv6,nw_ttl=62,actions=drop",
    ]
    there = made(rule("cut", peer="-db$", hops=2))
    assert "reg15=0x2,metadata=0x1,ip,nw_src=10.0.0.7,nw_ttl=62,actions=drop" in there
    assert all("nw_ttl=62" in one for one in there)


def test_questions_for_an_address_and_for_metadata_end_at_the_guests_port() -> None:
    assert made(rule("dhcp")) == ["in_port=5,udp,tp_dst=67,actions=drop", "in_port=5,udp6,tp_dst=547,actions=drop"]
    assert "in_port=5,ip,nw_dst=169.254.169.254,actions=drop" in made(rule("metadata"))


def test_a_floating_ip_that_leads_to_nothing_does_so_for_everybody() -> None:
    assert made(rule("floating")) == ["ip,nw_dst=203.0.113.9,actions=drop"]
    assert made(rule("floating", name="-db$")) == []


def test_ports_that_answer_500_do_not_get_into_each_others_way() -> None:
    assert refused_ports([rule("refuse_500", port=443), rule("refuse_500", port=80)], "run-web") == {
        80: 61001,
        443: 61002,
    }
    there = made(rule("refuse_500", port=80))
    assert "reg15=0x2,metadata=0x1,tcp,tp_dst=80,actions=clone(mod_tp_dst:61001,resubmit(,65))" in there
    assert "in_port=5,tcp,tp_src=61001,actions=mod_tp_src:80,resubmit(,0)" in there


class ForgetfulSwitch(Switch):
    """A switch from which OVN, when it starts again, removes flows: so many times as soon as they are there."""

    def __init__(self, times: int) -> None:
        self.times, self.there = times, list[str]()

    def replace(self, flows: list[str]) -> None:
        self.times, self.there = self.times - 1, [] if self.times > 0 else flows

    def count(self) -> int:
        return len(self.there)


def test_flows_that_go_as_soon_as_they_are_there_are_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, _theirs = socket.socketpair()
    watch = Watch(Layout(tmp_path), ours)
    watch.switch = switch = ForgetfulSwitch(2)
    monkeypatch.setattr("pocketcloud.packets.watch.CHECK_S", 0.0)
    wanted = flows([rule("refuse_500", port=80), rule("cut", peer="-db$")], [WEB, DB], PLACES)
    for _ in range(4):
        watch._put(wanted)
    assert switch.there == wanted and len(wanted) == distinct(wanted)


def test_a_guest_that_ovn_has_not_bound_yet_is_silenced_already() -> None:
    assert flows([rule("dhcp"), rule("cut")], [WEB], {}) == flows([rule("dhcp")], [WEB], PLACES)


def test_relayed_packets_go_there_and_come_back_once() -> None:
    there = made(rule("rate", mbit=1), lanes=[Lane("p-web", True, 1), Lane("p-web", False, 2)], relay=9)
    assert there == [
        "in_port=5,reg14=0,actions=mod_vlan_vid:2,output:9",
        "in_port=9,dl_vlan=1,actions=strip_vlan,output:5",
        "in_port=9,dl_vlan=2,actions=strip_vlan,load:1->NXM_NX_REG14[],load:5->NXM_OF_IN_PORT[],resubmit(,0)",
        "reg15=0x2,metadata=0x1,actions=clone(mod_vlan_vid:1,output:9)",
    ]


def test_security_groups_are_overruled_above_those_of_neutron() -> None:
    opened = acls([rule("open")], [WEB, DB])
    assert {(one.direction, one.priority, one.action) for one in opened} == {
        ("to-lport", OPEN, "allow-related"),
        ("from-lport", OPEN, "allow-related"),
    }
    assert all('"p-web"' in one.match for one in opened)
    (closed,) = acls([rule("closed", protocol="tcp", port=80)], [WEB, DB])
    assert (closed.priority, closed.match, closed.action) == (CLOSED, 'outport == "p-web" && tcp.dst == 80', "drop")
    (all_of_it,) = acls([rule("closed")], [WEB])
    assert all_of_it.match == 'outport == "p-web" && ip'
    (pings,) = acls([rule("closed", protocol="icmp")], [WEB])
    assert pings.match.endswith("(icmp4 || icmp6)")
    (outward,) = acls([rule("closed", protocol="udp", port=53, direction="out")], [WEB])
    assert (outward.direction, outward.match) == ("from-lport", 'inport == "p-web" && udp.dst == 53')


def test_the_whole_delay_and_all_loss_are_on_the_way_to_the_guest() -> None:
    rules = [rule("delay", rtt_ms=80), rule("delay", rtt_ms=20), rule("loss", percent=50), rule("loss", percent=50)]
    assert Shape.of(rules, inward=True) == Shape(loss=0.75, delay_s=pytest.approx(0.1))
    assert not Shape.of(rules, inward=False)
    rates = [rule("rate", mbit=10), rule("rate", mbit=2)]
    assert Shape.of(rates, inward=True) == Shape.of(rates, inward=False) == Shape(bits_per_s=2e6)


def test_a_delayed_packet_goes_on_so_much_later() -> None:
    assert Shaper(Shape(delay_s=0.08)).due(100, 5.0) == pytest.approx(5.08)


def test_a_share_of_the_packets_is_lost() -> None:
    chances = iter([0.05, 0.5, 0.19, 0.2])
    lane = Shaper(Shape(loss=0.2), lambda: next(chances))
    assert [lane.due(100, 1.0) is None for _ in range(4)] == [True, False, True, False]


def test_packets_leave_at_the_rate_and_what_would_wait_too_long_is_lost() -> None:
    lane = Shaper(Shape(bits_per_s=10e6))
    due = [lane.due(1264, 0.0) for _ in range(200)]  # 1250 bytes of IP: 1 ms each
    sent = [one for one in due if one is not None]
    assert sent == pytest.approx([0.001 * number for number in range(1, len(sent) + 1)])
    assert len(sent) == pytest.approx(QUEUE_S / 0.001, abs=2)
    assert lane.due(1264, 10.0) == pytest.approx(10.001)  # an idle wire has saved nothing up


def test_a_slow_rate_lets_some_packets_wait_longer() -> None:
    lane = Shaper(Shape(bits_per_s=0.1e6))
    assert all(lane.due(1514, 0.0) is not None for _ in range(16))


def test_the_relay_gives_packets_back_when_they_are_due_and_forgets_none_in_between() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    wire, device = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    device.setblocking(False)
    worker = threading.Thread(target=Relay(device.fileno(), theirs).run)
    worker.start()
    try:
        frames = [bytes(12) + b"\x81\x00" + struct.pack(">H", tag) + b"payload%d" % tag for tag in (1, 2)]
        ours.send(relay.message({1: Shape(delay_s=0.2), 2: Shape(delay_s=0.1)}))
        began = time.monotonic()
        for frame in (bytes(60), *frames):  # the first one is not of a lane
            wire.send(frame)
        wire.settimeout(5)
        assert [wire.recv(100), wire.recv(100)] == [frames[1], frames[0]]
        assert time.monotonic() - began >= 0.2
    finally:
        ours.close()
        worker.join(5)
        for one in (theirs, wire, device):
            one.close()
    assert not worker.is_alive()


def test_names_of_servers_are_known_until_they_are_struck(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.state.mkdir()
    assert roll.name(layout, "s") is None
    roll.enter(layout, "s", "run-web")
    assert roll.name(layout, "s") == "run-web"
    roll.strike(layout, "s")
    assert roll.name(layout, "s") is None


def test_who_waits_for_rules_waits_for_just_these(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.run.mkdir()
    there = InForce(layout)
    assert not there.wait([], 0)
    there.tell(["b", "a"], ["s"])
    assert there.wait(["a", "b"], 0, "s")
    assert not there.wait(["a", "b"], 0, "t")
    assert not there.wait(["a"], 0)


@pytest.mark.parametrize("one", [{"packets": "open"}, {"outside": "dns", "stuck": True}, {"driver": "guest_key"}])
def test_rules_that_a_cloud_without_guests_cannot_follow_are_refused(one: dict[str, Any], tmp_path: Path) -> None:
    cloud = Cloud(tmp_path)
    Settings(20000, "/somewhere/venv").save(cloud.layout)
    with pytest.raises(FaultsError, match=r"rule 1: this cloud has no guests"):
        cloud.faults([{"driver": "spawn", "stuck": True}, one])
    assert not cloud.layout.faults.exists()
    Settings(20000, "/somewhere/venv", guests=True).save(cloud.layout)
    cloud.faults([one])
    assert cloud.layout.faults.exists()


@pytest.mark.parametrize("operation", ["resize", "guest_disk", "plug"])
def test_rules_that_virtual_machines_cannot_follow_are_refused(operation: str, tmp_path: Path) -> None:
    cloud = Cloud(tmp_path)
    Settings(20000, "/somewhere/venv", guests=True, image="/somewhere/image").save(cloud.layout)
    with pytest.raises(
        FaultsError, match=f"rule 1: guests that are virtual machines do not follow rules for {operation}"
    ):
        cloud.faults([{"driver": "guest_key"}, {"driver": operation, "error": "no"}])
    Settings(20000, "/somewhere/venv", guests=True).save(cloud.layout)
    cloud.faults([{"driver": operation, "error": "no"}])


class Northbound:
    """Rows that stand in OVN's database."""

    def __init__(self, **tables: list[dict[str, Any]]) -> None:
        self.tables = tables

    def select(self, table: str, *columns: str) -> list[dict[str, Any]]:
        """All rows of a table."""
        return [{column: row[column] for column in columns} for row in self.tables.get(table, [])]


def test_floating_ips_are_those_of_translations_and_of_forwarded_ports_but_of_no_load_balancer() -> None:
    def balancer(row: str, outer: str, owner: str) -> dict[str, Any]:
        return {"_uuid": row, "vips": {outer: "10.0.0.5:22"}, "external_ids": {"neutron:device_owner": owner}}

    port = {"_uuid": "lsp", "name": "p-web", "addresses": "fa:16:3e:00:00:05 10.0.0.5 fd00::5", "options": {}}
    there = Northbound(
        Logical_Switch_Port=[
            port,
            {"_uuid": "to-router", "name": "r", "addresses": "router", "options": {"router-port": "lrp-r"}},
        ],
        Logical_Switch=[{"_uuid": "net", "ports": ["lsp", "to-router"]}],
        Logical_Router=[
            {"ports": "lrp", "load_balancer": ["forwarding", "octavia"]},
            {"ports": "elsewhere", "load_balancer": "another customer's"},
        ],
        Logical_Router_Port=[{"_uuid": "lrp", "name": "lrp-r"}],
        NAT=[
            {"external_ip": "203.0.113.9", "external_ids": {"neutron:fip_port_id": "p-web"}},
            {"external_ip": "203.0.113.10", "external_ids": {"neutron:fip_port_id": "p-db"}},
        ],
        Load_Balancer=[
            balancer("forwarding", "203.0.113.11:2222", "port_forwarding_plugin"),
            balancer("octavia", "10.0.0.50:80", "network:octavia"),
            balancer("another customer's", "203.0.113.12:2222", "port_forwarding_plugin"),
        ],
    )
    network = floating.Network(there)  # type: ignore[arg-type]
    its = floating.addresses(port)
    assert its == ("10.0.0.5", "fd00::5")
    assert network.leading_to(port, its) == ("203.0.113.11", "203.0.113.9")
    assert network.switch_of(port) == "net"


def database(path: Path, answers: list[bytes]) -> threading.Thread:
    """Something that accepts one connection, and answers each request so."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()

    def serve() -> None:
        connection, _ = listener.accept()
        with listener, connection:
            for answer in answers:
                connection.recv(65536)
                for byte in answer.decode():
                    connection.send(byte.encode())

    thread = threading.Thread(target=serve)
    thread.start()
    return thread


def test_rows_of_a_database_come_as_plain_values(tmp_path: Path) -> None:
    row = {"_uuid": ["uuid", "u1"], "ids": ["map", [["a", "b"]]], "acls": ["set", [["uuid", "u2"]]], "number": 3}
    reply = {"id": 1, "error": None, "result": [{"rows": [row]}]}
    echo = json.dumps({"id": "echo", "method": "echo", "params": []}).encode()
    thread = database(tmp_path / "s", [echo, json.dumps(reply).encode()])
    one = Database(str(tmp_path / "s"), "X")
    assert one.select("T", "_uuid", "ids") == [{"_uuid": "u1", "ids": {"a": "b"}, "acls": ["u2"], "number": 3}]
    one.close()
    thread.join(5)


def test_a_database_that_refuses_or_goes_says_so(tmp_path: Path) -> None:
    refusal = {"id": 1, "error": None, "result": [{"error": "constraint violation"}]}
    thread = database(tmp_path / "s", [json.dumps(refusal).encode()])
    one = Database(str(tmp_path / "s"), "X")
    with pytest.raises(DatabaseError, match="constraint violation"):
        one.transact({"op": "insert"})
    thread.join(5)
    with pytest.raises(DatabaseError):
        one.transact({"op": "insert"})
    with pytest.raises(DatabaseError):
        Database(str(tmp_path / "none"), "X").transact({"op": "insert"})
