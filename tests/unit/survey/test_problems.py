"""What is wrong with a cloud, or with the user's place in it, is told with what to do."""

from __future__ import annotations

from typing import Any

import pytest
from stackprobe.survey.fitting import fit
from stackprobe.survey.model import Flavor, Problem
from stackprobe.survey.problems import problems, told

from tests.support.surveys import survey


def found(**changes: Any) -> list[Problem]:
    one = survey(**changes)
    return problems(one, fit(one))


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
