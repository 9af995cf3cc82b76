"""What is deleted and never gone is failed, reported as left over, and swept when the cloud is well again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from openstack.connection import Connection
from pocketcloud.cloud import Cloud
from stackprobe.results import Outcome

from tests.integration.probing import run_probes
from tests.integration.scenarios.seasons import WITNESS
from tests.integration.scenarios.servers_season import HASTE, sweep
from tests.support.clouds import Rules, inventory, settled_inventory


def test_what_is_never_gone_is_reported_left_over_and_swept_later(
    cloud: Cloud, admin: Connection, faults: Callable[[Rules], None], tmp_path: Path
) -> None:
    before = inventory(admin)
    faults(
        [
            {"driver": "volume_delete", "name": "-volume-volume$", "stuck": True},
            {"driver": "server_delete", "name": "-server-az2$", "stuck": True},
        ]
    )
    options = {**HASTE, "compute": {**HASTE["compute"], "console": False, "snapshot": False, "resize": False}}
    run = run_probes(
        cloud.clouds_yaml,
        tmp_path / "run",
        ["volume", "compute", WITNESS],
        options=options,
        deadline_s=70,
        teardown_reserve_s=20,
    )
    assert run.outcomes() == {"volume": Outcome.FAILED, "compute": Outcome.FAILED, WITNESS: Outcome.PASSED}, run.said
    assert run.exit_code == 1
    assert run.bad_steps("volume") == [("Delete the volume", None), ("Tear down volume volume", None)]
    deletion = run.step("volume", "Delete the volume")
    assert (deletion.http_status, "status deleting" in (deletion.message or "")) == (200, True)
    assert run.bad_steps("compute")[:2] == [("Delete the server", "az2"), ("Tear down server server-az2", None)]
    assert "left over" in (run.step("compute", "Tear down server server-az2").message or "")
    left = {(one.scenario, one.kind) for one in run.results.resources if one.is_leftover}
    assert left == {("volume", "volume"), ("compute", "server"), ("compute", "subnet"), ("compute", "network")}
    assert run.results.leftovers == len(left)
    faults([])
    swept = sweep(run, cloud.clouds_yaml)
    assert swept.returncode == 0, swept.stdout
    assert settled_inventory(admin, before) == before
