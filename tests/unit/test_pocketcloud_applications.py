"""How services are served in pocketcloud."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest
from pocketcloud.host import applications
from pocketcloud.layout import Layout, Settings


def test_keystone_answers_one_request_after_the_other(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """As its AuthContextMiddleware does: what one request keeps in the application, another one must not replace."""
    kept: list[Any] = [None]

    def keeps_what_it_answers(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        kept[0] = environ["token"]
        time.sleep(0.001)
        return [kept[0]]

    monkeypatch.setattr(applications, "_entered", lambda *_: keeps_what_it_answers)
    monkeypatch.setenv("OS_KEYSTONE_CONFIG_DIR", "")
    keystone = applications.keystone(Layout(tmp_path), cast(Settings, None))
    together = threading.Barrier(8)

    def ask(token: bytes) -> bool:
        together.wait(10)
        return all(list(keystone({"token": token}, lambda *_: None)) == [token] for _ in range(20))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, [b"%d" % number for number in range(8)]))
