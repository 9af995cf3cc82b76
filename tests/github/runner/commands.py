"""Workflow commands in a line of output, and the files that steps write to, parsed as actions/runner parses them.

Sources: ActionCommand.cs, ActionCommandManager.cs, FileCommandManager.cs.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Iterator, Mapping

REGISTERED = frozenset(
    ("stop-commands", "set-env", "set-output", "save-state", "add-mask", "add-path", "add-matcher", "remove-matcher")
) | {"debug", "warning", "error", "notice", "group", "endgroup", "echo"}
_DATA = (("%0D", "\r"), ("%0A", "\n"), ("%25", "%"))
_PROPERTY = (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%"))
_OLD = (("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%25", "%"))
_LOOKS_LIKE_ONE = re.compile(r"\s*::[a-z][a-z-]+(?: [^:]*)?::")


@dataclasses.dataclass(frozen=True)
class Command:
    """A workflow command; names of properties are in lower case."""

    name: str
    properties: Mapping[str, str]
    data: str


def parse(line: str, names: Collection[str] = REGISTERED) -> Command | None:
    """The command in a line of output, None when it is ordinary output.

    :param names: the commands there are, in lower case; others are output.
    """
    return _parse_new(line.lstrip(), names) or _parse_old(line, names)


def looks_like_command(line: str) -> bool:
    """Whether somebody meant a command; said of a line that `parse` takes for output, it is a mistake."""
    return bool(_LOOKS_LIKE_ONE.match(line))


def _parse_new(line: str, names: Collection[str]) -> Command | None:
    """`::name key=value,key=value::data`, at the start of the line."""
    end = line.find("::", 2)
    if not line.startswith("::") or end < 0:
        return None
    name, _, properties = line[2:end].partition(" ")
    if name.lower() not in names:
        return None
    return Command(name.lower(), _properties(properties.strip(), ",", _PROPERTY), _unescape(line[end + 2 :], _DATA))


def _parse_old(line: str, names: Collection[str]) -> Command | None:
    """`##[name key=value;key=value]data`, anywhere in the line."""
    start = line.find("##[")
    end = line.find("]", start)
    if start < 0 or end < 0:
        return None
    name, _, properties = line[start + 3 : end].partition(" ")
    if name.lower() not in names:
        return None
    return Command(name.lower(), _properties(properties, ";", _OLD), _unescape(line[end + 1 :], _OLD))


def _properties(text: str, separator: str, escapes: tuple[tuple[str, str], ...]) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in text.split(separator))
    return {key.lower(): _unescape(value, escapes) for key, _, value in pairs if key and value}


def _unescape(text: str, escapes: tuple[tuple[str, str], ...]) -> str:
    for code, character in escapes:
        text = text.replace(code, character)
    return text


def key_values(text: str) -> Iterator[tuple[str, str]]:
    """The pairs in a file of GITHUB_ENV, GITHUB_OUTPUT or GITHUB_STATE: `name=value` or `name<<DELIMITER`.

    :raises ValueError: a line is neither, or no delimiter ends a value.
    """
    lines = iter(text.removesuffix("\n").split("\n"))
    for line in lines:
        if not line:
            continue
        equals, heredoc = line.find("="), line.find("<<")
        if equals >= 0 and (heredoc < 0 or equals < heredoc):
            name, _, value = line.partition("=")
        elif heredoc >= 0:
            name, _, delimiter = line.partition("<<")
            if not delimiter:
                raise ValueError(f"Invalid format '{line}'. Name must not be empty and delimiter must not be empty")
            value = _until(lines, delimiter)
        else:
            raise ValueError(f"Invalid format '{line}'")
        if not name:
            raise ValueError(f"Invalid format '{line}'. Name must not be empty")
        yield name, value


def _until(lines: Iterator[str], delimiter: str) -> str:
    value: list[str] = []
    for line in lines:
        if line == delimiter:
            return "\n".join(value)
        value.append(line)
    raise ValueError(f"Invalid value. Matching delimiter not found '{delimiter}'")
