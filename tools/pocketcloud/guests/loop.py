"""Loop devices: a file as a block device. Found again by their files, so that nothing is left after a crash."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import struct
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

DEVICES = Path("/dev")
CONTROL = DEVICES / "loop-control"
SYSFS = Path("/sys/block")
# linux/loop.h
SET_FD, CLEAR_FD, SET_STATUS, GET_STATUS, SET_CAPACITY, GET_FREE = 0x4C00, 0x4C01, 0x4C04, 0x4C05, 0x4C07, 0x4C82
STATUS_BYTES, FLAGS_OFFSET, AUTOCLEAR = 232, 52, 4
TRIES = 50  # somebody else may take the free one first
GONE_WITHIN_S = 10.0
TRY_BYTES = 1 << 20
DELETED = " (deleted)"  # what the kernel appends to the name of a file that is there no more


def attach(file: Path) -> str:
    """Make a block device of a file; its name, such as ``loop3``. Raises OSError."""
    descriptor = os.open(file, os.O_RDWR | os.O_CLOEXEC)
    try:
        for _ in range(TRIES):
            with open(CONTROL, "rb") as control:
                name = f"loop{fcntl.ioctl(control, GET_FREE)}"
            with open(DEVICES / name, "r+b", buffering=0) as device:
                try:
                    fcntl.ioctl(device, SET_FD, descriptor)
                except OSError as error:
                    if error.errno != errno.EBUSY:
                        raise
                else:
                    return name
        raise OSError(errno.EBUSY, "no loop device is free", str(CONTROL))
    finally:
        os.close(descriptor)


def file_of(name: str) -> str | None:
    """The file behind a loop device, None when there is none."""
    try:
        return (SYSFS / name / "loop" / "backing_file").read_text().rstrip("\n").removesuffix(DELETED)
    except OSError:
        return None


def grow(name: str) -> None:
    """Have a device see the new size of its file. Raises OSError."""
    with open(DEVICES / name, "rb", buffering=0) as device:
        fcntl.ioctl(device, SET_CAPACITY)


def release(name: str, file: Path) -> None:
    """Free the device of a file, unless it has another one by now. Raises OSError (EBUSY) while it is mounted.

    One that a program has open is freed when it is closed.
    """
    if file_of(name) != str(file):
        return
    descriptor = os.open(DEVICES / name, os.O_RDWR | os.O_EXCL | os.O_CLOEXEC)  # EBUSY for one that is mounted
    try:
        fcntl.ioctl(descriptor, CLEAR_FD)
    except OSError as error:
        if error.errno != errno.ENXIO:  # there is none behind it any more
            raise
    finally:
        os.close(descriptor)


def keep(name: str) -> None:
    """Undo a `release` of a device that is open, which would take effect when it is closed. Raises OSError."""
    status = bytearray(STATUS_BYTES)
    with open(DEVICES / name, "rb", buffering=0) as device:
        fcntl.ioctl(device, GET_STATUS, status)
        (flags,) = struct.unpack_from("I", status, FLAGS_OFFSET)
        struct.pack_into("I", status, FLAGS_OFFSET, flags & ~AUTOCLEAR)
        fcntl.ioctl(device, SET_STATUS, status)


def below(directory: Path) -> list[tuple[str, Path]]:
    """The devices of files in a directory, whoever made them, with their files."""
    return [(name, Path(file)) for name, file in _all() if Path(file).is_relative_to(directory)]


def _all() -> Iterator[tuple[str, str]]:
    for place in SYSFS.glob("loop*"):
        if file := file_of(place.name):
            yield place.name, file


def free_below(directory: Path) -> None:
    """Free the devices of files in a directory, when nothing that used them lives any more. Raises OSError."""
    end = time.monotonic() + GONE_WITHIN_S
    while found := below(directory):
        for name, file in found:
            try:
                release(name, file)
            except OSError:
                if time.monotonic() > end:  # what was mounted in a namespace goes a moment after it
                    raise
        time.sleep(0.02)


def obstacle(directory: Path) -> str | None:
    """Why files of a directory cannot be devices on this machine; None when they can."""
    with tempfile.NamedTemporaryFile(dir=directory, prefix=".loop") as file:
        file.truncate(TRY_BYTES)
        try:
            name = attach(Path(file.name))
            try:
                size = (SYSFS / name / "size").read_text().strip()
            finally:
                with contextlib.suppress(OSError):
                    release(name, Path(file.name))
        except OSError as error:
            return f"no loop devices ({error})"
    return None if size == str(TRY_BYTES // 512) else f"loop devices do not work (/sys/block/{name}/size is {size})"
