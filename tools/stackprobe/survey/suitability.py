"""Which scenarios a cloud can run for this user, and why not the others."""

from __future__ import annotations

from stackprobe.scenarios import Scenario
from stackprobe.survey.fitting import Fit
from stackprobe.survey.headroom import shortfalls
from stackprobe.survey.model import Survey


def reason_against(scenario: Scenario, survey: Survey, chosen: Fit) -> str | None:
    """Why the scenario would not pass, one clause; None: nothing is known against it.

    What the cloud did not answer is no reason: the run is to show it.
    """
    cloud = survey.cloud
    missing = sorted(set(scenario.services) - cloud.services)
    if missing:
        return f"the catalog has no service {', '.join(missing)}"
    if "admin" in scenario.tags and not cloud.is_admin:
        return "it is for administrators, and the user has not the role admin"
    if cloud.is_reader and scenario.creates and "read_only" not in scenario.tags:
        return "the user has only the role reader, which may create nothing"
    if "image" in scenario.options and survey.images is not None and chosen.image is None:
        return "the project sees no image that boots"
    known = survey.flavors is not None and (survey.images is not None or not survey.flavors)
    if "flavor" in scenario.options and known and chosen.flavor is None:
        return "the project sees no flavor with a disk that fits an image"
    if lacking := shortfalls(scenario, survey, chosen):
        return f"the project's quota has no room for it: {'; '.join(map(str, lacking))}"
    if not scenario.services and (empty := _to_fill(scenario)):
        return f"it watches nothing until its option {empty[0]} says what"
    return None


def _to_fill(scenario: Scenario) -> list[str]:
    """Options that list what to do, and are empty."""
    return [
        name
        for name, schema in scenario.options.items()
        if schema.get("default") == [] and (schema.get("items") or {}).get("required")
    ]
