"""Reads YAML written by people: every mistake can be shown at its line and column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from stackprobe.errors import UsageError

MAX_BYTES = 1 << 20
_MAX_VALUES = 100_000  # what aliases may multiply a file to
_QUOTED = re.compile(r":? '(?![<>,:?\]}]).*\w{2}.*'", re.S)
"""What PyYAML and Python quote of a text: a password that begins with ``!`` or ``*`` is a tag or an alias to them."""


class Document:
    """A YAML document and where everything in it stands.

    :param text: the YAML text.
    :param file: the name shown in errors.

    ``data`` is what it says; ``duplicate_keys`` holds an error for every key that stands twice in one mapping, of which
    YAML silently takes the last.

    :raises UsageError: it is no YAML (with line and column; never with the text around, which may hold secrets).
    """

    def __init__(self, text: str, file: str | Path) -> None:
        self.file, self.text = str(file), text
        try:
            loader = yaml.SafeLoader(text)
            self._root = loader.get_single_node()
            self.duplicate_keys = _duplicate_keys(self._root, self.file)  # before merged mappings (<<) are folded in
            if self._root is not None and _count(self._root, {}) > _MAX_VALUES:
                raise UsageError(f"its aliases multiply it to over {_MAX_VALUES} values", file=str(file))
            self.data: Any = None if self._root is None else loader.construct_document(self._root)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise UsageError(
                f"this is no valid YAML: {_unquoted(error.problem or error.context)}",
                remedy="mind indentation, quotes and tabs there or in the line before",
                file=str(file),
                line=mark.line + 1 if mark else None,
                column=mark.column + 1 if mark else None,
            ) from None
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            raise UsageError(f"this is no valid YAML: {error.reason}", file=file, line=line) from None
        except (RecursionError, ValueError, OverflowError) as error:
            raise UsageError(f"this is no valid YAML: {_unquoted(error)}", file=str(file)) from None
        except (LookupError, AttributeError):  # PyYAML looks up what a tag like `!!bool` stands before
            raise UsageError("this is no valid YAML: a value does not fit the tag before it", file=str(file)) from None

    @classmethod
    def read(cls, file: Path, what: str = "file") -> Document:
        """Read ``file``.

        :param what: what the file is, for the error ("configuration").
        :raises UsageError: it is missing, unreadable, too big, not UTF-8 or no YAML.
        """
        try:
            with open(file, "rb") as stream:
                raw = stream.read(MAX_BYTES + 1)
        except FileNotFoundError:
            raise UsageError(f"there is no such {what}", file=str(file)) from None
        except OSError as error:
            raise UsageError(f"the {what} cannot be read: {error.strerror or error}", file=str(file)) from None
        if len(raw) > MAX_BYTES:
            raise UsageError(f"the {what} is larger than {MAX_BYTES >> 20} MiB", file=str(file))
        try:
            return cls(raw.decode("utf-8-sig"), file)
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            raise UsageError(f"the {what} is not UTF-8 text", file=file, line=line) from None

    def error(self, path: Sequence[str | int], message: str, *, remedy: str = "", at_key: bool = False) -> UsageError:
        """The error ``message`` about the value at ``path`` (or about its key), with its line and column."""
        line, column = self.position(path, at_key=at_key)
        return UsageError(message, remedy=remedy, file=self.file, line=line, column=column)

    def as_written(self, path: Sequence[str | int]) -> str | None:
        """The text of the scalar at ``path`` before YAML made a number, a date or a truth value of it."""
        node = self._root
        for part in path:
            found = _child(node, part)
            if found is None:
                return None
            node = found[1]
        return node.value if isinstance(node, yaml.ScalarNode) else None

    def position(self, path: Sequence[str | int], *, at_key: bool = False) -> tuple[int, int]:
        """Line and column, counted from 1, of the value at ``path``, or of the key that holds it.

        A path that is not in the document gives the place where it would have to be: its nearest parent.
        """
        node = self._root
        mark = node.start_mark if node is not None else None
        for step, part in enumerate(path):
            found = _child(node, part)
            if found is None:
                break
            key, node = found
            mark = key.start_mark if at_key and step == len(path) - 1 else node.start_mark
        return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _unquoted(problem: object) -> str:
    """What is wrong, without what it quotes of the text."""
    return _QUOTED.sub("", str(problem))


def _child(node: Any, part: str | int) -> tuple[Any, Any] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part]
    if isinstance(node, yaml.MappingNode):
        for key, value in reversed(
            node.value
        ):  # merged mappings (<<) stand first once constructed: the last one counts
            if isinstance(key, yaml.ScalarNode) and key.value == str(part):
                return key, value
    return None


def _count(node: Any, known: dict[int, int]) -> int:
    """How many values ``node`` has with every alias written out."""
    if id(node) not in known:
        known[id(node)] = _MAX_VALUES  # one that contains itself
        children = node.value if isinstance(node, yaml.SequenceNode) else []
        if isinstance(node, yaml.MappingNode):
            children = [part for pair in node.value for part in pair]
        known[id(node)] = 1 + sum(_count(child, known) for child in children)
    return known[id(node)]


def _duplicate_keys(root: Any, file: str) -> list[UsageError]:
    errors: list[UsageError] = []
    seen: set[int] = set()
    nodes = [root]
    while nodes:
        node = nodes.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            nodes += node.value
        elif isinstance(node, yaml.MappingNode):
            first: dict[str, int] = {}
            for key, value in node.value:
                nodes.append(value)
                if not isinstance(key, yaml.ScalarNode):
                    continue
                line = key.start_mark.line + 1
                if key.value in first:
                    errors.append(
                        UsageError(
                            f"the key `{key.value}` stands here a second time",
                            remedy=f"it was given in line {first[key.value]}; keep one of them",
                            file=file,
                            line=line,
                            column=key.start_mark.column + 1,
                        )
                    )
                first.setdefault(key.value, line)
    return sorted(errors, key=lambda error: (error.line or 0, error.column or 0))
