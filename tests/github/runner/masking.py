"""Masking of secrets, as Worker.cs, HostContext.cs and SecretMasker.cs of actions/runner do it."""

from __future__ import annotations

import base64
import json
import re
import urllib.parse
from collections.abc import Iterator
from xml.sax.saxutils import escape


class SecretMasker:
    """Knows the secrets of one job and blackens them. A secret is known in its encoded forms too."""

    def __init__(self) -> None:
        self._forms: set[str] = set()

    def add_secret(self, value: str) -> None:
        """A value of the `secrets` context: the whole of it, trimmed, and each of its lines, trimmed."""
        self.add(value.strip())
        for line in re.split(r"[\r\n]", value):
            self.add(line.strip())

    def add_mask(self, value: str) -> None:
        """What the command add-mask names: the whole of it and each of its lines, as they are."""
        self.add(value)
        for line in re.split(r"[\r\n]", value):
            self.add(line)

    def add(self, value: str) -> None:
        """One string; an empty one is no secret."""
        if value:
            self._forms.update(form for form in (value, *_encoded(value)) if form)

    def mask(self, text: str) -> str:
        """`text` with each secret as `***`; secrets that overlap or touch become one."""
        spans = sorted(
            (at.start(), at.start() + len(form))
            for form in self._forms
            for at in re.finditer(f"(?={re.escape(form)})", text)
        )
        kept, end = [], 0
        black = -1  # where the current run of secrets ends
        for start, stop in spans:
            if start > black:
                kept += [text[end:start], "***"]
            black = end = max(black, stop)
        return "".join([*kept, text[end:]])


def _encoded(value: str) -> Iterator[str]:
    data = value.encode()
    for shift in range(3):
        # As a part of a longer base64 text a secret starts at any of three places.
        yield base64.b64encode(data[shift:] if len(data) > shift else data).decode()
    yield value.replace('"', '\\"')
    yield value.replace("'", "''")
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    yield urllib.parse.quote(value, safe="")
    yield escape(value, {'"': "&quot;", "'": "&apos;"})
    if len(value) > 8 and value[0] == value[-1] == '"':
        yield value[1:-1]
