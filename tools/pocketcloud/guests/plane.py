"""The data plane: Open vSwitch on its userspace datapath and OVN, as children of the supervisor."""

from __future__ import annotations

import functools
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from pocketcloud.guests import namespaces
from pocketcloud.guests.names import (
    CHASSIS,
    EXTERNAL_BRIDGE,
    INTEGRATION_BRIDGE,
    METADATA_PORT,
    OUTSIDE_ADDRESS,
    OUTSIDE_ADDRESS_6,
    OUTSIDE_DEVICE,
    PHYSICAL_NETWORK,
    Names,
)
from pocketcloud.guests.preconditions import PATH, program
from pocketcloud.layout import Layout
from pocketcloud.services import HOST

Fork = Callable[[str, set[str], Callable[[], None]], int]
METADATA_AGENT = "metadata-agent"
OUTSIDE_SERVERS, PACKET_FAULTS = "outside", "packet-faults"
DAEMONS = (
    *("ovsdb", "ovnnb", "ovnsb", "ovs-vswitchd", "ovn-northd", "ovn-controller"),
    *(OUTSIDE_SERVERS, PACKET_FAULTS),  # started by the supervisor
)
OVS_SCHEMA = Path("/usr/share/openvswitch/vswitch.ovsschema")
OVN_SCHEMA = Path("/usr/share/ovn")
PATIENCE_S = 60.0


