"""Our flows and our port in Open vSwitch, by its own programs."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping

from pocketcloud.guests import namespaces
from pocketcloud.guests.names import INTEGRATION_BRIDGE, Names
from pocketcloud.guests.preconditions import program
from pocketcloud.packets.flows import COOKIE, EXIT, Place
from pocketcloud.packets.relay import DEVICE

_PLACE = re.compile(r"reg15=(0x[0-9a-f]+),metadata=(0x[0-9a-f]+) actions=output:(\d+)$")
_COUNT = re.compile(r"flow_count=(\d+)")


class SwitchError(Exception):
    """Open vSwitch did not do what it was told."""


class Switch:
    """The switch of one cloud. Methods raise SwitchError."""

    def __init__(self, names: Names, environment: Mapping[str, str]) -> None:
        self._names = names
        self._environment = dict(environment)

    def places(self) -> dict[int, Place]:
        """By which registers OVN recognises the ports that it sends packets to: number of the port → registers."""
        text = self._run("ovs-ofctl", "--no-stats", "dump-flows", INTEGRATION_BRIDGE, f"table={EXIT}")
        found = (_PLACE.search(line) for line in text.splitlines())
        return {int(one[3]): (one[1], one[2]) for one in found if one}

    def count(self) -> int:
        """How many flows of ours there are. OVN, when it starts again, removes them."""
        text = self._run("ovs-ofctl", "dump-aggregate", INTEGRATION_BRIDGE, f"cookie={COOKIE}/-1")
        found = _COUNT.search(text)
        if found is None:
            raise SwitchError(f"no count of flows in: {text}")
        return int(found[1])

    def replace(self, flows: list[str]) -> None:
        """Have these flows of ours and no others, from one moment to the next."""
        lines = [f"delete cookie={COOKIE}/-1", *(f"add cookie={COOKIE},{flow}" for flow in flows)]
        self._run("ovs-ofctl", "--bundle", "add-flows", INTEGRATION_BRIDGE, "-", text="\n".join(lines) + "\n")

    def add_relay(self) -> int:
        """Make the device of the relay a port; its number."""
        namespaces.ip("-n", self._names.switch, "link", "set", DEVICE, "up")
        self._vsctl("--may-exist", "add-port", INTEGRATION_BRIDGE, DEVICE)
        number = self._vsctl("get", "interface", DEVICE, "ofport").strip()
        if not number.isdecimal():
            raise SwitchError(f"the relay has got no port: {number}")
        return int(number)

    def _vsctl(self, *arguments: str) -> str:
        return self._run("ovs-vsctl", f"--db={self._names.ovs}", "--timeout=30", *arguments)

    def _run(self, command: str, *arguments: str, text: str = "") -> str:
        words = [program(command), *arguments]
        done = subprocess.run(
            words, env=self._environment, input=text, capture_output=True, text=True, check=False, timeout=60
        )
        if done.returncode:
            raise SwitchError(f"{' '.join(words)}: {done.stderr.strip()}")
        return done.stdout
