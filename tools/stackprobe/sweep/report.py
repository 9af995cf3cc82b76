"""What a sweep tells: for people, for machines and as an exit code."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stackprobe.outputs.atomic import write_atomically
from stackprobe.sweep.leftovers import Leftover


@dataclass(frozen=True)
class SweepReport:
    """What a sweep found and did; every text is free of secrets.

    :param dry_run: nothing was deleted: what would have been is in ``deleted``.
    :param deleted: gone.
    :param kept: left alone, each with its reason.
    :param failed: could not be deleted, with the reason.
    :param unlisted: kinds that could not be listed, with the reason: there may be more of them.
    """

    cloud: str
    dry_run: bool
    deleted: tuple[Leftover, ...]
    kept: tuple[Leftover, ...]
    failed: tuple[tuple[Leftover, str], ...]
    unlisted: tuple[tuple[str, str], ...]

    @property
    def exit_code(self) -> int:
        """0: nothing of a dead run is left. 1: something is, or may be, by the cloud's fault."""
        return 1 if self.failed or self.unlisted else 0

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON shows it."""
        return {
            "cloud": self.cloud,
            "dry_run": self.dry_run,
            "deleted": [_item(leftover) for leftover in self.deleted],
            "kept": [_item(leftover) for leftover in self.kept],
            "failed": [{**_item(leftover), "reason": reason} for leftover, reason in self.failed],
            "unlisted": [{"kind": kind, "reason": reason} for kind, reason in self.unlisted],
        }

    def lines(self) -> Iterator[str]:
        """The report for people."""
        for leftover in self.deleted:
            yield f"{'would delete' if self.dry_run else 'deleted'} {_named(leftover)}: {leftover.reason}"
        for leftover in self.kept:
            yield f"kept {_named(leftover)}: {leftover.reason}"
        for leftover, reason in self.failed:
            yield f"FAILED to delete {_named(leftover)}: {reason}"
        for kind, reason in self.unlisted:
            yield f"FAILED to list every {kind.replace('_', ' ')}: {reason}"
        deleted = f"{len(self.deleted)} {'to delete' if self.dry_run else 'deleted'}"
        failed = f"{len(self.failed)} failed" + (f", {len(self.unlisted)} kinds not listed" if self.unlisted else "")
        yield f"{self.cloud}: {deleted}, {len(self.kept)} kept, {failed}"


def write(report: SweepReport, directory: Path, name: str) -> None:
    """Write ``sweep.json``, and add the figures to ``metrics.txt``: how much was deleted, kept, could not be deleted.

    :param name: how the names of the figures begin: prefix, cloud and region.
    :raises OSError: they cannot be written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    write_atomically(directory / "sweep.json", json.dumps(report.as_dict(), indent=1).encode() + b"\n")
    now = int(time.time())
    figures = {"deleted": report.deleted, "kept": report.kept, "failed": report.failed, "unlisted": report.unlisted}
    with open(directory / "metrics.txt", "a", encoding="utf-8") as metrics:
        metrics.writelines(f"{name}.sweep.{key} {len(found)} {now}\n" for key, found in figures.items())


def _item(leftover: Leftover) -> dict[str, Any]:
    found = leftover.found
    return {
        "kind": found.kind,
        "id": found.id,
        "name": found.name,
        "run": leftover.run.text,
        "age_s": None if leftover.age_s is None else round(leftover.age_s),
        "status": found.status,
        "reason": leftover.reason,
    }


def _named(leftover: Leftover) -> str:
    return f"{leftover.found.kind.replace('_', ' ')} {leftover.found.name} ({leftover.found.id})"
