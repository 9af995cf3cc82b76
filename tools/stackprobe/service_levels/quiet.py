"""Planned maintenance, as rules and the damped exit code respect it: a run within it makes no alarm and ends none."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence

from stackprobe.history.model import Sample
from stackprobe.maintenance import Maintenance, Planned, Stretches
from stackprobe.metricname import part
from stackprobe.results import Results
from stackprobe.results.model import RUN_LEVEL
from stackprobe.service_levels.damping import HORIZON_S


class Quiet:
    """The maintenance of the services that a run and those before it tell of, by the names of scenarios and rules.

    :param planned: the windows of its cloud and region.
    """

    def __init__(self, planned: Iterable[Planned], results: Results) -> None:
        self._results = results
        since_t, until_t = results.start_t - HORIZON_S, results.start_t + 1
        self._maintenance = Maintenance(planned if since_t > 0 else (), since_t, until_t)

    def of_rule(self, name: str, t: float) -> bool:
        """Whether all services that a rule tells of are maintained at a moment, unix seconds."""
        return bool(self._maintenance.windows) and self._hold(self._of_rule(name), t)

    def stretches_of_rule(self, name: str) -> list[tuple[float, float]]:
        """When all services that a rule tells of are maintained: begin and end, unix seconds."""
        if not self._maintenance.windows:
            return []
        first, *others = (self._stretches(service) for service in self._of_rule(name))
        spans = list(first.spans)
        for other in others:
            spans = [part for begin_t, end_t in spans for part in other.within(begin_t, end_t)]
        return spans

    def of_scenario(self, name: str, t: float) -> bool:
        """The same of a scenario, or of the run itself."""
        return bool(self._maintenance.windows) and self._hold(self._scenarios.get(part(name), (RUN_LEVEL,)), t)

    def rule_without(self, name: str, series: Sequence[Sample]) -> list[Sample]:
        """The samples of a rule that count."""
        return [one for one in series if not self.of_rule(name, one.t)]

    def scenario_without(self, name: str, series: Sequence[Sample]) -> list[Sample]:
        """The samples of a scenario, or of the run itself, that count."""
        return [one for one in series if not self.of_scenario(name, one.t)]

    def _hold(self, services: Sequence[str], t: float) -> bool:
        return all(self._stretches(service).hold(t) for service in services)

    @functools.cache  # noqa: B019  # lives as long as one evaluation
    def _stretches(self, service: str) -> Stretches:
        return Stretches(self._maintenance.of(service))

    @functools.cache  # noqa: B019
    def _of_rule(self, name: str) -> tuple[str, ...]:
        from stackprobe.state.services import of_rule  # noqa: PLC0415  # few runs have maintenance

        return of_rule(self._results.rules.get(name), self._scenarios)

    @functools.cached_property
    def _scenarios(self) -> dict[str, tuple[str, ...]]:
        from stackprobe.state.services import of_probed  # noqa: PLC0415

        return {part(one.name): of_probed(one.name, one.tags, one.services) for one in self._results.scenarios}
