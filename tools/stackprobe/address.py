"""Network addresses as people write them: ``host:port``, ``[::1]:port``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stackprobe.errors import UsageError

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,252})", re.ASCII)
_ADDRESS = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+(?:%[\w.-]+)?)\]|(?P<host>[^:\[\]/@\s]+))(?::(?P<port>[0-9]{1,5}))?")


@dataclass(frozen=True)
class Address:
    """Where to connect to."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str, *, default_port: int | None = None) -> Address:
    """The address that ``text`` gives.

    :param default_port: the port when none is given; without it, one must be given.
    :raises UsageError: it is malformed.
    """
    match = _ADDRESS.fullmatch(text)
    host = match and (match["v6"] or match["host"])
    port = int(match["port"]) if match and match["port"] else default_port
    if not match or not host or (match["host"] and not _HOST.fullmatch(host)) or port is None or not 0 < port < 65536:
        raise UsageError(
            f"`{text}` is no address", remedy="write it as HOST:PORT, an IPv6 address in brackets as in [::1]:2003"
        )
    return Address(host, port)
