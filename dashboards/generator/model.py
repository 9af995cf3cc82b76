"""What a dashboard shows, said once for Grafana and for graphite-web."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: How every name begins. Parts of a name are counted from 0, so cloud is 1, region 2, and 3 what comes behind them.
ROOT = "$environment.$cloud.$region"
#: Answers that say that a service is at fault.
BAD = "{5*,no_response}"
#: All others.
NOT_BAD = "{1*,2*,3*,4*}"


def error_ratio(calls: str) -> str:
    """The part of requests that a service failed, per cent.

    Errors are not counted for it: a run without any has no value there, and an earlier ratio would stay the last.

    :param calls: up to the status, which is left out.
    """
    every = f"sumSeries({calls}.*.count)"
    return f"alias(asPercent(diffSeries({every}, sumSeries({calls}.{NOT_BAD}.count)), {every}), 'errors')"


def by_scenario(step: str, figure: str, how: str = "average") -> tuple[str, str]:
    """A figure of a step of every scenario, taken together: of those with one guest, and of those with several."""
    return (f"aliasByNode({ROOT}.*.{step}.{figure}, 3)", f"groupByNode({ROOT}.*.{step}.*.{figure}, 3, '{how}')")


def in_zones_or_not(step: str, figures: str) -> tuple[str, str]:
    """Figures of a step of one scenario, which may run in several zones: without a zone, and by zone."""
    return (f"aliasByNode({ROOT}.{step}.{figures}, 4, 5)", f"aliasByNode({ROOT}.{step}.*.{figures}, 4, 5, 6)")


@dataclass(frozen=True)
class Panel:
    """One picture.

    :ivar targets: expressions of Graphite's functions.
    :ivar unit: as Grafana calls it: ``ms``, ``percent``, ``short``, ``d``.
    :ivar kind: ``line``, ``bars`` (stacked: one for each run) or ``number`` (the last value).
    :ivar good_above: of a number: green from there on, else red; below it when it is negative.
    """

    title: str
    targets: tuple[str, ...]
    meaning: str
    unit: str = "short"
    kind: str = "line"
    width: int = 12
    good_above: float | None = None

    @property
    def queries(self) -> tuple[str, ...]:
        """The targets as they are sent. Of counts, several values that share a pixel are added up, not averaged."""
        return tuple(map(summed, self.targets)) if self.kind == "bars" else self.targets


_ALIASED = re.compile(r"(aliasByNode|alias)\((.*?)((?:, \d+)+|, '[^']*')\)")


def summed(target: str) -> str:
    """An expression whose values are added up where Graphite has to consolidate them; called as before."""
    match = _ALIASED.fullmatch(target)
    if match is None:
        return f"aliasByNode(consolidateBy({target}, 'sum'), 0)"
    return f"{match[1]}(consolidateBy({match[2]}, 'sum'){match[3]})"


@dataclass(frozen=True)
class Variable:
    """A value that the reader chooses.

    :ivar query: which series tell the values there are.
    :ivar regex: what of their names is the value.
    """

    name: str
    query: str
    regex: str
    multi: bool = True


@dataclass(frozen=True)
class Dashboard:
    """One page."""

    uid: str
    title: str
    meaning: str
    panels: tuple[Panel, ...]
    variables: tuple[str, ...] = ()


PLACE = (
    Variable("environment", "expand(*.*.*.run.passed)", r"/^([^.]+)\./", multi=False),
    Variable("cloud", "expand($environment.*.*.run.passed)", r"/^[^.]+\.([^.]+)\./", multi=False),
    Variable("region", "expand($environment.$cloud.*.run.passed)", r"/^[^.]+\.[^.]+\.([^.]+)\./"),
)
#: Variables of some dashboards beside the place.
MORE = {
    "service": Variable("service", f"expand({ROOT}.api.*)", r"/\.([^.]+)$/"),
    "scenario": Variable("scenario", f"expand({ROOT}.*.passed)", r"/\.(?!run\.)([^.]+)\.passed$/"),
}
