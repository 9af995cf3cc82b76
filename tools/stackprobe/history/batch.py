"""Past runs as they are read from one file of an archive."""

from __future__ import annotations

import gzip
import io
import json
import math
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from stackprobe.history.layout import LATEST_T
from stackprobe.history.model import BadStep, PastRun
from stackprobe.results.outcome import parse

#: Most bytes of a file of an archive, unpacked.
LARGEST_BYTES = 256 * 1024 * 1024
#: Most characters of a figure's name.
LONGEST_NAME = 1000

Values = Sequence[float | None]


class Unusable(Exception):
    """A file is none of an archive's, or broken; the message says how."""


class Batch(Protocol):
    """Some runs on one cloud and region."""

    @property
    def of(self) -> tuple[str, str]:
        """Cloud and region, called as in metrics."""

    @property
    def runs(self) -> Sequence[PastRun]:
        """The runs, in the order of time."""

    def columns(self, matches: Callable[[str], bool]) -> Iterator[tuple[str, Values]]:
        """The figures that match, each with a value a run: None where the run does not have it."""


@dataclass(frozen=True)
class OneRun:
    """A batch of one run."""

    of: tuple[str, str]
    runs: tuple[PastRun]
    figures: dict[str, float]

    def columns(self, matches: Callable[[str], bool]) -> Iterator[tuple[str, Values]]:
        """See :class:`Batch`."""
        for figure, value in self.figures.items():
            if matches(figure):
                yield figure, (value,)


def pack(text: str) -> bytes:
    """The bytes of a file: the same for the same text."""
    return gzip.compress(text.encode("ascii"), compresslevel=9, mtime=0)


def unpack(data: bytes) -> bytes:
    """What :func:`pack` packed.

    :raises Unusable: it is cut, broken or too large.
    """
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            found = stream.read(LARGEST_BYTES + 1)
    except EOFError:
        raise Unusable("it is cut") from None
    except (OSError, zlib.error):
        raise Unusable("it is not packed by gzip, or broken") from None
    if len(found) > LARGEST_BYTES:
        raise Unusable(f"it holds more than {LARGEST_BYTES >> 20} MiB")
    return found


def parse_object(data: bytes) -> dict[str, Any]:
    """A JSON object.

    :raises Unusable: it is none.
    """
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        raise Unusable("it is no JSON") from None
    if not isinstance(value, dict):
        raise Unusable("it is no record of a run")
    return value


def check_format(fields: dict[str, Any], wanted: str) -> None:
    """Refuse what is of another kind, or of a later major version, than ``<kind>/<major>``.

    :raises Unusable: it is.
    """
    found = str(fields.get("format"))
    if found.partition(".")[0] != wanted:
        kind = wanted.partition("/")[0]
        newer = found.startswith(f"{kind}/")
        raise Unusable("a newer stackprobe wrote it" if newer else "it is no record of a run")


def number(value: Any) -> float | None:
    """A finite number, whole ones as such; None for everything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        exact = float(value)
    except OverflowError:
        return None
    if not math.isfinite(exact):
        return None
    return int(exact) if exact.is_integer() and abs(exact) < 2**53 else exact


def text(fields: dict[str, Any], key: str) -> str | None:
    """A text that is not empty, or None."""
    value = fields.get(key)
    return value if isinstance(value, str) and value else None


def run_from(fields: dict[str, Any]) -> PastRun:
    """A run from what a file says of it.

    :raises Unusable: it has no start or no id.
    """
    t, run_id = number(fields.get("start_t")), text(fields, "run_id")
    if t is None or not 0 <= t <= LATEST_T or run_id is None:
        raise Unusable("a run of it has no start or no id")
    bad = fields.get("bad")
    return PastRun(
        t=int(t),
        outcome=parse(fields.get("outcome")),
        run_id=run_id,
        build_url=text(fields, "build_url"),
        bad=tuple(_bad(one) for one in bad if isinstance(one, dict)) if isinstance(bad, list) else (),
    )


def run_fields(run: PastRun) -> dict[str, Any]:
    """What a file says of a run: see :func:`run_from`."""
    bad = [
        {"scenario": one.scenario, "step": one.step, "outcome": one.outcome, "message": one.message} for one in run.bad
    ]
    return {
        "run_id": run.run_id,
        "start_t": run.t,
        "outcome": run.outcome,
        "build_url": run.build_url,
        "bad": bad,
    }


def _bad(fields: dict[str, Any]) -> BadStep:
    scenario, step, message = (text(fields, key) or "" for key in ("scenario", "step", "message"))
    return BadStep(scenario, step, parse(fields.get("outcome")), message)
