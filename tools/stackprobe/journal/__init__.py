"""The journal: one JSON object a line, the only interface between what probes and what reports.

``schema.json`` describes every record; ``writer`` appends them, ``reader`` reads them back, also from a file that was
cut at any byte. Nothing that a report shows comes from anywhere else.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from stackprobe.journal.reader import FORMAT, VERSION, JournalContent, Record, read, stream
from stackprobe.journal.writer import Journal, JournalError

__all__ = [
    "FILENAME",
    "FORMAT",
    "VERSION",
    "Journal",
    "JournalContent",
    "JournalError",
    "Record",
    "read",
    "schema",
    "stream",
]

#: Of a run, in its output directory.
FILENAME = "journal.jsonl"


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of one record, that is of one line."""
    text = resources.files(__package__).joinpath("schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded
