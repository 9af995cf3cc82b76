"""A real Graphite (carbon-cache, whisper, graphite-web) on loopback, without root, for tests and demonstrations.

``up(directory)`` starts one and returns it, ``down(directory)`` ends it; ``python -m pocketgraphite`` does the same
from a shell. Not for production: there is no access control, and graphite-web 1.1.10 needs a Django out of support.
"""

from __future__ import annotations

from pocketgraphite.errors import PocketgraphiteError
from pocketgraphite.server import Graphite, down, up

__all__ = ["Graphite", "PocketgraphiteError", "down", "up"]
