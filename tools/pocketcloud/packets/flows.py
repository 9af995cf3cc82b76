"""Rules as flows of Open vSwitch, beside those of OVN: a text a flow, as `ovs-ofctl add-flows` reads it.

Packets from a guest enter table 0 by the guest's port. Those to a guest come to table 65 when everything has been
decided (router, security groups), where OVN recognises the port by two registers: its *place*. What a flow there
changes or sends elsewhere is a clone: OVN goes on with the packet, to the other receivers of a broadcast.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pocketcloud.faults.packet_rules import FIRST_TTL, PacketRule
from pocketcloud.packets.view import Plugged

COOKIE = "0x706f636b6574"  # of our flows, and of no flow of OVN's, whose cookies have 32 bits
ENTRY, EXIT = 0, 65
RETURN, DROP, REFUSE, DIVERT = 41000, 40000, 39000, 38000  # priorities; OVN's are below 1000
METADATA = {"ip,nw_dst": "169.254.169.254", "ipv6,ipv6_dst": "fe80::a9fe:a9fe"}
FIRST_REFUSING = 61001  # the ports, above those that guests take for connections, where 500s are answered
RELAYED = ("loss", "delay", "rate")
Place = tuple[str, str]  # registers 15 and metadata


@dataclass(frozen=True)
class Lane:
    """One way of a guest's packets through the relay, known there by the number of a VLAN."""

    port: str
    inward: bool  # to the guest
    tag: int


def of_kind(rules: Iterable[PacketRule], kind: str, name: str) -> list[PacketRule]:
    """The rules of one kind for a server of this name."""
    return [rule for rule in rules if rule.kind == kind and rule.matches(name)]


def refused_ports(rules: Iterable[PacketRule], name: str) -> dict[int, int]:
    """Ports of a guest of this name that answer 500 → the ports where that is answered from."""
    wanted = sorted({rule.port for rule in of_kind(rules, "refuse_500", name) if rule.port})
    return {port: FIRST_REFUSING + position for position, port in enumerate(wanted)}


def flows(
    rules: list[PacketRule],
    plugged: list[Plugged],
    places: Mapping[str, Place],
    lanes: Iterable[Lane] = (),
    relay: int | None = None,
) -> list[str]:
    """All flows that there must be. `places` is by port; `relay` is the number of the relay's port."""
    found: list[str] = []
    for guest in plugged:
        place = places.get(guest.port)
        found += _silence(rules, guest, place)
        found += _cut(rules, guest, plugged, place)
        found += _refusing(rules, guest, place)
    if relay is not None:
        by_port = {guest.port: guest for guest in plugged}
        for lane in lanes:
            if lane.port in by_port:
                found += _relayed(lane, by_port[lane.port], places.get(lane.port), relay)
    return sorted(set(found))


def distinct(made: Iterable[str]) -> int:
    """How many flows of these there are in a switch, where one takes the place of another with the same match."""
    return len({flow.partition(",actions=")[0] for flow in made})


def _from(guest: Plugged, match: str, priority: int = DROP, actions: str = "drop") -> str:
    return f"table={ENTRY},priority={priority},in_port={guest.number},{match},actions={actions}"


def _to(place: Place, match: str, priority: int = DROP, actions: str = "drop") -> str:
    matches = ",".join(one for one in (f"reg15={place[0]},metadata={place[1]}", match) if one)
    return f"table={EXIT},priority={priority},{matches},actions={actions}"


def _silence(rules: list[PacketRule], guest: Plugged, place: Place | None) -> list[str]:
    """DHCP, metadata, router advertisements and floating IPs that do not answer."""
    found = []
    for rule in of_kind(rules, "dhcp", guest.name):
        found += [_from(guest, "udp,tp_dst=67")] if rule.version != 6 else []
        found += [_from(guest, "udp6,tp_dst=547")] if rule.version != 4 else []
    if of_kind(rules, "metadata", guest.name):
        found += [_from(guest, f"{match}={address}") for match, address in METADATA.items()]
    if of_kind(rules, "ra", guest.name):
        found.append(_from(guest, "icmp6,icmp_type=133"))
        if place:
            found.append(_to(place, "icmp6,icmp_type=134"))
    if of_kind(rules, "floating", guest.name):
        found += [f"table={ENTRY},priority={DROP},ip,nw_dst={one},actions=drop" for one in guest.floating]
    return found


def _cut(rules: list[PacketRule], guest: Plugged, plugged: list[Plugged], place: Place | None) -> list[str]:
    """What does not reach a guest: anything, or what comes from the guests at the other end."""
    if place is None:
        return []
    found = []
    for rule in (rule for rule in rules if rule.kind == "cut"):
        if rule.peer is None:
            found += [_to(place, match) for match in _after(rule, "")] if rule.matches(guest.name) else []
            continue
        for other in plugged:
            pairs = ((guest.name, other.name), (other.name, guest.name))  # both ways
            if other.server != guest.server and any(rule.matches(a) and rule.peer.search(b) for a, b in pairs):
                sources = [f"dl_src={other.mac}"] if rule.hops is None else []
                for address in (*other.addresses, *other.floating):
                    sources.append(f"ipv6,ipv6_src={address}" if ":" in address else f"ip,nw_src={address}")
                found += [_to(place, match) for source in sources for match in _after(rule, source)]
    return found


def _after(rule: PacketRule, source: str) -> list[str]:
    """The packets from a source that came through as many routers as the rule says."""
    if rule.hops is None:
        return [source]
    return [f"{one},nw_ttl={FIRST_TTL - rule.hops}" for one in ([source] if source else ["ip", "ipv6"])]


def _refusing(rules: list[PacketRule], guest: Plugged, place: Place | None) -> list[str]:
    """Connections to a port lead to another one of the guest's, where 500 is answered."""
    found = []
    for port, other in refused_ports(rules, guest.name).items():
        for protocol in ("tcp", "tcp6"):
            answer = f"mod_tp_src:{port},resubmit(,{ENTRY})"
            found.append(_from(guest, f"{protocol},tp_src={other}", REFUSE, answer))
            if place:
                question = f"clone(mod_tp_dst:{other},resubmit(,{EXIT}))"
                found.append(_to(place, f"{protocol},tp_dst={port}", REFUSE, question))
    return found


def _relayed(lane: Lane, guest: Plugged, place: Place | None, relay: int) -> list[str]:
    """Through the relay and back. A packet from a guest that was there has 1 in the register that OVN sets next."""
    back = f"table={ENTRY},priority={RETURN},in_port={relay},dl_vlan={lane.tag},actions=strip_vlan"
    if lane.inward:
        there = [_to(place, "", DIVERT, f"clone(mod_vlan_vid:{lane.tag},output:{relay})")] if place else []
        return [*there, f"{back},output:{guest.number}"]
    again = f"load:1->NXM_NX_REG14[],load:{guest.number}->NXM_OF_IN_PORT[],resubmit(,{ENTRY})"
    return [_from(guest, "reg14=0", DIVERT, f"mod_vlan_vid:{lane.tag},output:{relay}"), f"{back},{again}"]
