"""What an issue remembers: a comment of HTML at the beginning of its body, which tells a later run what it is about."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, replace
from typing import Any

_FORM = re.compile(r"\A\s*<!-- stackprobe-alarm ([^\r\n]{1,4000}?) -->")


@dataclass(frozen=True)
class Key:
    """What an issue is about."""

    cloud: str
    region: str | None
    service: str


@dataclass(frozen=True)
class Marker:
    """What an issue remembers.

    :ivar from_t: the start of the incident, unix seconds, when the issue was opened.
    :ivar level: what the body and the last comment say: ``down`` or ``degraded``.
    :ivar causes: the scenarios and rules that they name.
    :ivar ended: the alarm closed the issue itself, nobody else did.
    """

    key: Key
    from_t: int
    level: str
    causes: tuple[str, ...]
    ended: bool = False

    def __str__(self) -> str:
        """The comment; ``>`` cannot end it early."""
        fields = {**asdict(self.key), "from": self.from_t, "level": self.level, "causes": list(self.causes)}
        fields |= {"ended": True} if self.ended else {}
        return f"<!-- stackprobe-alarm {json.dumps(fields, sort_keys=True).replace('>', chr(92) + 'u003e')} -->"


def read(body: str | None) -> Marker | None:
    """The marker of a body; None: it has none that can be understood."""
    found = _FORM.match(body or "")
    if found is None:
        return None
    try:
        fields: dict[str, Any] = json.loads(found[1])
        region = fields["region"]
        return Marker(
            Key(str(fields["cloud"]), None if region is None else str(region), str(fields["service"])),
            int(fields["from"]),
            str(fields["level"]),
            tuple(map(str, fields["causes"])),
            fields.get("ended") is True,
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def ending(body: str | None) -> str:
    """The same body with a marker that says that the alarm itself has closed its issue."""
    found = read(body)
    return (body or "") if found is None else f"{replace(found, ended=True)}{_FORM.sub('', body or '', count=1)}"
