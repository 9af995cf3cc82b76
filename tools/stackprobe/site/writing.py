"""Puts a site in its place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from stackprobe.errors import UsageError
from stackprobe.outputs.atomic import write_atomically


def write(directory: Path, files: Mapping[str, str]) -> int:
    """Write files, those alone whose content changed; each is replaced as a whole, and the page of all clouds last.

    Other files of the directory are left alone.

    :returns: how many were written.
    :raises UsageError: the directory cannot be written.
    """
    written = 0
    try:
        for name in sorted(files, key=lambda one: (one == "index.html", one)):
            path, data = directory / name, files[name].encode()
            if path.is_file() and path.read_bytes() == data:
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, data)
            written += 1
    except OSError as error:
        raise UsageError(
            f"the site cannot be written: {error.strerror or error}",
            remedy="check the directory, its permissions and free space",
            file=directory,
        ) from error
    return written
