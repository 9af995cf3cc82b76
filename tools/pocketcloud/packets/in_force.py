"""Which rules for packets the data plane follows: written by what applies them, read by who must wait for that."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from typing import Any

from pocketcloud.layout import Layout, write_private

POLL_S = 0.05


class InForce:
    """The file of one cloud, written when something changes."""

    def __init__(self, layout: Layout) -> None:
        self._path = layout.run / "packets.json"
        self._text = ""

    def tell(self, rules: Iterable[str], servers: Iterable[str]) -> None:
        """These rules, by their keys, are in force, for the guests of these servers among others."""
        text = json.dumps({"rules": sorted(rules), "servers": sorted(servers)})
        if text != self._text:
            write_private(self._path, text)
            self._text = text

    def wait(self, rules: Iterable[str], patience_s: float, server: str | None = None) -> bool:
        """Wait until just these rules are in force, if need be for a server too; whether they are."""
        wanted, end = sorted(rules), time.monotonic() + patience_s
        while True:
            told = self._read()
            if told.get("rules") == wanted and (server is None or server in told["servers"]):
                return True
            if time.monotonic() > end:
                return False
            time.sleep(POLL_S)

    def _read(self) -> dict[str, Any]:
        try:
            return dict(json.loads(self._path.read_text()))
        except FileNotFoundError:
            return {}
