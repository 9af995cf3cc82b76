"""The process that keeps the data plane as the rules for packets say: looks at rules, ports and flows, and mends."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable

from pocketcloud.errors import PocketcloudError
from pocketcloud.faults.book import RuleBook
from pocketcloud.faults.packet_rules import PacketRule
from pocketcloud.guests import namespaces
from pocketcloud.guests.names import Names
from pocketcloud.guests.plane import Plane
from pocketcloud.layout import Layout
from pocketcloud.packets import relay
from pocketcloud.packets.acls import Acls, acls
from pocketcloud.packets.flows import RELAYED, Lane, Place, distinct, flows, of_kind, refused_ports
from pocketcloud.packets.in_force import InForce
from pocketcloud.packets.ovsdb import DatabaseError
from pocketcloud.packets.refusals import Refusals
from pocketcloud.packets.shaping import Shape
from pocketcloud.packets.spoofing import PortSecurity
from pocketcloud.packets.switch import Switch, SwitchError
from pocketcloud.packets.view import Plugged, View

LOG = logging.getLogger(__name__)
PERIOD_S = 0.2
CHECK_S = 2.0  # how often the flows are looked for in the switch
LARGEST_TAG = 4094
NICE = -5


class Watch:
    """The rules of one cloud, applied. `orders` leads to the relay."""

    def __init__(self, layout: Layout, orders: socket.socket) -> None:
        self.layout = layout
        self.book = RuleBook(layout.faults)
        self.names = Names(layout.root)
        self.switch = Switch(self.names, Plane(layout).environment())
        self.view = View(layout)
        self.acls = Acls(self.view.northbound)
        self.port_security = PortSecurity(self.view.northbound)
        self.refusals = Refusals()
        self.in_force = InForce(layout)
        self._orders = orders
        self._relay: int | None = None  # its port, when it was needed once
        self._shapes: dict[int, Shape] = {}
        self._tags: dict[tuple[str, bool], int] = {}
        self._places: dict[tuple[str, int], Place] = {}
        self._flows: list[str] | None = None  # those that are in the switch; None: not known
        self._checked = 0.0
        self._idle = False

    def run(self) -> None:
        """Apply rules until the process ends."""
        while True:
            try:
                self.step()
            except (DatabaseError, SwitchError, PocketcloudError, OSError, subprocess.SubprocessError) as error:
                LOG.warning("tries again: %s", error)
                self._flows, self._idle = None, False
            time.sleep(PERIOD_S)

    def step(self) -> None:
        """Have everything as the rules of this moment say."""
        rules = self.book.packet_rules()
        if not rules and self._idle:
            return
        plugged = self.view.plugged() if rules else []
        self.acls.have(acls(rules, plugged))
        self.port_security.have({guest.port for guest in plugged if of_kind(rules, "spoof", guest.name)})
        places = self._find(rules, plugged)
        deaf = self.refusals.have(
            {
                (self.names.guest(guest.server), other)
                for guest in plugged
                for other in refused_ports(rules, guest.name).values()
            }
        )
        lanes = self._order_lanes(rules, plugged)
        self._put(flows(rules, plugged, places, lanes, self._relay))
        self._tell(rules, plugged, set(places), deaf)
        self._idle = not rules

    def _find(self, rules: list[PacketRule], plugged: list[Plugged]) -> dict[str, Place]:
        """The places of the guests that a rule is about, as far as OVN has got."""
        concerned = {(one.port, one.number) for one in plugged if _concerned(rules, one)}
        if concerned - self._places.keys():
            found = self.switch.places()
            self._places = {key: found[key[1]] for key in concerned if key[1] in found}
        return {port: place for (port, number), place in self._places.items() if (port, number) in concerned}

    def _order_lanes(self, rules: list[PacketRule], plugged: list[Plugged]) -> list[Lane]:
        """Tell the relay what to do with which lane, and return the lanes."""
        lanes, shapes = [], {}
        for guest in plugged:
            its = [rule for kind in RELAYED for rule in of_kind(rules, kind, guest.name)]
            for inward in (True, False):
                if shape := Shape.of(its, inward):
                    lane = Lane(guest.port, inward, self._tag(guest.port, inward))
                    lanes.append(lane)
                    shapes[lane.tag] = shape
        if lanes and self._relay is None:
            self._relay = self.switch.add_relay()
        if shapes != self._shapes:
            self._orders.send(relay.message(shapes))
            self._shapes = shapes
        return lanes

    def _tag(self, port: str, inward: bool) -> int:
        key = (port, inward)
        if key not in self._tags:
            free = set(range(1, LARGEST_TAG + 1)) - set(self._tags.values())
            if not free:
                self._tags.clear()
                return self._tag(port, inward)
            self._tags[key] = min(free)
        return self._tags[key]

    def _put(self, wanted: list[str]) -> None:
        now = time.monotonic()
        if wanted == self._flows and wanted and now > self._checked + CHECK_S:
            self._checked = now
            if self.switch.count() != distinct(wanted):
                LOG.warning("flows are missing in the switch")
                self._flows, self._places = None, {}
        if wanted != self._flows:
            self.switch.replace(wanted)
            LOG.info("%d flows", len(wanted))
            self._flows, self._checked = wanted, now

    def _tell(self, rules: list[PacketRule], plugged: list[Plugged], found: set[str], deaf: set[str]) -> None:
        """Say what is in force; not yet for a guest whose port is not `found`, or whose namespace is `deaf`."""
        lacking = {one.server for one in plugged if _concerned(rules, one) and one.port not in found}
        lacking |= {one.server for one in plugged if self.names.guest(one.server) in deaf}
        self.in_force.tell((rule.key for rule in rules), {one.server for one in plugged} - lacking)


def _concerned(rules: list[PacketRule], guest: Plugged) -> bool:
    return any(rule.concerns(guest.name) for rule in rules)


def run(layout: Layout, end_with_parent: Callable[[], None]) -> None:
    """In a child of the supervisor, for as long as it lives: watch, and a relay beside."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    namespaces.enter(Names(layout.root).switch)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    device = relay.open_device()
    if os.fork() == 0:
        try:
            end_with_parent()
            ours.close()
            relay.Relay(device, theirs).run()
        finally:
            os._exit(0)
    os.close(device)
    theirs.close()
    Watch(layout, ours).run()
