"""Where past runs lie in an archive.

``runs/<YYYY>/<MM>/<start, unix seconds>-<run id>.json.gz`` is one run, and
``days/<YYYY>/<MM>/<DD>/<cloud>.<region>.jsonl.gz`` all runs of a day (UTC) on one cloud and region, called as in
metrics.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

from stackprobe.metricname import part

DAY_S = 86400
#: The last second of the year 9999, unix seconds.
LATEST_T = 253_402_300_799
_RUN = re.compile(r"(?:.*/)?runs/\d{4}/\d{2}/(\d{1,12})-([^/]+)\.json\.gz", re.ASCII)
_DAY = re.compile(r"(?:.*/)?days/(\d{4})/(\d{2})/(\d{2})/([\w-]+)\.([\w-]+)\.jsonl\.gz", re.ASCII)


@dataclass(frozen=True)
class Place:
    """What a path says.

    :ivar from_t: the start of the run or of the day, unix seconds; ``until_t`` its last second.
    :ivar day: the day of a day's file, None for one run.
    :ivar of: cloud and region of a day's file.
    """

    from_t: int
    until_t: int
    day: date | None = None
    of: tuple[str, str] | None = None


def run_path(t: int, run_id: str) -> str:
    """Where one run lies. Ids that are no file names are told apart by what they were."""
    name = part(run_id)
    if name != run_id:
        name += "_" + hashlib.sha256(run_id.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"runs/{day_of(t):%Y/%m}/{t}-{name}.json.gz"


def day_path(day: date, of: tuple[str, str]) -> str:
    """Where all runs of a day on one cloud and region lie."""
    return f"days/{day:%Y/%m/%d}/{of[0]}.{of[1]}.jsonl.gz"


def parse(path: str) -> Place | None:
    """What the end of a path says; None where it is no place in an archive."""
    if match := _RUN.fullmatch(path):
        t = int(match[1])
        return Place(t, t) if t <= LATEST_T else None
    if match := _DAY.fullmatch(path):
        try:
            day = date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            return None
        begin_t = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
        return Place(begin_t, begin_t + DAY_S - 1, day, (match[4], match[5])) if begin_t >= 0 else None
    return None


def day_of(t: float) -> date:
    """The day of a moment, UTC."""
    return datetime.fromtimestamp(t, UTC).date()
