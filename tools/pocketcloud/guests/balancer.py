"""The machine of a load balancer: haproxy in a network namespace, on a port of Open vSwitch like a guest.

Knows nothing of octavia.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time
from pathlib import Path

from pocketcloud.guests import namespaces
from pocketcloud.guests.machine import Interface, Machine
from pocketcloud.guests.names import INTEGRATION_BRIDGE
from pocketcloud.guests.preconditions import program
from pocketcloud.layout import Layout

DEVICE = "eth0"
ANSWERS_WITHIN_S = 10.0
ETHERTYPE_ARP, ARP_REQUEST = 0x0806, 1


class Balancer(Machine):
    """One machine that balances."""

    def __init__(self, layout: Layout, identity: str) -> None:
        super().__init__(layout, identity)
        self.namespace = self.names.balancer(identity)
        self.directory = layout.state / "guests" / f"balancer-{identity}"
        self.socket = self.names.run / f"balancer-{identity}.sock"  # where haproxy tells how members are
        self._link: socket.socket | None = None

    @property
    def configuration(self) -> Path:
        """haproxy's."""
        return self.directory / "haproxy.cfg"

    @property
    def working(self) -> bool:
        """Whether haproxy runs."""
        return self._master() is not None

    def join(self, port: Interface, addresses: list[str], gateway: str | None) -> None:
        """Plug its port and take its addresses, each with the length of its network."""
        self.plug([port])
        for one in addresses:
            namespaces.ip("-n", self.namespace, "address", "replace", one, "dev", DEVICE)
        if gateway:
            namespaces.ip("-n", self.namespace, "route", "replace", "default", "via", gateway)

    def announce(self, address: str) -> None:
        """Tell the network that this address is here (gratuitous ARP), as whoever takes over an address does."""
        if self._link is None:
            self._link = self._packets()
        mac, ip = self._link.getsockname()[4], socket.inet_aton(address)
        header = b"\xff" * 6 + mac + struct.pack("!H", ETHERTYPE_ARP)
        self._link.send(header + struct.pack("!HHBBH", 1, 0x0800, 6, 4, ARP_REQUEST) + mac + ip + bytes(6) + ip)

    def _packets(self) -> socket.socket:
        made: list[socket.socket] = []

        def work() -> None:
            namespaces.enter(self.namespace)
            made.append(socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERTYPE_ARP)))
            made[0].bind((DEVICE, 0))

        thread = threading.Thread(target=work)  # the namespace is a thread's own
        thread.start()
        thread.join()
        return made[0]

    def balance(self, configuration: str) -> None:
        """Work by this configuration from now on. Raises RuntimeError when haproxy does not take it."""
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.configuration.write_text(configuration)
        self._haproxy("-c")
        master = self._master()
        if master is None:
            self._haproxy("-W", "-p", str(self.directory / "haproxy.pid"))
        else:
            os.kill(master, signal.SIGUSR2)
        end = time.monotonic() + ANSWERS_WITHIN_S
        while not self.socket.exists():
            if time.monotonic() > end:
                raise RuntimeError(f"haproxy does not answer within {ANSWERS_WITHIN_S:.0f} s")
            time.sleep(0.02)

    def rest(self) -> None:
        """Balance nothing."""
        namespaces.end_processes([self.namespace])
        self.socket.unlink(missing_ok=True)

    def _haproxy(self, *arguments: str) -> None:
        words = ["nsenter", f"--net={namespaces.PLACE / self.namespace}", program("haproxy"), *arguments]
        with open(self.directory / "haproxy.log", "ab") as log:
            done = subprocess.run(
                [*words, "-f", str(self.configuration)], stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False
            )
        if done.returncode:
            raise RuntimeError(f"haproxy {' '.join(arguments)} failed, see {self.directory}/haproxy.log")

    def _master(self) -> int | None:
        with contextlib.suppress(OSError, ValueError):
            pid = int((self.directory / "haproxy.pid").read_text())
            lives_in = namespaces.PROC / str(pid) / "ns" / "net"
            if lives_in.stat().st_ino == (namespaces.PLACE / self.namespace).stat().st_ino:
                return pid
        return None

    def give_up(self) -> None:
        """End it and remove all that there is of it: its ports first, which the switch would miss at every turn."""
        if self._link is not None:
            self._link.close()
        namespaces.end_processes([self.namespace])
        mine = ("find", "interface", f'external-ids:vm-uuid="{self.server}"')
        for device in self._vsctl("--bare", "--columns=name", *mine).split():
            self._vsctl("--if-exists", "del-port", INTEGRATION_BRIDGE, device)
        namespaces.remove(self.namespace)
        self.socket.unlink(missing_ok=True)
        shutil.rmtree(self.directory, ignore_errors=True)
