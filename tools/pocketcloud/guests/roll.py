"""What the servers are called: written by nova's driver before it plugs a port, read by what injects faults."""

from __future__ import annotations

from pathlib import Path

from pocketcloud.layout import Layout, write_private


def _place(layout: Layout) -> Path:
    return layout.state / "names"


def enter(layout: Layout, server: str, name: str) -> None:
    """Note the name of a server."""
    _place(layout).mkdir(exist_ok=True)
    write_private(_place(layout) / server, name)


def strike(layout: Layout, server: str) -> None:
    """Forget a server."""
    (_place(layout) / server).unlink(missing_ok=True)


def name(layout: Layout, server: str) -> str | None:
    """What a server is called; None when no driver has told."""
    try:
        return (_place(layout) / server).read_text()
    except OSError:
        return None
