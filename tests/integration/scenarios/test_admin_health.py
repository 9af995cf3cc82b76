"""The scenario ``admin_health`` names what is down, tells it from what was disabled, and says who may not look."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from openstack.connection import Connection
from stackprobe.results import Outcome

from tests.integration.probing import Probed

NAME = "admin_health"
UP, DISABLED, THERE, LIST = (
    "Find it up",
    "Find nothing disabled",
    "Find what must be there",
    "List what there is",
)
LISTS = ("compute", "hypervisors", "block-storage", "network")
DEAD_AGENT = {
    "id": "0",
    "binary": "neutron-l3-agent",
    "host": "net-7",
    "alive": False,
    "admin_state_up": True,
    "heartbeat_timestamp": "2026-01-02 03:04:05",
}


@pytest.fixture
def look(probe: Callable[..., Probed]) -> Callable[..., Probed]:
    """Call it for a run with the administrator's credentials."""

    def run(*rules: dict[str, Any], **options: Any) -> Probed:
        return probe(NAME, cloud="admin", rules=list(rules), options={NAME: options})

    return run


def lie(service: str, path: str, **changes: Any) -> dict[str, Any]:
    """A list that is not as it is."""
    return {"service": service, "method": "GET", "path": path, "set": changes}


@pytest.fixture
def disabled_host(admin: Connection) -> Iterator[None]:
    """A host that the operator works on."""
    service = next(one for one in admin.compute.services() if one.host == "az2-host")
    admin.compute.disable_service(service, disabled_reason="new disks")
    yield
    admin.compute.enable_service(service)


def said(run: Probed, step: str, zone: str) -> str:
    return run.step(NAME, step, zone).message or ""


def test_everything_is_found_up_and_that_there_are_no_agents_is_told(look: Callable[..., Probed]) -> None:
    run = look(required={"compute": ["nova-compute", "nova-scheduler"], "block-storage": ["cinder-backup"]})
    assert run.exit_code == 0, run.said
    steps = [(step.name, step.outcome) for step in run.scenario(NAME).steps]
    passed = [(f"{name} [{zone}]", Outcome.PASSED) for zone in LISTS[:3] for name in (LIST, THERE, UP, DISABLED)]
    passed.remove((f"{THERE} [hypervisors]", Outcome.PASSED))
    network = [
        (f"{LIST} [network]", Outcome.PASSED),
        *((f"{one} [network]", Outcome.SKIPPED) for one in (UP, DISABLED)),
    ]
    assert steps == [*passed, *network]
    assert said(run, UP, "network") == "the cloud lists none"


def test_what_is_down_is_named_whatever_else_is_wrong(look: Callable[..., Probed]) -> None:
    run = look(
        lie("nova", "/os-services", **{"services.2.state": "down", "services.2.updated_at": "2026-01-02T03:04:05.0"}),
        lie("nova", "/os-hypervisors", **{"hypervisors.1.state": "down"}),
        lie("cinder", "/os-services", **{"services.*.state": "down"}),
        lie("neutron", "/agents", agents=[DEAD_AGENT]),
    )
    assert run.exit_code == 1
    assert run.bad_steps(NAME) == [(UP, zone) for zone in LISTS], run.said
    assert "['nova-compute on az1-host, last seen 2026-01-02T03:04:05.0']" in said(run, UP, "compute")
    assert "['fake on az2-host']" in said(run, UP, "hypervisors")
    assert "['neutron-l3-agent on net-7, last seen 2026-01-02 03:04:05']" in said(run, UP, "network")
    for named in ("cinder-volume on pocket@az1", "cinder-backup on pocket-az2", "cinder-scheduler on pocket"):
        assert named in said(run, UP, "block-storage")


def test_lists_that_fail_or_hang_or_are_empty_are_failed_each_by_itself(look: Callable[..., Probed]) -> None:
    run = look(
        {"service": "nova", "path": "/os-services", "status": 500},
        lie("nova", "/os-hypervisors", hypervisors=[]),
        {"service": "cinder", "path": "/os-services", "hang": "before"},
        deadline=4,
    )
    assert run.bad_steps(NAME) == [(LIST, zone) for zone in LISTS[:3]], run.said
    assert {run.step(NAME, LIST, zone).outcome for zone in LISTS[:3]} == {Outcome.FAILED}
    assert [run.step(NAME, LIST, zone).http_status for zone in LISTS[:3]] == [500, 200, None]
    assert run.step(NAME, LIST, "network").outcome is Outcome.PASSED


@pytest.mark.thorough
@pytest.mark.usefixtures("disabled_host")
def test_what_the_operator_has_disabled_is_named_and_failed_only_on_request(look: Callable[..., Probed]) -> None:
    down = lie("nova", "/os-services", **{"services.3.state": "down"})
    run = look(down)
    assert run.exit_code == 0, run.said
    assert run.step(NAME, DISABLED, "compute").outcome is Outcome.SKIPPED
    assert said(run, DISABLED, "compute") == "disabled by the operator: nova-compute on az2-host: new disks"
    assert said(run, DISABLED, "hypervisors") == "disabled by the operator: fake on az2-host: new disks"
    run = look(down, disabled_fails=True)
    assert run.bad_steps(NAME) == [(DISABLED, "compute"), (DISABLED, "hypervisors")]
    assert "['nova-compute on az2-host: new disks']" in said(run, DISABLED, "compute")


def test_what_must_be_there_and_is_not_is_failed(look: Callable[..., Probed]) -> None:
    run = look(required={"network": ["neutron-l3-agent"], "compute": ["nova-compute"]})
    assert run.exit_code == 1
    assert run.bad_steps(NAME) == [(THERE, "network")]


def test_a_customer_is_told_that_it_takes_an_administrator_and_the_cloud_is_not_blamed(
    probe: Callable[..., Probed],
) -> None:
    run = probe(NAME, options={NAME: {"required": {"network": ["neutron-l3-agent"]}}})
    assert run.exit_code == 2
    assert run.bad_steps(NAME) == [(LIST, "compute")]
    step = run.step(NAME, LIST, "compute")
    assert (step.outcome, step.http_status) == (Outcome.ERROR, 403)
    assert (step.remedy or "").startswith("give the user the role that this step needs")
