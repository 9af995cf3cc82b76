"""The volumes that are plugged into a guest: loop devices of the machine, under the names that the guest knows them by.

A guest's root may not make devices, so it reaches those that are put into its /dev, and no others.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from pocketcloud.guests import loop

SERIAL_LENGTH = 20  # of a virtio disk: what is longer is cut
LETS_GO_WITHIN_S = 3.0
MODE = 0o660


@dataclass(frozen=True)
class Drive:
    """A volume of the cloud, as it is plugged into a guest: `name` is `vdb` and the like."""

    volume: str
    file: Path
    name: str

    @property
    def link(self) -> str:
        """How the guest finds it by its serial number, as udev calls the disks of a virtual machine."""
        return f"virtio-{self.volume[:SERIAL_LENGTH]}"


class InUse(Exception):
    """The guest has mounted it, or one of its programs has it open."""


class Drives:
    """Those of one guest. Every method may be called from any thread, and raises OSError when the machine fails."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._plugged: dict[str, tuple[Drive, str]] = {}  # volume → the drive and its loop device

    def __contains__(self, volume: str) -> bool:
        return volume in self._plugged

    def __len__(self) -> int:
        return len(self._plugged)

    def plug(self, drive: Drive) -> None:
        """Make it a device, if it is none yet. The guest does not see it before `show`."""
        with self._lock:
            if drive.volume not in self._plugged:
                self._plugged[drive.volume] = (drive, loop.attach(drive.file.resolve()))

    def show(self, root: Path, volume: str | None = None) -> None:
        """Have a running guest, whose root is seen here, find one of them, or all."""
        with self._lock:
            for drive, device in self._plugged.values():
                if volume in (None, drive.volume):
                    _show(root, drive, device)

    def grow(self, volume: str) -> None:
        """Have it take the size of its file."""
        with self._lock:
            if volume in self._plugged:
                loop.grow(self._plugged[volume][1])

    def unplug(self, root: Path | None, volume: str) -> None:
        """Take it away from the guest, where one runs. Raises InUse while the guest uses it."""
        with self._lock:
            if volume not in self._plugged:
                return
            drive, device = self._plugged[volume]
            end = time.monotonic() + LETS_GO_WITHIN_S
            while True:
                if _released(device, drive.file.resolve()):
                    break
                if time.monotonic() > end:
                    loop.keep(device)
                    raise InUse(f"{drive.name} is mounted, or a program has it open")
                time.sleep(0.1)
            del self._plugged[volume]
            if root is not None:
                for path in _places(root, drive):
                    with contextlib.suppress(OSError):
                        path.unlink()

    def clear(self) -> None:
        """Take all away, when nothing of the guest runs any more."""
        for volume in list(self._plugged):
            self.unplug(None, volume)


def _released(device: str, file: Path) -> bool:
    try:
        loop.release(device, file)
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
    return loop.file_of(device) != str(file)


def _places(root: Path, drive: Drive) -> tuple[Path, Path, Path]:
    return root / "dev" / drive.name, root / "dev/disk/by-id" / drive.link, root / "sys/block" / drive.name


def _show(root: Path, drive: Drive, device: str) -> None:
    node, link, block = _places(root, drive)
    link.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.mknod(node, stat.S_IFBLK | MODE, os.stat(loop.DEVICES / device).st_rdev)
        node.chmod(MODE)
    with contextlib.suppress(FileExistsError):
        link.symlink_to(f"../../{drive.name}")
    with contextlib.suppress(FileExistsError):
        block.symlink_to(f"../devices/virtual/block/{device}")
