"""Words for errors about names: which ones there are, and which one was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """``; did you mean `x`?``, to follow an error about ``word``, or nothing when no word is near."""
    close = difflib.get_close_matches(word, list(words), n=1)
    return f"; did you mean `{close[0]}`?" if close else ""


def listed(words: Iterable[str]) -> str:
    """The words in back quotes, separated by commas."""
    return ", ".join(f"`{word}`" for word in words)
