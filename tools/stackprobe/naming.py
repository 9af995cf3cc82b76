"""Run ids and resource names: whose a resource is can be told from its name alone, on any machine.

Every resource that a run makes is called ``<prefix>-<run id>-<what>``. A run id is 16 characters of [0-9a-z]:

========== ===============================================================
characters meaning (numbers in base 36)
========== ===============================================================
0 to 5     start of the run, seconds since 2020-01-01T00:00:00Z (until 2089)
6 to 9     the run's own deadline in seconds after its start (1 to 604800)
10 to 13   random, so that runs that start in the same second differ
14 to 15   check characters over the rest
========== ===============================================================

The check characters and the bounds keep names of other people that merely look alike (``stackprobe-dashboard-db``,
a hash after our prefix) from being taken for ours and swept.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass

DEFAULT_PREFIX = "stackprobe"
MAX_DEADLINE_S = 7 * 86400

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_EPOCH = 1577836800  # 2020-01-01T00:00:00Z: six digits last until 2089 instead of 2038
_RUN_ID = re.compile(r"[0-9a-z]{16}", re.ASCII)
_PREFIX = re.compile(r"[a-z][a-z0-9]{1,19}", re.ASCII)
_WHAT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?", re.ASCII)


@dataclass(frozen=True)
class RunId:
    """What a run id says.

    :param started: start of the run by the clock of its machine, seconds since 1970 (UTC).
    :param deadline_s: the run ends itself that many seconds after its start at the latest.
    :param text: the run id as it stands in names.
    """

    started: int
    deadline_s: int
    text: str

    @property
    def ends(self) -> int:
        """When the run is over at the latest, seconds since 1970 (UTC)."""
        return self.started + self.deadline_s


def new_run_id(now: float, deadline_s: int) -> str:
    """A run id for a run that starts at ``now`` (seconds since 1970, UTC) and takes at most ``deadline_s`` seconds.

    :raises ValueError: the deadline is not within 1 second and 7 days, or the clock stands outside 2020 to 2088.
    """
    if not 1 <= deadline_s <= MAX_DEADLINE_S:
        raise ValueError(f"a run's deadline must be within 1 and {MAX_DEADLINE_S} s, not {deadline_s}")
    since_epoch = int(now) - _EPOCH
    if not 0 <= since_epoch < 36**6:
        raise ValueError(f"the clock of this machine stands at {int(now)} s since 1970, outside of 2020 to 2088")
    random = "".join(secrets.choice(_DIGITS) for _ in range(4))
    body = _base36(since_epoch, 6) + _base36(int(deadline_s), 4) + random
    return body + _check(body)


def parse_run_id(text: str) -> RunId | None:
    """What the run id ``text`` says, or None when it is none."""
    if not _RUN_ID.fullmatch(text) or _check(text[:14]) != text[14:]:
        return None
    deadline_s = int(text[6:10], 36)
    if not 1 <= deadline_s <= MAX_DEADLINE_S:
        return None
    return RunId(started=_EPOCH + int(text[:6], 36), deadline_s=deadline_s, text=text)


def owner_of(name: str | None, prefix: str = DEFAULT_PREFIX) -> RunId | None:
    """The run whose resource is called ``name``, or None when no run of ``prefix`` can have named it so."""
    if not name:
        return None
    head, _, rest = name.partition("-")
    run_id, _, what = rest.partition("-")
    if head != prefix or not _WHAT.fullmatch(what):
        return None
    return parse_run_id(run_id)


def is_prefix(text: str) -> bool:
    """Whether ``text`` can be the prefix of names: 2 to 20 characters of [a-z0-9], the first a letter."""
    return bool(_PREFIX.fullmatch(text))


def _base36(number: int, width: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits.rjust(width, "0")


def _check(body: str) -> str:
    digest = hashlib.sha256(b"stackprobe run id " + body.encode()).digest()
    return _base36(int.from_bytes(digest[:8], "big") % 36**2, 2)
