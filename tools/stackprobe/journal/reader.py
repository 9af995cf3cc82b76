"""Reading a journal back, also one that a kill cut at any byte."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stackprobe.errors import UsageError

#: Major version of the records. A journal of a later major version is refused; what a later minor one adds (record
#: types, fields) is tolerated.
VERSION = 1

#: What is written: 1.1 added the kinds dns and http and the figures of steps; 1.2 metrics, service, host, action and
#: handled of steps, and timed of calls; 1.3 the kinds ssh, command, ping and connect and the attachments of steps.
FORMAT = "1.3"

#: Record types that this version knows; others come from a later minor version and are noted.
KNOWN_TYPES = frozenset(
    {"run", "scenario_start", "step", "check", "call", "resource", "scenario_end", "note", "end"},
)

_REMEDY = "give the directory that `stackprobe run --output` wrote, or its journal.jsonl"
_FIRST_BYTES = b'{"type":"run"'


@dataclass(frozen=True)
class Record:
    """One line of a journal: its type, its fields, and where it stands (counted from 1)."""

    type: str
    fields: dict[str, Any]
    line: int


@dataclass
class JournalContent:
    """What could be read of a journal.

    :ivar records: in the order of the file. The first is the ``run`` record, unless the file was cut within it.
    :ivar cut_line: line that ends before its newline or is no JSON because the writer was killed there; or None.
    :ivar notes: what a reader of the report should know about the journal itself.
    """

    path: Path
    records: list[Record] = field(default_factory=list)
    cut_line: int | None = None
    notes: list[str] = field(default_factory=list)


def read(path: str | Path) -> JournalContent:
    """Read a journal.

    A last line that was cut, record types of a later minor version, and lines that a full disk tore in the middle
    are noted and skipped. A file cut within its first record (also at byte 0) is a journal without records.

    :param path: the file ``journal.jsonl``.
    :raises UsageError: no such file, not readable, not a journal, or a journal of a later major version.
    """
    content = JournalContent(Path(path))
    content.records.extend(stream(content))
    return content


def stream(content: JournalContent) -> Iterator[Record]:
    """Read a journal record by record, for one that is too large to be kept whole.

    :param content: names the file; its ``cut_line`` and ``notes`` are complete after the last record, its ``records``
        stay empty.
    :raises UsageError: as `read`.
    """
    known = False
    try:
        with content.path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if not line.strip():
                    continue
                fields = _parse(line)
                if not known and not _begins(content, number, line, fields):
                    if content.cut_line != number:
                        break
                    continue
                record = _record(content, number, fields, known)
                if record is None:
                    if fields is not None and fields.get("type") == "run":
                        break
                    continue
                known = True
                yield record
    except FileNotFoundError:
        raise UsageError("there is no journal", file=content.path, remedy=_REMEDY) from None
    except OSError as error:
        raise UsageError(
            f"the journal cannot be read: {error.strerror}", file=content.path, remedy="check its path and permissions"
        ) from error
    if content.cut_line is not None:
        content.notes.append(f"line {content.cut_line} of the journal is cut: the run was killed, or its disk is full")


def _begins(content: JournalContent, number: int, line: bytes, fields: dict[str, Any] | None) -> bool:
    """Whether this is the first record of a journal; one that was cut within it is noted as such."""
    if fields is None and number == 1 and _is_start_of_a_journal(line):
        content.cut_line = number
        return False
    if fields is None or fields.get("type") != "run" or not isinstance(fields.get("run"), str):
        if content.cut_line is not None:
            content.notes.append(f"what follows line {content.cut_line} of the journal is ignored: no run is known")
            return False
        raise UsageError("this is not a journal of stackprobe", file=content.path, line=number, remedy=_REMEDY)
    _check_version(content, fields, number)
    return True


def _record(content: JournalContent, number: int, fields: dict[str, Any] | None, known: bool) -> Record | None:
    """One line as a record, or None where it is none of this run's; what it is instead is noted.

    :param known: the first record was read.
    """
    if fields is None:
        # Only a last line may miss its newline. One in the middle was torn by a write that the disk had no room for.
        content.cut_line = number
        return None
    kind = fields.get("type")
    if not isinstance(kind, str):
        content.notes.append(f"line {number} of the journal has no type and is ignored")
        return None
    if kind == "run" and known:
        content.notes.append(f"line {number} of the journal starts another run; only the first one is reported")
        return None
    if kind not in KNOWN_TYPES:
        note = f"records of the unknown type {kind!r} are ignored: a newer stackprobe wrote this journal"
        if note not in content.notes:
            content.notes.append(note)
        return None
    return Record(kind, fields, number)


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except RecursionError:
        return None
    except ValueError:
        try:  # a foreign writer's text that is not UTF-8, or has control characters as they are: better than none
            value = json.loads(line.decode("utf-8", "replace"), strict=False)
        except (ValueError, RecursionError):
            return None
    return value if isinstance(value, dict) else None


def _is_start_of_a_journal(line: bytes) -> bool:
    return line.startswith(_FIRST_BYTES) or _FIRST_BYTES.startswith(line.rstrip(b"\n"))


def _check_version(content: JournalContent, fields: dict[str, Any], number: int) -> None:
    major = str(fields.get("version", "")).partition(".")[0]
    if major != str(VERSION):
        raise UsageError(
            f"the journal has version {fields.get('version')!r}, this stackprobe reads version {VERSION}",
            file=content.path,
            line=number,
            remedy="use the stackprobe that wrote it, or a newer one",
        )
