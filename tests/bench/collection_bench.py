"""The whole collection on a cloud with all services: side by side against one after the other, and what a run costs.

The first part comes twice: on the embedded cloud as it is, whose services share the runner's cores, and with answers as
slow as a real cloud's. The second part runs thirty scenarios at once, copies where the collection has fewer, under
quotas that let them, and looks at the memory of the run: that of its session and of Ansible with all its workers (RSS,
what they share counted in each).
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openstack
from pocketcloud.cloud import Cloud
from pocketcloud.services import ALL, HOST
from stackprobe import content, scenarios
from stackprobe.results import Results, from_directory

from tests.bench.measuring import Watched, judged, watch

AT_ONCE = 30
MEMORY_MIB = 400
DELAY_S = [0.2, 0.4]
UNLIMITED = {
    "compute": ("instances", "cores", "ram", "key_pairs", "server_groups"),
    "block_storage": ("volumes", "gigabytes", "snapshots", "backups", "backup_gigabytes"),
    "network": ("network", "subnet", "port", "router", "floatingip", "security_group", "security_group_rule"),
}


@dataclass(frozen=True)
class Ran:
    """A run, what it cost, and its journal."""

    cost: Watched
    results: Results
    calls: int
    waited: int

    @property
    def steps(self) -> int:
        return len(self.results.steps)


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        work = Path(directory)
        given = os.environ.get("POCKETCLOUD_DIR")
        cloud = Cloud(given or work / "cloud")
        if not given:
            cloud.up(extra=[ALL])
        try:
            _serial_and_parallel(cloud, work / "plain", "the embedded cloud as it is")
            cloud.faults([{"delay": DELAY_S}])
            delayed = f"every answer delayed by {DELAY_S[0]:g} to {DELAY_S[1]:g} s"
            _serial_and_parallel(cloud, work / "delayed", delayed)
            cloud.faults()
            _many(cloud, work)
        finally:
            cloud.faults()
            if not given:
                cloud.down()


def _serial_and_parallel(cloud: Cloud, work: Path, label: str) -> None:
    work.mkdir()
    parallel, serial = _run(cloud, work / "parallel"), _run(cloud, work / "serial", parallel=1)
    longest = max(parallel.results.scenarios, key=lambda one: one.duration_ms)
    print(f"-- the whole collection, {len(parallel.results.scenarios)} scenarios, quotas as they come, {label}")
    for way, run in (("side by side", parallel), ("one after the other", serial)):
        print(
            f"{way:<20} {run.cost.wall_s:6.1f} s wall, {run.cost.cpu_s:5.1f} s CPU of the runner, {run.steps} steps, "
            f"{run.cost.cpu_s / run.steps * 1000:.1f} ms CPU a step, {run.calls} API calls, "
            f"{run.cost.peak_mib:.0f} MiB, {run.waited} waited, {run.results.outcome}"
        )
        _bad(run.results)
    print(f"serial / parallel: {serial.cost.wall_s / parallel.cost.wall_s:.2f} x")
    print(f"longest scenario side by side: {longest.name}, {longest.duration_ms / 1000:.1f} s")


def _many(cloud: Cloud, work: Path) -> None:
    names, roles = _copies(work / "roles")
    _lift_quotas(cloud)
    try:
        run = _run(cloud, work / "many", names, roles)
    finally:
        _restore_quotas(cloud)
    print(f"-- {len(names)} scenarios at once, quotas lifted")
    print(
        f"{run.cost.wall_s:.1f} s wall, {run.steps} steps, {run.cost.cpu_s / run.steps * 1000:.1f} ms CPU a step, "
        f"{run.calls} API calls, {run.waited} waited, {run.results.outcome}"
    )
    _bad(run.results)
    print("at the peak: " + ", ".join(f"{name} {mib:.0f} MiB" for name, mib in run.cost.parts.items()))
    print(judged("memory of the run at its peak", run.cost.peak_mib, MEMORY_MIB, "MiB"))


def _run(
    cloud: Cloud, place: Path, names: Sequence[str] = (), roles: Path | None = None, parallel: int | None = None
) -> Ran:
    place.mkdir()
    config, output = place / "probes.yaml", place / "out"
    options = {name: {"servers": [_name_server(cloud)]} for name in [*names, "dns_zone"] if name.startswith("dns_zone")}
    settings: dict[str, Any] = {"options": options, **({"parallel": parallel} if parallel else {})}
    config.write_text(json.dumps(settings), encoding="utf-8")
    command = [sys.executable, "-m", "stackprobe", "run", "--cloud", "demo", "--config", str(config)]
    command += ["--output", str(output), *(["--roles-path", str(roles)] if roles else [])]
    command += [part for name in names for part in ("--scenario", name)]
    cost = watch(command, {"OS_CLIENT_CONFIG_FILE": str(cloud.clouds_yaml)})
    records = [json.loads(line) for line in (output / "journal.jsonl").read_text(encoding="utf-8").splitlines()]
    waited = [one for one in records if one["type"] == "scenario_start" and (one.get("waited_ms") or 0) > 1000]
    calls = sum(1 for one in records if one["type"] == "call")
    return Ran(cost, from_directory(output), calls, len(waited))


def _name_server(cloud: Cloud) -> str:
    """Where the cloud's name server is, which nobody else's resolver knows."""
    return next(f"{HOST}:{part.port}" for part in cloud.status().parts if part.name == "designate")


def _copies(folder: Path) -> tuple[list[str], Path]:
    """The names of thirty scenarios, and the folder of those that are copies."""
    folder.mkdir()
    everything = scenarios.discover([content.roles()])
    found = {name: one for name, one in everything.items() if not one.opt_in and "admin" not in one.tags}
    names = sorted(found)[:AT_ONCE]
    for number in range(AT_ONCE - len(names)):
        original = found[sorted(found)[number % len(found)]]
        copy = f"{original.role_name}_copy{number}"
        shutil.copytree(original.role, folder / copy)
        for file in (folder / copy).rglob("*.yaml"):
            file.write_text(
                file.read_text(encoding="utf-8").replace(f"{original.role_name}_", f"{copy}_"), encoding="utf-8"
            )
        names.append(copy.removeprefix("probe_"))
    return names, folder


def _admin(cloud: Cloud) -> tuple[openstack.connection.Connection, str]:
    def connect(name: str) -> openstack.connection.Connection:
        loader = openstack.config.OpenStackConfig(
            config_files=[str(cloud.clouds_yaml)], secure_files=[], vendor_files=[], load_envvars=False
        )
        return openstack.connection.Connection(config=loader.get_one(cloud=name))

    return connect("admin"), str(connect("demo").current_project_id)


def _lift_quotas(cloud: Cloud) -> None:
    admin, project = _admin(cloud)
    admin.compute.update_quota_set(project, **dict.fromkeys(UNLIMITED["compute"], -1))
    admin.block_storage.update_quota_set(project, **dict.fromkeys(UNLIMITED["block_storage"], -1))
    admin.network.put(f"/quotas/{project}", json={"quota": dict.fromkeys(UNLIMITED["network"], -1)})


def _restore_quotas(cloud: Cloud) -> None:
    admin, project = _admin(cloud)
    for service in ("compute", "block_storage"):
        getattr(admin, service).revert_quota_set(project)
    admin.network.delete_quota(project)


def _bad(results: Results) -> None:
    for step in results.steps:
        if step.outcome.is_bad:
            print(f"  {step.outcome}: {step.name}: {step.message}")


if __name__ == "__main__":
    main()
