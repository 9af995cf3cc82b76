"""A datagram for a datagram: what a service at a port of UDP answers."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from stackprobe.engine.activity import Activity
from stackprobe.engine.classify import StepError, Unanswered

SCHEME = "udp"
_QUESTION = b"who is there?\n"
_MOST_BYTES = 65_535


@dataclass(frozen=True)
class Datagrams:
    """Where to send them."""

    host: str
    port: int

    @staticmethod
    def parse(url: str) -> Datagrams:
        """``udp://HOST:PORT``.

        :raises StepError: it is not.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            host = port = None
        if not host or not port or parts.username is not None:
            raise StepError("`url` must be udp://HOST:PORT, or an address of http or https")
        return Datagrams(host, port)

    def ask(self, activity: Activity) -> bytes:
        """Send one, from a port of its own, and return what comes for it.

        :raises Unanswered: nothing comes within the activity's time, or the port is closed.
        """
        what = f"{self.host}:{self.port}"
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_DGRAM)[0]
            with socket.socket(family, kind, protocol) as sock, activity.holding(sock):
                sock.settimeout(max(activity.remaining(), 0.001))
                sock.connect(address)
                sock.send(_QUESTION)
                answer = sock.recv(_MOST_BYTES)
        except TimeoutError:
            raise Unanswered(f"deadline passed while waiting for a datagram of {what}") from None
        except OSError as error:
            raise Unanswered(f"no datagram of {what}: {error.strerror or error}") from None
        if activity.remaining() <= 0:
            raise Unanswered(f"deadline passed while waiting for a datagram of {what}")
        return answer
