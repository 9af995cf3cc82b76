"""What is wrong with a cloud, or with the user's place in it, is told with what to do."""

from __future__ import annotations

from typing import Any

import pytest
from stackprobe.quota import Quota
from stackprobe.scenarios import discover, roles_paths
from stackprobe.survey.fitting import fit
from stackprobe.survey.model import Flavor, Problem
from stackprobe.survey.problems import problems, told

from tests.support.surveys import survey

FOUND = discover(roles_paths())


def found(**changes: Any) -> list[Problem]:
    one = survey(**changes)
    return problems(one, fit(one), FOUND.values())


def test_nothing_is_wrong_with_a_cloud_that_has_everything() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("changes", "says", "remedy"),
    [
        ({"images": ()}, "no active image that boots", "upload"),
        ({"flavors": ()}, "sees no flavor", "operator"),
        ({"flavors": (Flavor("0", "diskless", 1, 64, 0),)}, "no flavor has a disk", "flavor with a disk"),
        ({"external_networks": ()}, "no external network", "share"),
        ({"cloud": {"roles": frozenset({"reader"})}}, "only the role reader", "role add"),
        ({"cloud": {"project": None}}, "for no project", "clouds.yaml"),
    ],
)
def test_what_is_lacking_is_told_with_its_remedy(changes: dict[str, Any], says: str, remedy: str) -> None:
    (problem,) = found(**changes)
    assert says in problem.message and remedy in problem.remedy
    assert not problem.cloud_fault


def test_a_service_that_gives_no_answer_is_told_once_and_whose_fault_it_is() -> None:
    silent = Problem("deadline passed", cloud_fault=True)
    (problem,) = found(flavors=None, server_zones=None, unanswered={"flavors": silent, "server_zones": silent})
    assert problem.cloud_fault
    assert told(problem) == (
        "Compute gives no answer about the flavors and the availability zones of servers: deadline passed. "
        "Look at this service; run `stackprobe init` again when it answers."
    )


def test_a_refusal_is_not_the_clouds_fault() -> None:
    (problem,) = found(volume_types=None, unanswered={"volume_types": Problem("refused", "get the role")})
    assert (problem.cloud_fault, problem.remedy) == (False, "get the role")


def test_a_quota_that_leaves_too_little_is_told_once_with_all_whom_it_stops() -> None:
    quotas = {"networks": Quota("networks", 1, 1), "routers": Quota("routers", None, 7)}
    (problem,) = found(quotas=quotas)
    assert problem.message.startswith("the project's quota of networks is 1, 1 of them used: ")
    assert "compute needs 1" in problem.message and "network needs 1" in problem.message
    assert "raise the quota" in problem.remedy and not problem.cloud_fault


def test_who_lacks_the_service_is_not_stopped_by_its_quota() -> None:
    assert found(quotas={"volumes": Quota("volumes", 0, 0)}, cloud={"services": frozenset({"identity"})}) == []
