"""Runs that are named on a command line: directories of runs, or their journals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from stackprobe.errors import UsageError
from stackprobe.journal import FILENAME, JournalContent, stream
from stackprobe.results import Results, build, from_directory


def load(path: Path) -> Results:
    """The results of a run.

    :param path: the directory of a run, or a journal.
    :raises UsageError: it is neither.
    """
    if not path.exists():
        raise UsageError(
            "there is nothing of this name", file=path, remedy="give the directory that `stackprobe run --output` wrote"
        )
    if path.is_dir():
        return from_directory(path)
    content = JournalContent(path)
    return build(content, stream(content))


def load_each(paths: Iterable[Path]) -> Iterator[Results]:
    """The results of each run, one after the other; a journal that is given twice is read once.

    :raises UsageError: as `load`, of the first path that is no run.
    """
    seen = set()
    for path in paths:
        journal = (path / FILENAME if path.is_dir() else path).resolve()
        if journal not in seen:
            seen.add(journal)
            yield load(path)
