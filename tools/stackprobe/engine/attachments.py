"""Files beside the journal that a step leaves: the console log of a guest that does not take the login."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from stackprobe.metricname import part
from stackprobe.outputs.clean import clip, harmless

LONGEST = 256 * 1024
"""Characters of one file."""
MOST_FILES = 100


class Attachments:
    """Writes such files.

    :param directory: the run's.
    :param scrub: takes the secrets out of a text.
    """

    def __init__(self, directory: Path, scrub: Callable[[str], str]) -> None:
        self._directory, self._scrub = directory, scrub
        self._written = 0

    def console(self, names: Sequence[str], text: str) -> str | None:
        """Keep the console log of a guest, as far as there is room; the file's path within the run's directory.

        :param names: scenario, key of the step and zone.
        :raises OSError: it cannot be written.
        """
        if self._written >= MOST_FILES:
            return None
        self._written += 1
        (self._directory / "consoles").mkdir(mode=0o700, exist_ok=True)
        stem = f"consoles/{'-'.join(part(one) for one in names)[:120]}"
        taken = (f"{stem}.txt", *(f"{stem}-{number}.txt" for number in range(2, MOST_FILES)))
        name = next((one for one in taken if not (self._directory / one).exists()), None)
        if name is None:
            return None
        content = clip(self._scrub(harmless(text)), LONGEST)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        descriptor = os.open(self._directory / name, flags, 0o600)
        with open(descriptor, "w", encoding="utf-8", errors="replace") as file:
            file.write(content)
        return name
