"""The address of carbon's line receiver."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stackprobe.errors import UsageError

_HOST = re.compile(r"(?!-)[A-Za-z0-9._-]{1,253}")
_IPV6 = re.compile(r"[0-9A-Fa-f:.]{2,45}(%[A-Za-z0-9._-]+)?")


@dataclass(frozen=True)
class Address:
    """Host and port of a line receiver."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """``HOST:PORT``, or ``[IPv6]:PORT``.

    :raises UsageError: it is neither.
    """
    match = re.fullmatch(r"(?:\[(?P<ipv6>[^\]]*)\]|(?P<host>[^:\[\]]*)):(?P<port>[0-9]{1,5})", text.strip())
    if match:
        host, ipv6, port = match["host"], match["ipv6"], int(match["port"])
        good = _IPV6.fullmatch(ipv6) if ipv6 is not None else _HOST.fullmatch(host)
        if good and 1 <= port <= 65535:
            return Address(ipv6 if ipv6 is not None else host, port)
    raise UsageError(
        f"the Graphite address {text!r} is malformed",
        remedy="give HOST:PORT of carbon's line receiver, such as graphite.example.org:2003 or [2001:db8::7]:2003",
    )
