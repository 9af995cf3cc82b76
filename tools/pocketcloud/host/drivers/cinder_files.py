"""Volumes with all their bytes: sparse files, which take the space of what was written to them."""

# mypy: disable-error-code="import-untyped, import-not-found"
from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

from pocketcloud import sparse
from pocketcloud.faults.driver_rules import VOLUME_BYTES
from pocketcloud.host.drivers.cinder import BookkeepingDriver, device
from pocketcloud.host.drivers.stalls import book

GIB = 1 << 30


def _kept(snapshot_id: str) -> Path:
    return device(f"snapshot-{snapshot_id}")


def _make(volume: Any, source: Path | None = None) -> None:
    """The file of a volume, with what is in another one."""
    file = device(volume.id)
    file.parent.mkdir(parents=True, exist_ok=True)
    if source is not None:
        _copy(source, file)
    with open(file, "ab") as stream:
        stream.truncate(volume.size * GIB)


def _copy(source: Path, target: Path) -> None:
    subprocess.run(["cp", "--reflink=auto", "--sparse=always", source, target], check=True, stdin=subprocess.DEVNULL)


def _spoil(file: Path, text: bytes) -> None:
    """Have each part that holds data begin with this."""
    with open(file, "r+b") as stream:
        for begin, _ in sparse.stretches(stream.fileno()):
            os.pwrite(stream.fileno(), text, begin)


class FileDriver(BookkeepingDriver):
    """Keeps a file a volume and a file a snapshot, on the file system of the cloud's directory."""

    def create_volume(self, volume: Any) -> None:
        """An empty volume."""
        super().create_volume(volume)
        _make(volume)

    def create_snapshot(self, snapshot: Any) -> None:
        """A copy of what a volume has now; what a guest has not written out yet is not in it."""
        super().create_snapshot(snapshot)
        _copy(device(snapshot.volume_id), _kept(snapshot.id))

    def delete_snapshot(self, snapshot: Any) -> None:
        """Remove the copy."""
        super().delete_snapshot(snapshot)
        _kept(snapshot.id).unlink(missing_ok=True)

    def create_volume_from_snapshot(self, volume: Any, snapshot: Any) -> None:
        """A volume with a snapshot's contents."""
        super().create_volume_from_snapshot(volume, snapshot)
        _make(volume, _kept(snapshot.id))

    def create_cloned_volume(self, volume: Any, src_vref: Any) -> None:
        """A volume with another one's contents."""
        super().create_cloned_volume(volume, src_vref)
        _make(volume, device(src_vref.id))

    def revert_to_snapshot(self, context: Any, volume: Any, snapshot: Any) -> None:
        """What a volume had when it was taken."""
        device(volume.id).unlink(missing_ok=True)
        _make(volume, _kept(snapshot.id))

    def clone_image(self, context: Any, volume: Any, image_location: Any, image_meta: Any, image_service: Any) -> Any:
        """An empty volume: images have no disk in them here."""
        answer = super().clone_image(context, volume, image_location, image_meta, image_service)
        _make(volume)
        return answer

    def extend_volume(self, volume: Any, new_size: int) -> None:
        """Grow the file; nova has the guest see it."""
        super().extend_volume(volume, new_size)
        os.truncate(device(volume.id), new_size * GIB)

    def terminate_connection(self, volume: Any, connector: Any, **arguments: Any) -> None:
        """Nothing is connected. A rule may have the volume hold something else from now on."""
        super().terminate_connection(volume, connector, **arguments)
        if rule := book().driver_rule(VOLUME_BYTES, volume.display_name or ""):
            _spoil(device(volume.id), (rule.answer or "").encode())
