"""The runner of a job: the stream that it reads, and the files that it hands to a step."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from stackprobe.errors import UsageError, sentence
from stackprobe.github.annotation import Annotation, escaped, harmless
from stackprobe.outputs.markdown import text as markdown


class Guarded:
    """A stream of a step in which nothing is a workflow command."""

    def __init__(self, stream: TextIO) -> None:
        self.stream, self._at_start = stream, True

    def write(self, text: str) -> int:
        self.stream.write(harmless(text, self._at_start))
        if text:
            self._at_start = text.endswith(("\n", "\r")) or (self._at_start and not text.strip())
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


@dataclass(frozen=True)
class Runner:
    """What a step can tell the runner.

    :param stream: what the runner reads commands from.
    :param output_file: takes the step's outputs; None: the runner gives none.
    :param summary_file: takes Markdown for the page of the run.
    :param workspace: the checkout of the job; files of annotations are relative to it.
    """

    stream: TextIO
    output_file: Path | None = None
    summary_file: Path | None = None
    workspace: Path | None = None

    def command(self, line: object) -> None:
        """Give the runner a workflow command."""
        print(line, file=self.stream, flush=True)

    def mask(self, texts: Iterable[str]) -> None:
        """Let the runner black out these texts from now on."""
        for text in texts:
            self.command(f"::add-mask::{escaped(text)}")

    def annotate(self, annotations: Iterable[Annotation]) -> None:
        """Show annotations, the most important first: the runner keeps the first ones."""
        for annotation in annotations:
            self.command(annotation)

    def output(self, **values: str) -> None:
        """Set outputs of the step; underscores of names become dashes."""
        if self.output_file is None:
            return
        with self.output_file.open("a", encoding="utf-8") as file:
            for name, value in values.items():
                end = f"end-{secrets.token_hex(16)}"  # nobody can write it into a value
                file.write(f"{name.replace('_', '-')}<<{end}\n{value}\n{end}\n")

    def summary(self, text: str) -> None:
        """Add Markdown to the summary of the step."""
        if self.summary_file is not None:
            with self.summary_file.open("a", encoding="utf-8", errors="replace") as file:
                file.write(f"{text.rstrip()}\n\n")

    def relative(self, file: str | Path) -> str:
        """A file as annotations name it."""
        if self.workspace is not None:
            path = Path(file).absolute()
            if path.is_relative_to(self.workspace):
                return str(path.relative_to(self.workspace))
        return str(file)

    def refuse(self, error: UsageError) -> None:
        """Show bad input: one annotation, and the same on the page of the run."""
        title = "stackprobe cannot start"
        file, message = None, str(error)
        if error.file and Path(error.file).exists():  # not such as `the secret`, which no page can link
            file, message = (
                self.relative(error.file),
                f"{error.message}. {sentence(error.remedy) if error.remedy else ''}".strip(),
            )
        self.command(Annotation("error", title, message, file, error.line, error.column))
        lines = [f"## ⚠️ {title}", "", markdown(str(error), 2_000)]
        self.summary("\n".join(lines))


def runner() -> Runner | None:
    """The runner of the job that this process is part of, if there is one."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return None
    output, summary, workspace = (
        os.environ.get(name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE")
    )
    stream = sys.stdout.stream if isinstance(sys.stdout, Guarded) else sys.stdout
    return Runner(
        stream,
        Path(output) if output else None,
        Path(summary) if summary else None,
        Path(workspace).absolute() if workspace else None,
    )


@contextlib.contextmanager
def group(title: str) -> Iterator[None]:
    """Meanwhile what is printed belongs together, under a title; in GitHub Actions it is folded."""
    one = runner()
    if one is None:
        print(f"{title}:", flush=True)
        yield
        return
    one.command(f"::group::{title}")
    try:
        yield
    finally:
        one.command("::endgroup::")


@contextlib.contextmanager
def guarded() -> Iterator[None]:
    """Meanwhile nothing that is printed is a workflow command, but for what goes through the runner."""
    streams = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = Guarded(sys.stdout), Guarded(sys.stderr)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = streams
