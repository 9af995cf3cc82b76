"""Tables for a terminal, or for a pipe."""

from __future__ import annotations

import sys

from rich.console import Console

#: Characters of a line where nobody's terminal says how wide it is.
_PIPE_WIDTH = 160


def console() -> Console:
    """Standard output."""
    return Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH)
