"""Free ports on loopback, for services that bind their ports themselves."""

from __future__ import annotations

import contextlib
import errno
import random
import socket

from pocketcloud.ports import HIGHEST, LOWEST, TRIES
from pocketcloud.services import HOST

from tests.zuul.rig.errors import RigError


def claim(count: int) -> list[int]:
    """That many different ports that nobody has, below the range from which outgoing connections take theirs.

    :raises RigError: there are none.
    """
    chooser = random.Random()
    with contextlib.ExitStack() as held:
        found: list[int] = []
        for _ in range(TRIES):
            if len(found) == count:
                return found
            one = held.enter_context(socket.socket())
            try:
                one.bind((HOST, chooser.randrange(LOWEST, HIGHEST)))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
                continue
            found.append(one.getsockname()[1])
    raise RigError(f"no {count} free ports on {HOST}")


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    try:
        with socket.create_connection((HOST, port), timeout=1):
            return True
    except OSError:
        return False
