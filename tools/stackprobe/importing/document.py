"""JSON in a file: plain or compressed, with other text around it, cut at any byte, broken in the middle."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stackprobe.errors import UsageError

CUT = "\0cut"
"""Key of objects that the file does not hold as a whole: what they do not say, nobody knows."""

LARGEST = 1 << 30
"""Bytes of a file, uncompressed, that are read."""

_GZIP = b"\x1f\x8b"
_BEGIN = re.compile(r"^[ \t]*(?=[\[{]\s*[\"\[{\]}])", re.M)
_TOKEN = re.compile(r'\s*(?:("(?:[^"\\]|\\.)*")|([\[{\]},:])|([^\s\[\]{},:"]+))', re.S)
_SCALAR = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|NaN|-?Infinity")
_DECODER = json.JSONDecoder(strict=False)
_LONGEST_NUMBER = 4000
_DEEPEST = 200


@dataclass
class Loaded:
    """What a file holds.

    :ivar values: each JSON object or array that stands there by itself.
    :ivar problem: why the first that could not be read as it is could not; ``bad_line`` is where.
    """

    values: list[Any] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problem: str | None = None
    bad_line: int | None = None


def load(file: Path) -> Loaded:
    """Read a file; what can be saved of a cut or broken one is there, marked with `CUT`, and noted.

    :raises UsageError: it cannot be read, or is too large.
    """
    loaded = Loaded()
    text = _decoded(_bytes(file, loaded), file, loaded)
    position = 0
    while begin := _BEGIN.search(text, position):
        position = begin.end()
        try:
            value, position = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            saved, after = _saved(text, position)
            if loaded.problem is None:
                at = getattr(error, "pos", position)
                loaded.bad_line = text.count("\n", 0, at) + 1
                loaded.problem = str(getattr(error, "msg", "it is nested too deeply"))
            if not _tells_of_plays(saved):  # it only looks like JSON
                position += 1
                continue
            line = text.count("\n", 0, after) + 1
            loaded.notes.append(f"{file.name} is cut or broken at line {line}: what stands before it was saved")
            loaded.values.append(saved)
            position = max(after, position + 1)
        else:
            loaded.values.append(value)
    return loaded


def _tells_of_plays(value: Any) -> bool:
    """Whether what was saved is worth it."""
    return any(isinstance(one, dict) and "plays" in one for one in (value if isinstance(value, list) else [value]))


def _bytes(file: Path, loaded: Loaded) -> bytes:
    try:
        with file.open("rb") as opened:
            data = opened.read(LARGEST + 1)
    except OSError as error:
        raise UsageError(
            f"the file cannot be read: {error.strerror or error}", file=file, remedy="check its path and permissions"
        ) from error
    if data.startswith(_GZIP):
        unpacking = zlib.decompressobj(wbits=31)
        parts: list[bytes] = []
        try:
            for part in _unpacked(unpacking, data):
                parts.append(part)
        except zlib.error as error:
            loaded.notes.append(f"{file.name} is broken: {error}; what could be unpacked was taken")
        else:
            if not unpacking.eof:
                loaded.notes.append(f"{file.name} is cut: what could be unpacked was taken")
        data = b"".join(parts)
    if len(data) > LARGEST:
        raise UsageError(
            f"the file is larger than {LARGEST >> 20} MiB", file=file, remedy="import the playbooks one by one"
        )
    return data


def _unpacked(unpacking: Any, data: bytes) -> Iterator[bytes]:
    """The content piece by piece, so that what came before an error is kept; it ends where it is too much."""
    size, step = 0, 1 << 20
    for start in range(0, len(data), step):
        piece = data[start : start + step]
        while piece and size <= LARGEST:
            part = unpacking.decompress(piece, 16 << 20)
            size += len(part)
            yield part
            piece = unpacking.unconsumed_tail
    yield unpacking.flush()


def _decoded(data: bytes, file: Path, loaded: Loaded) -> str:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        loaded.notes.append(f"{file.name} has bytes that are no text, the first in line {line}: shown as \ufffd")
        return data.decode(encoding, "replace")


def _saved(text: str, start: int) -> tuple[Any, int]:
    """What is whole of the JSON that begins at ``start``, its open objects marked, and where it ends."""
    stack: list[str] = []
    expects = ""  # what the innermost object waits for: key, colon, value or comma
    safe, fresh = start, True
    open_there: tuple[str, ...] = ()
    position = start
    while match := _TOKEN.match(text, position):
        string, sign, scalar = match.groups()
        top = stack[-1] if stack else ""
        done = False
        if string is not None and top == "{" and expects == "key":
            expects = "colon"
        elif string is not None and expects == "value":
            done = True
        elif scalar is not None and expects == "value":
            if match.end() == len(text) or not _SCALAR.fullmatch(scalar[:_LONGEST_NUMBER]):
                break
            done = True
        elif sign == ":" and expects == "colon":
            expects = "value"
        elif sign == "," and expects == "comma":
            expects = "key" if top == "{" else "value"
        elif sign and sign in "[{" and (expects == "value" or not stack):
            stack.append(sign)
            if len(stack) > _DEEPEST:
                return None, match.end()
            expects = "key" if sign == "{" else "value"
            safe, open_there, fresh = match.end(), tuple(stack), True
        elif sign and sign in "]}" and top == {"]": "[", "}": "{"}[sign] and (expects == "comma" or fresh):
            stack.pop()
            done = True
        else:
            break
        position = match.end()
        if done:
            safe, open_there, fresh, expects = position, tuple(stack), False, "comma"
            if not stack:
                break
    closing = ""
    for sign in reversed(open_there):
        closing += "]" if sign == "[" else ("" if fresh else ",") + json.dumps(CUT) + ":true}"
        fresh = False
    try:
        return json.loads(text[start:safe] + closing, strict=False), position
    except (ValueError, RecursionError):
        return None, position
