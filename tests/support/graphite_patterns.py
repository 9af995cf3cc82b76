"""What expressions of Graphite ask for, and which names of metrics that is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_PATTERN = re.compile(r"\$environment\.(?:\{[^}]*\}|[^\s,(){}])+")
"""A series or several: commas separate arguments, but not within braces."""


def asked_for(target: str) -> list[str]:
    """The patterns in an expression of a dashboard, without environment, cloud and region."""
    return [match.split(".", 3)[3] for match in _PATTERN.findall(target)]


def each_word(pattern: str) -> Iterator[str]:
    """The pattern with each of the words in braces alone: nobody asks for one that there is not."""
    before, brace, rest = pattern.partition("{")
    if not brace:
        yield pattern
        return
    words, _, after = rest.partition("}")
    for word in words.split(","):
        yield from each_word(f"{before}{word}{after}")


def matching(pattern: str, names: Iterable[str]) -> set[str]:
    """The names that a pattern without braces stands for; an asterisk stands within one part of a name."""
    regex = re.compile(r"[^.]*".join(map(re.escape, pattern.split("*"))))
    return {name for name in names if regex.fullmatch(name)}
