"""How far a try to log in comes."""

from __future__ import annotations

import enum


class Stage(enum.IntEnum):
    """What a login consists of, in its order."""

    CONNECT = 0
    BANNER = 1
    KEY_EXCHANGE = 2
    LOGIN = 3


class LoginFailed(Exception):
    """A try to log in came to nothing.

    :param stage: what did not succeed.
    """

    def __init__(self, stage: Stage, message: str) -> None:
        super().__init__(message)
        self.stage = stage
