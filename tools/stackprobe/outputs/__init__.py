"""The outputs of a run: one module a file, each a view of the results model.

A module of this package that has ``FILENAME: str`` and ``render(results: Results) -> str`` is an output: adding one
means adding one file. One that also has ``SHOWS_EARLIER = True`` is given what earlier runs found as ``earlier``.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from stackprobe.errors import UsageError
from stackprobe.outputs.atomic import write_atomically
from stackprobe.outputs.earlier import Earlier
from stackprobe.results import Results

__all__ = ["Output", "OutputError", "outputs", "write_all"]


class OutputError(Exception):
    """An output could not be made; the others were written all the same."""


@dataclass(frozen=True)
class Output:
    """One output: the name of its file and what makes its text."""

    filename: str
    render: Callable[..., str]
    shows_earlier: bool = False


def outputs() -> list[Output]:
    """Every output, in the order of the module names."""
    found = []
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda info: info.name):
        loaded = importlib.import_module(f"{__name__}.{module.name}")
        if hasattr(loaded, "FILENAME"):
            found.append(Output(loaded.FILENAME, loaded.render, getattr(loaded, "SHOWS_EARLIER", False)))
    return found


def write_all(
    directory: str | Path,
    results: Results,
    earlier: Earlier | None = None,
    chosen: Iterable[Output] | None = None,
) -> list[Path]:
    """Write every output into a directory, each atomically; what was there before is replaced.

    :param earlier: what runs before this one found, for the outputs that show it.
    :param chosen: only these outputs.
    :returns: the files written.
    :raises UsageError: the directory cannot be written.
    :raises OutputError: an output could not be made of these results. The others are written before it is raised.
    """
    written: list[Path] = []
    broken: list[tuple[str, Exception]] = []
    for output in outputs() if chosen is None else chosen:
        path = Path(directory) / output.filename
        try:
            text = output.render(results, earlier) if output.shows_earlier else output.render(results)
        except Exception as error:  # one broken output must not cost the others
            broken.append((output.filename, error))
            continue
        try:
            write_atomically(path, text.encode("utf-8", errors="replace"))
        except OSError as error:
            raise UsageError(
                f"cannot write it: {error.strerror}", file=path, remedy="check permissions and free space"
            ) from error
        written.append(path)
    if broken:
        names = ", ".join(f"{name} ({type(error).__name__}: {error})" for name, error in broken)
        raise OutputError(f"could not make {names}") from broken[0][1]
    return written
