"""A scenario whose service the cloud does not have is skipped, and says so."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from openstack.connection import Connection
from stackprobe.results import Outcome

from tests.integration.probing import Probed

SCENARIOS = {
    "object_store": "object-store",
    "secrets": "key-manager",
    "orchestration": "orchestration",
    "load_balancer": "load-balancer",
    "dns_zone": "dns",
    "shared_file_system": "shared-file-system",
}


def test_scenarios_of_absent_services_are_skipped(probe: Callable[..., Probed], admin: Connection) -> None:
    if set(SCENARIOS.values()) & {entry["type"] for entry in admin.service_catalog}:
        pytest.skip("this cloud has them")
    run = probe("identity", *SCENARIOS)
    assert run.exit_code == 0, run.said
    for scenario, service in SCENARIOS.items():
        assert run.outcomes()[scenario] is Outcome.SKIPPED
        (step,) = run.scenario(scenario).steps
        assert service in (step.message or "")
