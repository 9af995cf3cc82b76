"""The one client of graphite-web: ``/render`` as JSON, and which series there are."""

from __future__ import annotations

import json
import math
import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from stackprobe.history.model import HistoryUnavailable
from stackprobe.web import Answer, FetchFailed, check_address, fetch

#: Series asked for in one request. Django takes a thousand fields at most.
BATCH = 250
#: Most bytes of one answer.
LARGEST_BYTES = 64 * 1024 * 1024

T = TypeVar("T")


class RenderFailed(HistoryUnavailable):
    """graphite-web does not answer, or not as one.

    :ivar unreachable: no answer came at all, so that asking again at once is in vain.
    """

    def __init__(self, message: str, unreachable: bool = False) -> None:
        super().__init__(f"Graphite cannot be asked: {message}")
        self.unreachable = unreachable


@dataclass(frozen=True)
class Rendered:
    """One series of an answer.

    :ivar name: as graphite-web calls it: a metric's name, or the expression that made it.
    :ivar slots: begin (unix seconds) and value of each slot; a value that is no number or not finite is None.
    """

    name: str
    slots: tuple[tuple[int, float | None], ...]

    @property
    def step_s(self) -> int:
        """The width of a slot, seconds; 0 where that cannot be seen."""
        return self.slots[1][0] - self.slots[0][0] if len(self.slots) > 1 else 0


class RenderClient:
    """One graphite-web.

    :param url: its base address.
    :param timeout_s: for one answer, name resolution included.
    :raises stackprobe.errors.UsageError: the address is malformed.
    """

    def __init__(self, url: str, timeout_s: float = 10.0) -> None:
        self.url = check_address(url, "graphite-web", "https://graphite.example.org").rstrip("/")
        self.timeout_s = timeout_s

    def render(self, targets: Sequence[str], from_t: float | str, until_t: float | str = "now") -> list[Rendered]:
        """The series of some targets, never from graphite-web's cache and never thinned out.

        :param targets: patterns of names, or expressions of Graphite's functions; asked for in batches.
        :param from_t: unix seconds, which the first slot lies behind, or a time as Graphite writes it: ``-3600s``.
        :raises RenderFailed: it does not answer.
        """
        return self.render_dated(targets, from_t, until_t)[0]

    def render_dated(
        self, targets: Sequence[str], from_t: float | str, until_t: float | str = "now"
    ) -> tuple[list[Rendered], float | None]:
        """The same, and what Graphite's clock said in the last answer (None: it does not say)."""
        found: list[Rendered] = []
        server_t = None
        for batch in batches(targets):
            arguments = [("target", target) for target in batch]
            arguments += [("from", _moment(from_t)), ("until", _moment(until_t))]
            answer = self._ask("/render", [*arguments, ("format", "json"), ("noCache", "true")])
            found += self._understood("/render", answer, _series)
            server_t = answer.server_t
        return found, server_t

    def existing(self, names: Sequence[str]) -> set[str]:
        """The names that have a series in the store.

        :raises RenderFailed: it does not answer.
        """
        found: set[str] = set()
        for batch in batches(names):
            answer = self._ask("/metrics/expand", [("leavesOnly", "1"), *(("query", name) for name in batch)])
            found.update(self._understood("/metrics/expand", answer, _names))
        return found

    def _ask(self, path: str, arguments: list[tuple[str, str]]) -> Answer:
        data = urllib.parse.urlencode(arguments, safe="*{},").encode()  # patterns stay readable in a web server's log
        try:
            return fetch(f"{self.url}{path}", timeout_s=self.timeout_s, largest=LARGEST_BYTES, data=data)
        except FetchFailed as error:
            raise RenderFailed(f"{self.url}{path}: {error}", unreachable=error.status is None) from None

    def _understood(self, path: str, answer: Answer, reading: Callable[[Any], list[T]]) -> list[T]:
        try:
            return reading(json.loads(answer.body))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError):
            raise RenderFailed(f"{self.url}{path} answers in an unknown form; check the address") from None


def batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """The items, as many together as one request asks for."""
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]


def _moment(t: float | str) -> str:
    return t if isinstance(t, str) else str(math.floor(t))


def _series(entries: Any) -> list[Rendered]:
    if not isinstance(entries, list):
        raise TypeError
    return [
        Rendered(str(entry["target"]), tuple((int(t), _value(value)) for value, t in entry["datapoints"]))
        for entry in entries
    ]


def _value(value: Any) -> float | None:
    if value is None:
        return None
    number = float(value)
    return number if math.isfinite(number) else None


def _names(answer: Any) -> list[str]:
    return [str(name) for name in answer["results"]]
