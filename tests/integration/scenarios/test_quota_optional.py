"""The scenario ``quota`` on a cloud with all services."""

from __future__ import annotations

from collections.abc import Callable

from tests.integration.probing import Probed


def test_the_optional_services_tell_theirs(full_probe: Callable[..., Probed]) -> None:
    run = full_probe("quota")
    assert run.exit_code == 0, run.said
    checks = {check.name.split()[0] for step in run.scenario("quota").steps for check in step.checks}
    assert {step.zone for step in run.scenario("quota").steps} >= {
        "load-balancer",
        "dns",
        "key-manager",
        "shared-file-system",
    }
    assert {"zones", "recordsets", "shares", "share_gigabytes"} < checks
