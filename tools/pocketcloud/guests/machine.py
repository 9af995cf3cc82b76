"""A guest: a set of Linux namespaces on a port of Open vSwitch, with a directory for a disk.

Knows nothing of nova. The ports are internal ports of the switch, which send real checksums: the userspace connection
tracking drops packets whose checksum the sender leaves to its device.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from pocketcloud.guests import disk, namespaces, userlands
from pocketcloud.guests.drives import Drive, Drives
from pocketcloud.guests.names import INTEGRATION_BRIDGE, Names
from pocketcloud.guests.preconditions import PATH, program
from pocketcloud.layout import Layout

INIT = Path(__file__).parent / "init.sh"
CONSOLE_BYTES = 100_000  # what is kept in reach of the API
SPARE_MTU = 1442
ENTERED_WITHIN_S = 60.0
HELD = "var/lib/held"  # on its disk: init waits for as long as it is there
#: What a guest's root cannot do, as it would be done to the machine.
WITHHELD = "-sys_module,-sys_rawio,-sys_time,-mknod,-sys_boot"


@dataclass(frozen=True)
class Interface:
    """A port of the cloud, as it is plugged into a guest."""

    port: str
    mac: str
    mtu: int

    @property
    def device(self) -> str:
        """Its name in the switch."""
        return f"tap{self.port[:11]}"


class Machine:
    """The guest of one server."""

    def __init__(self, layout: Layout, server: str) -> None:
        self.names = Names(layout.root)
        self.server = server
        self.namespace = self.names.guest(server)
        self.directory = layout.state / "guests" / server
        self.drives = Drives()
        self._init: subprocess.Popen[bytes] | None = None

    # ports

    def plug(self, interfaces: list[Interface]) -> None:
        """Plug what is not plugged yet, as eth0, eth1 and so on."""
        if not namespaces.exists(self.namespace):
            namespaces.make(self.namespace)
        for one in interfaces:
            links = namespaces.ip("-n", self.namespace, "-o", "link")
            if one.mac not in links:
                free = next(number for number in range(64) if f" eth{number}:" not in links)
                self._plug(one, f"eth{free}")

    def _plug(self, one: Interface, name: str) -> None:
        identities = {"iface-id": one.port, "iface-status": "active", "attached-mac": one.mac, "vm-uuid": self.server}
        self._vsctl(
            "--may-exist", "add-port", INTEGRATION_BRIDGE, one.device,
            "--", "set", "interface", one.device, "type=internal", f'mac="{one.mac}"',
            *(f'external-ids:{key}="{value}"' for key, value in identities.items()),
        )  # fmt: skip
        namespaces.ip("-n", self.names.switch, "link", "set", one.device, "netns", self.namespace)
        mtu = str(one.mtu or SPARE_MTU)
        namespaces.ip("-n", self.namespace, "link", "set", one.device, "name", name, "mtu", mtu, "up")

    def unplug(self, interfaces: list[Interface]) -> None:
        """Take ports out, those that are there."""
        for one in interfaces:
            self._vsctl("--if-exists", "del-port", INTEGRATION_BRIDGE, one.device)

    def _vsctl(self, *arguments: str) -> str:
        words = [program("ovs-vsctl"), f"--db={self.names.ovs}", "--timeout=30", *arguments]
        done = subprocess.run(words, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        if done.returncode:
            raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    # power

    @property
    def running(self) -> bool:
        """Whether its init lives."""
        return self._init is not None and self._init.poll() is None

    def boot(self, hostname: str, distribution: str | None = None) -> None:
        """Start it from its disk, which is made when there is none: for what its image says it is of."""
        if self.running:
            return
        disk.ensure(self.directory / "disk", hostname, userlands.of(distribution))
        self._links("up")
        with open(self.directory / "console.log", "ab") as console:
            self._init = subprocess.Popen(
                [
                    *("nsenter", f"--net={namespaces.PLACE / self.namespace}"),
                    *("unshare", "--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child"),
                    *("--propagation", "private"),
                    *("sh", str(INIT), str(self.directory / "disk"), hostname, WITHHELD),
                ],
                stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True,
                env={"PATH": PATH, "container": "pocketcloud"}, cwd="/",
            )  # fmt: skip
        threading.Thread(target=self._init.wait, daemon=True).start()  # or its end would leave a zombie
        if len(self.drives) and (root := self._root()):
            self.drives.show(root)

    def hold(self) -> None:
        """Have its boot, from the next one on, stop before it starts sshd."""
        (self.directory / "disk" / HELD).parent.mkdir(parents=True, exist_ok=True)
        (self.directory / "disk" / HELD).touch()

    def release(self) -> None:
        """Undo `hold`: a boot that has stopped goes on."""
        (self.directory / "disk" / HELD).unlink(missing_ok=True)

    def forget(self) -> None:
        """Lose what its users have written; its key and its accounts stay."""
        root = self.directory / "disk"
        for place in (root / "root", *root.glob("home/*")):
            for path in list(place.iterdir()) if place.is_dir() else []:
                if path.name != ".ssh":
                    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()

    def halt(self) -> None:
        """Pull the plug: nothing of it runs any more, and it does not answer."""
        namespaces.end_processes([self.namespace])
        self._init = None
        # its kernel is the machine's: with links and addresses it would go on answering pings
        self._links("down")

    def pause(self) -> None:
        """Stop its processes, and take it off the network, where its kernel would answer for them."""
        namespaces.send([self.namespace], signal.SIGSTOP)
        routes = namespaces.ip("-n", self.namespace, "route", "show", "scope", "global")
        (self.directory / "routes").write_text(routes)
        self._links("down", keep_addresses=True)

    def unpause(self) -> None:
        """Undo `pause`."""
        self._links("up")
        with contextlib.suppress(OSError):
            for route in (self.directory / "routes").read_text().splitlines():
                namespaces.ip("-n", self.namespace, "route", "replace", *route.split())
        namespaces.send([self.namespace], signal.SIGCONT)

    def _links(self, state: str, keep_addresses: bool = False) -> None:
        if not namespaces.exists(self.namespace):
            return
        for line in namespaces.ip("-n", self.namespace, "-o", "link").splitlines():
            device = line.split(":")[1].strip().partition("@")[0]
            if device.startswith("eth"):
                if state == "down" and not keep_addresses:
                    namespaces.ip("-n", self.namespace, "address", "flush", "dev", device)
                namespaces.ip("-n", self.namespace, "link", "set", device, state)

    # volumes

    def attach(self, drive: Drive) -> None:
        """Plug a volume in; a running guest finds it with `show`, one that boots by itself."""
        self.drives.plug(drive)

    def show(self, volume: str) -> None:
        """Have the running guest find a volume."""
        if root := self._root():
            self.drives.show(root, volume)

    def detach(self, volume: str) -> None:
        """Take a volume away. Raises InUse while the guest uses it."""
        self.drives.unplug(self._root(), volume)

    def _root(self) -> Path | None:
        """The root directory of the running guest, once its init has gone there; None when none runs."""
        end = time.monotonic() + ENTERED_WITHIN_S
        while self.running and time.monotonic() < end:
            for pid in namespaces.pids([self.namespace]):
                root = Path(f"/proc/{pid}/root")
                if _is_first(pid) and (root / "run" / "boot" / "init.sh").exists():  # it is put there right before
                    return root
            time.sleep(0.02)
        return None

    # the rest of its life

    def console(self) -> bytes:
        """The end of what it printed."""
        try:
            with open(self.directory / "console.log", "rb") as stream:
                stream.seek(max(0, os.fstat(stream.fileno()).st_size - CONSOLE_BYTES))
                return stream.read()
        except OSError:
            return b""

    def remove(self, interfaces: list[Interface], keep_disk: bool = False) -> None:
        """Halt it and remove all that there is of it."""
        self.halt()
        if not keep_disk:
            self.drives.clear()
        self.unplug(interfaces)
        namespaces.remove(self.namespace)
        if not keep_disk:
            shutil.rmtree(self.directory, ignore_errors=True)


def _is_first(pid: int) -> bool:
    """Whether a process is the first one of a namespace of processes."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("NSpid:"):
                _, *inner = line.split()[1:]
                return inner == ["1"]
    return False
