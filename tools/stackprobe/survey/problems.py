"""What is wrong with a cloud or with the user's place in it, told before anything is created."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stackprobe.errors import sentence
from stackprobe.scenarios import Scenario
from stackprobe.survey.fitting import Fit
from stackprobe.survey.headroom import shortfalls
from stackprobe.survey.model import Problem, Survey
from stackprobe.survey.questions import QUESTIONS, QUOTAS

_WORDS = {
    "flavors": "the flavors",
    "images": "the images",
    "external_networks": "the external networks",
    "server_zones": "the availability zones of servers",
    "volume_zones": "the availability zones of volumes",
    "volume_types": "the volume types",
}


def problems(survey: Survey, chosen: Fit, scenarios: Iterable[Scenario]) -> list[Problem]:
    """Everything that is wrong, what has no answer first.

    :param scenarios: those that are of interest.
    """
    return [*_unanswered(survey), *_lacking(survey, chosen), *_without_room(survey, chosen, scenarios)]


def _unanswered(survey: Survey) -> Iterator[Problem]:
    """One for each service: one that is down answers none of its questions."""
    asked: dict[str, list[str]] = {}
    for name in sorted(survey.unanswered):
        asked.setdefault(QUOTAS.get(name) or QUESTIONS[name][0], []).append(name)
    for service, names in asked.items():
        first = survey.unanswered[names[0]]
        about = " and ".join(_WORDS.get(name, "quotas") for name in names)
        remedy = first.remedy or "look at this service; run `stackprobe init` again when it answers"
        fault = any(survey.unanswered[name].cloud_fault for name in names)
        yield Problem(f"{service} gives no answer about {about}: {first.message}", remedy, fault)


def _lacking(survey: Survey, chosen: Fit) -> Iterator[Problem]:
    cloud = survey.cloud
    project = f"the project {cloud.project}" if cloud.project else "the token's scope"
    if cloud.project is None:
        yield Problem(
            "the token is for no project", "name one in the auth section of clouds.yaml: scenarios work in a project"
        )
    if cloud.is_reader:
        yield Problem(
            f"the user {cloud.user} has only the role reader in {project}: it may create nothing, no router either",
            "give it the role member there, as in `openstack role add --user USER --project PROJECT member`, "
            "and run `stackprobe init` again; meanwhile only scenarios that read can run",
        )
    if survey.images is not None and chosen.image is None:
        yield Problem(
            f"{project} sees no active image that boots, so no server can be made",
            "upload a small one or let the cloud's operator make one public, then run `stackprobe init` again",
        )
    if survey.flavors is not None and not survey.flavors:
        yield Problem(
            f"{project} sees no flavor, so no server can be made",
            "let the cloud's operator make one that the project may use, then run `stackprobe init` again",
        )
    elif survey.flavors and chosen.image and chosen.flavor is None:
        yield Problem(
            f"no flavor has a disk and memory that fit an image of {project}",
            "upload a smaller image, or ask for a flavor with a disk, then run `stackprobe init` again",
        )
    if survey.external_networks is not None and not survey.external_networks:
        yield Problem(
            f"{project} sees no external network: gateways and floating IPs are left out",
            "let the cloud's operator share one with the project, then run `stackprobe init` again",
        )


def _without_room(survey: Survey, chosen: Fit, scenarios: Iterable[Scenario]) -> Iterator[Problem]:
    """One for each resource of which the quota leaves too little, for those scenarios whose services there are."""
    lacking: dict[str, list[str]] = {}
    for scenario in scenarios:
        if set(scenario.services) <= survey.cloud.services:
            for one in shortfalls(scenario, survey, chosen):
                lacking.setdefault(one.quota.resource, []).append(f"{scenario.name} needs {one.needed}")
    for resource, needs in lacking.items():
        quota = survey.quotas[resource]
        used = f", {quota.used} of them used" if quota.used else ""
        yield Problem(
            f"the project's quota of {resource} is {quota.limit}{used}: {', '.join(needs)}",
            "raise the quota, or free what is used (`stackprobe sweep` removes what dead runs left), "
            "then run `stackprobe init` again",
        )


def told(problem: Problem) -> str:
    """A problem and its remedy as sentences."""
    return f"{sentence(problem.message)} {sentence(problem.remedy)}" if problem.remedy else sentence(problem.message)
