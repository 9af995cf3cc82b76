"""The one error of the rig."""

from __future__ import annotations


class RigError(RuntimeError):
    """Zuul did not do what was asked. The text says what was expected, and where to look."""
