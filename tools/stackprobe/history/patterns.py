"""Patterns of figures, as Graphite has them: ``compute.*.failed``, ``run.{passed,failed}``, ``api.*.*.*.5*.count``."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence


def matcher(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Whether a figure matches one of the patterns.

    ``*`` stands for any characters within one part, ``{a,b}`` for one of several texts without a dot; all else, and a
    brace without its other half, stands for itself.
    """
    whole = re.compile("|".join(f"(?:{_expression(pattern)})" for pattern in patterns) if patterns else "(?!)")
    return lambda figure: whole.fullmatch(figure) is not None


def _expression(pattern: str) -> str:
    pieces = []
    for piece in re.split(r"(\*|\{[^{}.]*\})", pattern):
        if piece == "*":
            pieces.append("[^.]*")
        elif piece.startswith("{") and piece.endswith("}"):
            choices = (re.escape(choice).replace(r"\*", "[^.]*") for choice in piece[1:-1].split(","))
            pieces.append(f"(?:{'|'.join(choices)})")
        else:
            pieces.append(re.escape(piece))
    return "".join(pieces)
