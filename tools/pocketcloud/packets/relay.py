"""The relay: takes packets off the switch, holds or loses them, and gives them back, in a process of its own.

Its device is a tap that the switch has as a port. What comes has the number of its lane as that of a VLAN, and goes
back so. It needs no module of the kernel, as netem would be.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import heapq
import itertools
import json
import os
import select
import socket
import struct
import time
from collections.abc import Mapping
from dataclasses import asdict

from pocketcloud.packets.shaping import Shape, Shaper

DEVICE = "relay"
TUN = "/dev/net/tun"
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
PR_SET_TIMERSLACK = 29
SIOCSIFTXQLEN = 0x8943
WAITING = 10_000  # packets on the way to the relay
NICE = -10
LARGEST = 65536
BURST = 64  # packets that are read before what is due is sent
VLAN = b"\x81\x00"


def open_device() -> int:
    """Make the device in the network namespace of the caller; it goes when the result is closed. Raises OSError."""
    device = os.open(TUN, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", DEVICE.encode(), IFF_TAP | IFF_NO_PI))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            fcntl.ioctl(any_socket, SIOCSIFTXQLEN, struct.pack("16si20x", DEVICE.encode(), WAITING))
    except OSError:
        os.close(device)
        raise
    return device


def message(shapes: Mapping[int, Shape]) -> bytes:
    """What tells a relay the shapes of its lanes, by their tags."""
    return json.dumps({tag: asdict(shape) for tag, shape in shapes.items()}).encode()


class Relay:
    """Works until its `orders`, a socket of messages, ends."""

    def __init__(self, device: int, orders: socket.socket) -> None:
        self._device = device
        self._orders = orders
        self._lanes: dict[int, Shaper] = {}
        self._held: list[tuple[float, int, bytes]] = []
        self._order = itertools.count()  # packets that are due at the same time go in the order in which they came

    def run(self) -> None:
        """Relay packets."""
        _prefer()
        device, orders = self._device, self._orders.fileno()
        while True:
            timeout = max(self._held[0][0] - time.monotonic(), 0.0) if self._held else None
            ready, _, _ = select.select((device, orders), (), (), timeout)
            if orders in ready and not self._obey():
                return
            if device in ready:
                self._take()
            self._give()

    def _obey(self) -> bool:
        order = self._orders.recv(1 << 20)
        if not order:
            return False
        shapes = {int(tag): Shape(**shape) for tag, shape in json.loads(order).items()}
        kept = {tag: lane for tag, lane in self._lanes.items() if lane.shape == shapes.get(tag)}
        self._lanes = {tag: kept.get(tag) or Shaper(shape) for tag, shape in shapes.items()}
        if not shapes:
            self._held.clear()
        return True

    def _take(self) -> None:
        for _ in range(BURST):
            try:
                frame = os.read(self._device, LARGEST)
            except BlockingIOError:
                return
            if frame[12:14] != VLAN:
                continue  # the kernel's own
            now = time.monotonic()
            lane = self._lanes.get(int.from_bytes(frame[14:16]) & 0x0FFF)
            due = lane.due(len(frame) - 4, now) if lane else now
            if due is not None:
                heapq.heappush(self._held, (due, next(self._order), frame))

    def _give(self) -> None:
        now = time.monotonic()
        while self._held and self._held[0][0] <= now:
            with contextlib.suppress(OSError):  # the device is down: the switch has no such port any more
                os.write(self._device, heapq.heappop(self._held)[2])


def _prefer() -> None:
    """Be on time also on a busy machine."""
    ctypes.CDLL(None).prctl(PR_SET_TIMERSLACK, 1)
    with contextlib.suppress(OSError):
        os.nice(NICE)