class Plane:
    """The network of one cloud: a switch, where ports of guests are bound, and the outside with the floating IPs."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.names = Names(layout.root)
        self.state = layout.state / "ovn"
        self._started: dict[int, str] = {}

    def environment(self) -> dict[str, str]:
        """For the programs of Open vSwitch and OVN: everything of theirs is ours."""
        run, state = str(self.names.run), str(self.state)
        kinds = {"RUNDIR": run, "DBDIR": state, "SYSCONFDIR": state, "LOGDIR": str(self.layout.log)}
        return {
            "PATH": f"{os.environ.get('PATH', PATH)}:{PATH}",
            **{f"{what}_{kind}": value for what in ("OVS", "OVN") for kind, value in kinds.items()},
            "OVN_NB_DB": self.names.northbound,
            "OVN_SB_DB": self.names.southbound,
        }

    def start(self, fork: Fork) -> None:
        """Make the namespaces, start the daemons, each by `fork`, and connect the outside. Raises on any failure."""
        names = self.names
        names.run.mkdir(mode=0o700)
        for name in (names.switch, names.outside):
            namespaces.make(name)
        for database, schema in (
            ("ovs", OVS_SCHEMA), ("ovnnb", OVN_SCHEMA / "ovn-nb.ovsschema"), ("ovnsb", OVN_SCHEMA / "ovn-sb.ovsschema"),
        ):  # fmt: skip
            path = self.state / f"{database}.db"
            if not path.exists():  # a golden state brings its northbound database along
                self._run("ovsdb-tool", "create", str(path), str(schema))
        for daemon, database in (("ovsdb", "ovs"), ("ovnnb", "ovnnb"), ("ovnsb", "ovnsb")):
            self._fork(
                fork, daemon, "ovsdb-server", str(self.state / f"{database}.db"),
                f"--remote=punix:{names.run}/{database}.sock", f"--unixctl={names.run}/{database}.ctl",
            )  # fmt: skip
        self._wait(lambda: all((names.run / f"{one}.sock").exists() for one in ("ovs", "ovnnb", "ovnsb")), "databases")
        self._vsctl("--no-wait", "init")
        self._run("ovn-nbctl", "init")
        self._run("ovn-sbctl", "init")
        self._fork(fork, "ovs-vswitchd", "ovs-vswitchd", names.ovs, f"--unixctl={names.run}/ovs-vswitchd.ctl")
        self._fork(
            fork, "ovn-northd", "ovn-northd", f"--ovnnb-db={names.northbound}", f"--ovnsb-db={names.southbound}",
            f"--unixctl={names.run}/ovn-northd.ctl",
        )  # fmt: skip
        self._bridges()
        self._hide_what_breaks()
        self._fork(fork, "ovn-controller", "ovn-controller", names.ovs)
        self._wait(lambda: bool(self._run("ovn-sbctl", "--bare", "find", "Chassis", f"name={CHASSIS}")), "chassis")

    def listen(self, ports: Mapping[str, int]) -> dict[str, socket.socket]:
        """Sockets for the services beside those of the machine: their public ports outside, and nova's for metadata."""
        found = {f"{name}.outside": namespaces.listen(self.names.outside, HOST, port) for name, port in ports.items()}
        found["nova.metadata"] = namespaces.listen(self.names.switch, HOST, METADATA_PORT)
        return found

    def _bridges(self) -> None:
        names = self.names
        identities = {
            "system-id": CHASSIS,
            "hostname": CHASSIS,
            "ovn-remote": names.southbound,
            "ovn-encap-type": "geneve",
            "ovn-encap-ip": "127.0.0.1",
            "ovn-bridge-datapath-type": "netdev",
            "ovn-bridge-mappings": f"{PHYSICAL_NETWORK}:{EXTERNAL_BRIDGE}",
            "ovn-cms-options": "enable-chassis-as-gw",
            "ovn-monitor-all": "true",
        }
        settings = (f'external-ids:{key}="{value}"' for key, value in identities.items())
        self._vsctl(
            "add-br", INTEGRATION_BRIDGE, "--", "set", "bridge", INTEGRATION_BRIDGE, "datapath_type=netdev",
            "fail-mode=secure", "--", "add-br", EXTERNAL_BRIDGE,
            "--", "set", "bridge", EXTERNAL_BRIDGE, "datapath_type=netdev",
            "--", "add-port", EXTERNAL_BRIDGE, OUTSIDE_DEVICE,
            "--", "set", "interface", OUTSIDE_DEVICE, "type=internal",
            "--", "set", "open_vswitch", ".", *settings,
        )  # fmt: skip
        for bridge in (INTEGRATION_BRIDGE, EXTERNAL_BRIDGE):
            namespaces.ip("-n", names.switch, "link", "set", bridge, "up")
        namespaces.ip("-n", names.switch, "link", "set", OUTSIDE_DEVICE, "netns", names.outside)
        namespaces.ip("-n", names.outside, "address", "add", OUTSIDE_ADDRESS, "dev", OUTSIDE_DEVICE)
        namespaces.ip("-n", names.outside, "address", "add", OUTSIDE_ADDRESS_6, "dev", OUTSIDE_DEVICE, "nodad")
        namespaces.ip("-n", names.outside, "link", "set", OUTSIDE_DEVICE, "up")

    def _hide_what_breaks(self) -> None:
        """Tell OVN, before it looks, that a connection's address cannot be translated to itself.

        It would have that done to avoid collisions. The userspace connection tracking (of Open vSwitch 3.1 at least)
        then ends with a failed assertion when a packet comes for such a connection after it has timed out.
        """
        self._vsctl(
            "--id=@netdev", "create", "datapath", "external-ids:of=pocketcloud",
            "--", "set", "open_vswitch", ".", "datapaths:netdev=@netdev",
        )  # fmt: skip
        datapath = self._vsctl("get", "open_vswitch", ".", "datapaths:netdev").strip()
        self._vsctl("set", "datapath", datapath, "capabilities:ct_zero_snat=false")

    def _fork(self, fork: Fork, name: str, command: str, *arguments: str) -> None:
        words = [program(command), *arguments, "-vconsole:info", "-vsyslog:off", "-vfile:off"]
        self._started[fork(name, set(), functools.partial(self._become, words))] = name

    def _become(self, words: list[str]) -> None:
        """In a child: be this daemon, in the switch's namespace, where its devices appear."""
        namespaces.enter(self.names.switch)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.execve(words[0], words, self.environment())  # noqa: S606 - it is what this child is for

    def _vsctl(self, *arguments: str) -> str:
        return self._run("ovs-vsctl", f"--db={self.names.ovs}", "--timeout=30", *arguments)

    def _run(self, command: str, *arguments: str) -> str:
        words = [program(command), *arguments]
        done = subprocess.run(
            words, env=self.environment(), capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def _wait(self, ready: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + PATIENCE_S
        while not ready():
            if ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                log = self.layout.log / f"{self._started.get(ended.si_pid, '?')}.out"
                raise RuntimeError(f"{log.stem} ended: {log.read_text(errors='replace')[-2000:]}")
            if time.monotonic() > end:
                raise RuntimeError(f"no {what} within {PATIENCE_S:.0f} s, see the logs in {self.layout.log}")
            time.sleep(0.02)


def inhabitants(layout: Layout) -> set[int]:
    """What lives in the namespaces of a cloud: the daemons, who answers for the metadata, guests, visitors."""
    return namespaces.pids(namespaces.beginning_with(Names(layout.root).prefix))
