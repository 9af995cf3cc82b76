"""The one way to tell an operator that the input cannot be used."""

from __future__ import annotations

from pathlib import Path


class UsageError(Exception):
    """Bad input: what is wrong, where it stands, and what to do about it. Ends the command with exit code 2.

    :param message: what is wrong, one sentence without a full stop.
    :param remedy: what to do next, one sentence without a full stop.
    :param file: the file that holds the mistake, if one does.
    :param line: its line, counted from 1.
    :param column: its column, counted from 1.
    """

    def __init__(
        self,
        message: str,
        *,
        remedy: str = "",
        file: str | Path | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        self.message, self.remedy = message, remedy
        self.file, self.line, self.column = file, line, column
        super().__init__(str(self))

    def __str__(self) -> str:
        where = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        text = f"{where}: {self.message}" if where else self.message
        text = text if text.endswith("?") else f"{text}."
        return f"{text} {sentence(self.remedy)}" if self.remedy else text


def sentence(text: str) -> str:
    """A sentence without a full stop, as messages and remedies are, made one that may follow another."""
    return f"{text[:1].upper()}{text[1:]}."
