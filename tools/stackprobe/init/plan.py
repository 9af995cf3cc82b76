"""What the files are going to say, made from what was found."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stackprobe.config.model import GUESTS
from stackprobe.scenarios import Scenario
from stackprobe.survey import Problem, Survey
from stackprobe.survey.fitting import Fit, fit
from stackprobe.survey.problems import problems
from stackprobe.survey.suitability import reason_against

_HARMLESS = re.compile(r"[\w .:+@()/&#,-]+")
"""Names that may stand in a configuration. Others could be templates to Ansible: anybody can publish an image."""


@dataclass(frozen=True)
class Plan:
    """What to write.

    :param scenarios: those that the cloud can run.
    :param left_out: the others, each with the reason.
    :param services: what the cloud must not lose: what the scenarios need.
    :param common: options of all scenarios that have one of the name.
    :param guests: those with guests run without being named.
    """

    survey: Survey
    chosen: Fit
    problems: tuple[Problem, ...]
    scenarios: tuple[Scenario, ...]
    left_out: tuple[tuple[Scenario, str], ...]
    services: tuple[str, ...]
    common: Mapping[str, Any]
    guests: bool = False

    @property
    def named(self) -> list[str]:
        """Names of the scenarios that the configuration must name."""
        return [one.name for one in self.scenarios if not (self.guests and GUESTS in one.tags)]

    @property
    def unfit_guests(self) -> list[str]:
        """Names of the scenarios with guests that the cloud cannot run, and that would run without being named."""
        return [one.name for one, _ in self.left_out if self.guests and GUESTS in one.tags]

    def settings(self) -> dict[str, Any]:
        """The configuration as data, as probes.yaml holds it."""
        cloud = self.survey.cloud
        own: dict[str, Any] = {"regions": [cloud.region]} if cloud.region else {}
        own["services"] = list(self.services)
        if self.guests:
            own["guests"] = True
        own["scenarios"] = {"names": self.named}
        if self.unfit_guests:
            own["scenarios"]["skip_names"] = self.unfit_guests
        if self.common:
            own["common"] = dict(self.common)
        return {"clouds": {cloud.name: own}}


def plan(survey: Survey, scenarios: Mapping[str, Scenario], guests: bool = False) -> Plan:
    """The plan for a cloud.

    :param guests: scenarios with guests are wanted.
    """
    chosen = fit(survey)
    running: list[Scenario] = []
    left_out: list[tuple[Scenario, str]] = []
    for _, scenario in sorted(scenarios.items()):
        reason = reason_against(scenario, survey, chosen)
        with_guests = GUESTS in scenario.tags
        if reason is None and scenario.opt_in and not (guests and with_guests):
            more = f", or all with guests by `{GUESTS}: true`" if with_guests else ""
            reason = f"it runs only when it is named: take it in if you want it{more}"
        if reason is None:
            running.append(scenario)
        else:
            left_out.append((scenario, reason))
    return Plan(
        survey,
        chosen,
        tuple(problems(survey, chosen, scenarios.values())),
        tuple(running),
        tuple(left_out),
        tuple(sorted({service for one in running for service in one.services})),
        _common({option for one in running for option in one.options}, survey, chosen),
        guests,
    )


def _common(used: set[str], survey: Survey, chosen: Fit) -> dict[str, Any]:
    """What is known of the options that many scenarios have.

    :param used: the options of all scenarios that run.
    """
    found: dict[str, Any] = {}
    if chosen.flavor:
        found["flavor"] = _reference(chosen.flavor, survey.flavors)
    if chosen.image:
        found["image"] = _reference(chosen.image, survey.images)
    if survey.external_networks is not None:
        found["external"] = _query(survey, chosen)
    return {name: value for name, value in found.items() if name in used}


def _query(survey: Survey, chosen: Fit) -> dict[str, str]:
    if chosen.external is None:
        return {}
    reference = _reference(chosen.external, survey.external_networks)
    return {"name" if reference == chosen.external.name else "id": reference}


def _reference(one: Any, others: Any) -> str:
    """A name, which outlives a rotation of images; the id where the name is not the only one, or no name for a file."""
    names = [other.name for other in others or ()]
    good = names.count(one.name) == 1 and _HARMLESS.fullmatch(one.name) and one.name.strip() == one.name
    return str(one.name if good else one.id)
