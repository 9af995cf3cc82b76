"""Asking a service whether it answers, past any injected fault."""

from __future__ import annotations

import http.client
import ssl
from pathlib import Path

from pocketcloud.services import HOST

HEADER = "X-Pocketcloud-Health"


def answers(port: int, ca: Path | None, timeout_s: float = 5.0) -> bool:
    """Whether the version document of the service on this port comes without a server error."""
    connection: http.client.HTTPConnection
    try:
        if ca is not None:
            context = ssl.create_default_context(cafile=str(ca))
            connection = http.client.HTTPSConnection(HOST, port, timeout=timeout_s, context=context)
        else:
            connection = http.client.HTTPConnection(HOST, port, timeout=timeout_s)
        try:
            connection.request("GET", "/", headers={HEADER: "1"})
            return connection.getresponse().status < 500
        finally:
            connection.close()
    except (OSError, http.client.HTTPException):
        return False
