"""Sparse files: where they have data, and how what is zero in it becomes a hole again."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from pathlib import Path

_PIECE = 1 << 20
_KEEP_SIZE, _PUNCH_HOLE = 1, 2


def stretches(descriptor: int) -> Iterator[tuple[int, int]]:
    """Where an open file has data: the offsets of beginning and end of each stretch, in bytes."""
    position, size = 0, os.fstat(descriptor).st_size
    while position < size:
        try:
            begin = os.lseek(descriptor, position, os.SEEK_DATA)
        except OSError:
            return  # holes only from here
        position = os.lseek(descriptor, begin, os.SEEK_HOLE)
        yield begin, position


def dig_holes(file: Path) -> None:
    """Give back the space of what is zero in a file, where its file system can."""
    library = ctypes.CDLL(None, use_errno=True)
    with open(file, "r+b") as stream:
        descriptor = stream.fileno()
        for begin, end in stretches(descriptor):
            for position in range(begin, end, _PIECE):
                data = os.pread(descriptor, min(_PIECE, end - position), position)
                if not data.strip(b"\0"):
                    place = ctypes.c_long(position), ctypes.c_long(len(data))
                    library.fallocate(descriptor, _KEEP_SIZE | _PUNCH_HOLE, *place)
