"""The scenario ``security_groups`` in fair weather, in a project that opened its own group, and with faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from openstack.connection import Connection
from stackprobe.results import Outcome

from tests.integration.probing import Probed
from tests.integration.scenarios.network_season import SEASON
from tests.integration.scenarios.seasons import Season, Weather

NAME = "security_groups"
CLOSED = "Find the default group closed to the outside"
OF_DEFAULT = {
    "Find the default group",
    "List the rules of the default group",
    CLOSED,
    "Find that it carries the default group",
}


@pytest.fixture
def opened_default_group(demo: Connection) -> Iterator[None]:
    """The project lets everybody in to the web servers that name no group."""
    (group,) = demo.network.security_groups(name="default")
    rule = demo.network.create_security_group_rule(
        security_group_id=group.id, direction="ingress", protocol="tcp", port_range_min=80, port_range_max=80
    )
    yield
    demo.network.delete_security_group_rule(rule)


def test_everything_passes_on_a_cloud_that_works(calm: Callable[[Season], Probed]) -> None:
    steps = calm(SEASON).scenario(NAME).steps
    assert {step.outcome for step in steps} == {Outcome.PASSED}
    assert len({step.key for step in steps}) == 20
    assert not [step.name for step in steps if step.kind == "teardown"]


def test_a_project_that_opened_its_default_group_is_told_so_or_leaves_it_out(
    opened_default_group: None, probe: Callable[..., Probed]
) -> None:
    run = probe(NAME)
    assert run.bad_steps(NAME) == [(CLOSED, None)]
    assert "IPv4 tcp 80 80 any" in (run.step(NAME, CLOSED).message or "")
    run = probe(NAME, options={NAME: {"default_group": False}})
    assert run.exit_code == 0, run.said
    skipped = {step.name for step in run.scenario(NAME).steps if step.outcome is Outcome.SKIPPED}
    assert skipped == OF_DEFAULT


@pytest.mark.thorough
def test_with_the_credentials_of_an_operator_the_own_projects_group_is_looked_at(probe: Callable[..., Probed]) -> None:
    run = probe(NAME, cloud="admin")
    assert run.exit_code == 0, run.said


@pytest.mark.parametrize("what", SEASON.faults_of(NAME))
def test_a_fault_is_seen_at_its_step_and_nothing_is_left(what: str, weather: Weather) -> None:
    weather(SEASON, NAME, what)
