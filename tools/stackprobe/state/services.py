"""Which services a scenario or a rule tells of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from stackprobe.metricname import part
from stackprobe.scenarios import Scenario
from stackprobe.state.model import RUN, Level


def of_scenario(scenario: Scenario) -> tuple[str, ...]:
    """The services that a scenario tests.

    Those that its tags name: ``block_storage`` is the service type ``block-storage``. One that boots servers needs a
    network and an image too, but what it tells of is compute. Where no tag names one, all services that it needs; where
    it needs none either, it stands for itself.
    """
    return of_probed(scenario.name, scenario.tags, scenario.services)


def of_probed(name: str, tags: Iterable[str], needed: Iterable[str]) -> tuple[str, ...]:
    """The same, from what a journal says of a scenario."""
    tagged = tuple(sorted(tag.replace("_", "-") for tag in tags if _is_service(tag.replace("_", "-"))))
    return tagged or tuple(needed) or (name.replace("_", "-"),)


def by_figure(scenarios: Mapping[str, Scenario]) -> dict[str, tuple[str, ...]]:
    """The services of each scenario, by its name in metrics."""
    return {part(name): of_scenario(scenario) for name, scenario in scenarios.items()}


def of_rule(rule: Mapping[str, Any] | None, scenarios: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The services that a rule of the configuration tells of; of one that it does not have, or of the run: `RUN`."""
    given = rule or {}
    name = str(given.get("scenario") or str(given.get("step") or "").partition("/")[0])
    service = str((given.get("calls") or {}).get("service", "*"))
    if name in scenarios:
        return scenarios[name]
    return (RUN,) if set("*{},") & set(service) else (service,)


def severity_of(rule: Mapping[str, Any] | None) -> Level:
    """What a rule in alarm makes of its services: degraded, unless it says down."""
    return Level.DOWN if (rule or {}).get("severity") == "down" else Level.DEGRADED


def _is_service(name: str) -> bool:
    from os_service_types import ServiceTypes  # noqa: PLC0415  # it reads a list, which few commands need

    return bool(ServiceTypes().is_official(name))
