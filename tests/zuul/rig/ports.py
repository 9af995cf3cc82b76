"""Whether services have bound their ports."""

from __future__ import annotations

import socket

from pocketcloud.services import HOST


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    try:
        with socket.create_connection((HOST, port), timeout=1):
            return True
    except OSError:
        return False
