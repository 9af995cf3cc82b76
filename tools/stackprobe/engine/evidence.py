"""What a step that failed leaves beside its record, for whoever looks into it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from stackprobe.engine.attachments import Attachments
from stackprobe.engine.classify import Verdict


@dataclass(frozen=True)
class Evidence:
    """What helps to understand a failure.

    :param told: is put behind the step's message.
    :param console: the console log of the server that it is about.
    """

    told: str
    console: str = ""

    def added(
        self, verdict: Verdict, names: Sequence[str], attachments: Attachments | None, kept: list[str]
    ) -> Verdict:
        """The verdict with what is told; the console log is written to a file.

        :param names: scenario, key of the step and zone.
        :param kept: gets the file's path within the run's directory.
        """
        told = self.told
        if self.console and attachments is not None:
            try:
                name = attachments.console(names, self.console)
            except OSError as error:
                told += f" (not kept: {error.strerror})"
            else:
                kept += [name] if name else []
        return replace(verdict, message=verdict.message + told)
