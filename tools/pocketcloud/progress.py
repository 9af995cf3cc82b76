"""Saying what takes long: a moving line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO


class Progress:
    """Prints steps with the time they took. `update` may be called as often as is convenient."""

    def __init__(self, stream: TextIO | None = None, quiet: bool = False) -> None:
        self.stream = stream or sys.stderr
        self.quiet = quiet

    def note(self, text: str) -> None:
        """One line."""
        if not self.quiet:
            print(text, file=self.stream, flush=True)

    @contextmanager
    def step(self, text: str) -> Iterator[Callable[[str], None]]:
        """A step that takes long; yields a function that says how far it is."""
        started = time.monotonic()
        if self.quiet:
            yield lambda detail: None
            return
        if self.stream.isatty():
            with self._moving(text) as update:
                yield update
        else:
            self.note(f"{text} ...")
            yield lambda detail: None
        self.note(f"{text}: done in {time.monotonic() - started:.1f} s")

    @contextmanager
    def _moving(self, text: str) -> Iterator[Callable[[str], None]]:
        from rich.console import Console
        from rich.progress import Progress as Bar
        from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Bar(*columns, console=Console(file=self.stream), transient=True) as bar:
            task = bar.add_task(text)
            yield lambda detail: bar.update(task, description=f"{text} [dim]{detail}[/dim]")
