"""Annotations and other workflow commands, as text.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands; what is escaped, and how, is that of
``@actions/core``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from stackprobe.outputs.clean import one_line

Level = Literal["error", "warning", "notice"]

#: GitHub shows so many errors and so many warnings of one step.
MOST_OF_A_LEVEL = 10
LONGEST_MESSAGE = 1_000
LONGEST_TITLE = 200


@dataclass(frozen=True)
class Annotation:
    """One annotation of a job's page.

    :param file: relative to the workspace, where that is possible.
    :param line: counted from 1.
    """

    level: Level
    title: str
    message: str
    file: str | None = None
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        """The workflow command, one line without its end."""
        properties: dict[str, object] = {"file": self.file, "line": self.line, "col": self.column}
        properties = {name: value for name, value in properties.items() if value and self.file}
        properties["title"] = one_line(self.title, LONGEST_TITLE)
        stated = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
        return f"::{self.level} {stated}::{escaped(one_line(self.message, LONGEST_MESSAGE))}"


def escaped(text: str) -> str:
    """The data of a workflow command: it ends at the end of the line."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return escaped(text).replace(":", "%3A").replace(",", "%2C")


#: A lone carriage return ends a line, too, for the runner.
_COMMAND_AT_START = re.compile(r"((?:^|[\r\n])\s*):(?=:)")


def harmless(text: str, at_start: bool = True) -> str:
    """The text without anything that the runner would take as a command: a cloud's answers are no commands of ours.

    The runner obeys ``::name::`` at the start of a line and ``##[name]`` anywhere in it. A zero-width space parts them.

    :param at_start: whether the text begins a line.
    """
    text = text.replace("##[", "##\u200b[")
    if not at_start and (begun := re.match(r"[^\r\n]+", text)):
        return begun[0] + _COMMAND_AT_START.sub("\\1:\u200b", text[begun.end() :])
    return _COMMAND_AT_START.sub("\\1:\u200b", text)
