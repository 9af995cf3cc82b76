"""Text from a cloud, made harmless: anything may stand in an error message, and no report may break over it."""

from __future__ import annotations

import re

# ECMA-48: CSI, OSC and other string sequences (ended by BEL or ST), and the two-character escapes. A string without its
# end, or a longer one, is text; so is what follows U+0090 to U+009F: they come from UTF-8 that was read as Latin-1.
_ANSI = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|\x1b[\]PX^_][^\x07\x1b\x9c\n]{0,2000}(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]?"
)
# What XML 1.0 forbids or discourages, and the characters that some XML readers turn into references and choke on.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    + "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(1, 17))
    + "]"
)
#: Characters of a text that are looked at.
LONGEST = 200_000


def clean(value: object) -> str:
    """The text without terminal sequences and without characters that XML or a page cannot carry.

    Of one longer than `LONGEST` the middle is left out: nothing shows more of it, and 10 MB would take their time.
    """
    whole = str(value)
    if len(whole) <= LONGEST and whole.isascii() and whole.isprintable():
        return whole  # nearly every text of a large run, and nothing in it to be taken out
    return harmless(clip(whole, LONGEST))


def harmless(text: str) -> str:
    """The same of a text of any length."""
    return _FORBIDDEN.sub("", _ANSI.sub("", text).replace("\r\n", "\n").replace("\r", "\n"))


def clip(text: str, longest: int) -> str:
    """The text, or its head and tail with a word on what was left out, `longest` characters at most.

    The head says what happened and the tail why: a stack trace ends with the error.
    """
    if len(text) <= longest:
        return text
    mark = f"\n… {len(text) - longest} of {len(text)} characters left out …\n"
    keep = max(longest - len(mark), 0)
    head = (keep + 1) // 2
    tail = keep - head
    return text[:head] + mark + (text[-tail:] if tail else "")


def one_line(value: object, longest: int) -> str:
    """Clean text on one line, clipped at its end."""
    text = " ".join(clean(value).split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


def tail(value: object, longest: int) -> str:
    """The end of a text on one line, from the beginning of a word: half of a secret is not known as one."""
    text = " ".join(harmless(str(value)).split())
    return text if len(text) <= longest else "…" + text[-longest:].partition(" ")[2]
