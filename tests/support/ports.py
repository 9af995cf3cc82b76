"""Ports for servers of tests that must know theirs before they have it."""

from __future__ import annotations

import contextlib
import errno
import random
import socket

from pocketcloud.ports import HIGHEST, LOWEST, TRIES
from pocketcloud.services import HOST


def claim(count: int) -> list[int]:
    """That many different ports that nobody has in TCP or UDP, below the range of outgoing connections.

    A run of all tests has hundreds of these, so that a port of the kernel's choice is soon taken.

    :raises OSError: there are none.
    """
    chooser = random.Random()
    with contextlib.ExitStack() as held:
        found: list[int] = []
        for _ in range(TRIES):
            if len(found) == count:
                return found
            port = chooser.randrange(LOWEST, HIGHEST)
            try:
                for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                    held.enter_context(socket.socket(type=kind)).bind((HOST, port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
                continue
            found.append(port)
    raise OSError(errno.EADDRINUSE, f"no {count} free ports on {HOST}")


def free_port() -> int:
    """One of them."""
    return claim(1)[0]
