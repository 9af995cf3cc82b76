"""Blocks of ports: bound before anything is started, so that two clouds can never choose the same."""

from __future__ import annotations

import errno
import random
import socket
from collections.abc import Sequence

from pocketcloud.errors import PocketcloudError
from pocketcloud.services import CORE, HOST, Ports, Service

LOWEST, HIGHEST = 20000, 32000  # below the range from which Linux takes the ports of outgoing connections
BACKLOG = 256
TRIES = 200


def _listen(port: int) -> socket.socket:
    one = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind((HOST, port))
        one.listen(BACKLOG)
    except BaseException:
        one.close()
        raise
    return one


def _check_datagrams(port: int) -> None:
    """Raise OSError when UDP has something at this number; who has the number of TCP may take it later."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind((HOST, port))


class Block:
    """The listening sockets of a cloud, by name such as `nova.public`; they are handed to its processes."""

    def __init__(self, base: int, relayed: bool, services: Sequence[Service] = CORE) -> None:
        self.ports = Ports(base)
        self.sockets: dict[str, socket.socket] = {}
        try:
            for service in services:
                self.sockets[f"{service.name}.public"] = _listen(self.ports.public(service.name))
                self.sockets[f"{service.name}.internal"] = _listen(self.ports.internal(service.name))
                if service.datagrams:
                    _check_datagrams(self.ports.public(service.name))
                if relayed:
                    self.sockets[f"{service.name}.behind"] = _listen(0)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let the sockets go (processes that inherited them keep theirs)."""
        for one in self.sockets.values():
            one.close()


def bind(base: int | None, relayed: bool, services: Sequence[Service] = CORE) -> Block:
    """Bind the block that begins at `base`, or any free one. Raises PocketcloudError when that is not possible."""
    size = Ports.size(services)
    if base is not None:
        last = base + size - 1
        if not 1 <= base <= 65535 - size:
            raise PocketcloudError(f"--port {base} leaves no room for {size} ports", f"choose 1024 to {65535 - size}")
        try:
            return Block(base, relayed, services)
        except OSError as error:
            why = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be had ({error.strerror})"
            raise PocketcloudError(
                f"a port of {base} to {last} {why}", "choose another --port, or leave it out for a free one"
            ) from None
    chooser = random.Random()  # noqa: S311
    for _ in range(TRIES):
        try:
            return Block(chooser.randrange(LOWEST, HIGHEST, size), relayed, services)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise PocketcloudError(f"no port can be bound ({error.strerror})", "check `ulimit -n`") from None
    raise PocketcloudError(f"no {size} free ports in a row found", "choose some with --port")
