"""Whether the project's quota has room for a scenario, which no run could make either."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stackprobe.needs import NeedsError
from stackprobe.needs.facts import figures
from stackprobe.quota import Quota
from stackprobe.scenarios import Scenario
from stackprobe.survey.fitting import Fit, next_larger
from stackprobe.survey.model import Survey


@dataclass(frozen=True)
class Shortfall:
    """A resource of which a scenario needs more than the quota leaves."""

    needed: int
    quota: Quota

    def __str__(self) -> str:
        return f"{self.quota.resource}: {self.needed} needed, {self.quota.free} left of {self.quota.limit}"


def shortfalls(scenario: Scenario, survey: Survey, chosen: Fit) -> list[Shortfall]:
    """What the scenario lacks; nothing where that is not known."""
    facts = _facts(survey, chosen)
    if not scenario.needs.facts <= facts.keys():
        return []
    try:
        amounts = scenario.needs.amounts(scenario.defaults, scenario.role_name, facts)
    except NeedsError:  # a run, which knows all options, tells it
        return []
    found = [
        Shortfall(amount, survey.quotas[resource]) for resource, amount in amounts.items() if resource in survey.quotas
    ]
    return [one for one in found if one.quota.free is not None and one.needed > one.quota.free]


def _facts(survey: Survey, chosen: Fit) -> dict[str, Any]:
    """What needs may ask, as far as it is known."""
    lists = {"zones": survey.server_zones, "volume_zones": survey.volume_zones, "volume_types": survey.volume_types}
    found: dict[str, Any] = {name: list(names) for name, names in lists.items() if names is not None}
    if chosen.flavor is not None:
        larger = next_larger(survey.flavors or (), chosen.flavor) or chosen.flavor
        found |= {"flavor": figures(chosen.flavor), "larger_flavor": figures(larger)}
    return found
