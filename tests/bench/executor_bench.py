"""How many clouds one executor of Zuul carries: what a build costs it, on the genuine Zuul of the tests.

A build is compared with one that does nothing, which is Zuul's own share. CPU is that of the executor's process and of
everything that it started: sandbox, Ansible, installation of the helper, step engine; the cloud's is not in it. Builds
at once compete with the cloud for the machine, so that their duration says more about it than about them.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil
import yaml

from tests.zuul import surroundings
from tests.zuul.rig import Rig
from tests.zuul.rig.builds import Build
from tests.zuul.rig.tenants import Tenant

TENANT = "bench"
NOTHING = "nothing"
HOUR_S = 3600
#: The share of a core that may be used: the rest is for what comes all at once.
USABLE = 0.8
EVERY_S = 0.5
MIB = 1024 * 1024


@dataclass(frozen=True)
class Kind:
    """A kind of build: a job of ours (None: one that does nothing), which openstacksdk, how many of them at once."""

    name: str
    parent: str | None
    sdk: str = "executor"
    sizes: tuple[int, ...] = (1,)
    interval_s: int = HOUR_S


KINDS = (
    Kind(NOTHING, None),
    Kind("read-only", "stackprobe-read-only", sizes=(1, 4), interval_s=300),
    Kind("read-only-pinned", "stackprobe-read-only", "pinned", interval_s=300),
    Kind("life-cycles", "stackprobe-life-cycles", sizes=(1, 2), interval_s=900),
    Kind("all", "stackprobe-all"),
)
#: The templates of the collection, all of them: builds an hour by kind. A sweep a day weighs nothing.
TEMPLATES = {"read-only": 12, "life-cycles": 4, "all": 1}


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        folder = Path(directory, "tenant")
        with surroundings.everything(Path(directory)) as values:
            _write(folder)
            with Rig(values, [Tenant(TENANT, folder)]) as rig:
                if errors := rig.config_errors(TENANT):
                    raise RuntimeError("\n".join(errors))
                rig.run(TENANT, pipeline="manual-nothing-1", timeout_s=300)  # repositories are cloned once
                cpu_s = {(kind.name, size): _measure(rig, kind, size) for kind in KINDS for size in kind.sizes}
    _conclude({kind.name: cpu_s[kind.name, kind.sizes[0]] for kind in KINDS})


def _write(folder: Path) -> None:
    """The operator's repository: a job for each build that is to run at the same time as others, and a pipeline for
    each number of them."""
    auth = {
        "auth_url": "@CLOUD_AUTH_URL@",
        "username": "@CLOUD_USERNAME@",
        "password": "@CLOUD_PASSWORD@",
        "project_name": "@CLOUD_PROJECT@",
        "user_domain_name": "Default",
        "project_domain_name": "Default",
    }
    clouds = {"embedded": {"auth": auth, "region_name": "@CLOUD_REGION@"}}
    entries: list[dict[str, object]] = [{"secret": {"name": "embedded", "data": {"clouds": clouds}}}]
    pipelines: dict[str, object] = {}
    for kind in KINDS:
        names = [f"{kind.name}-{number}" for number in range(max(kind.sizes))]
        entries += [{"job": _job(kind, name)} for name in names]
        for size in kind.sizes:
            pipelines[f"manual-{kind.name}-{size}"] = {"jobs": names[:size]}
    entries.append({"project": pipelines})
    (folder / "zuul.d").mkdir(parents=True)
    (folder / "zuul.d" / "jobs.yaml").write_text(yaml.safe_dump(entries, sort_keys=False))
    (folder / "playbooks").mkdir()
    (folder / "playbooks" / "nothing.yaml").write_text("- hosts: localhost\n  gather_facts: false\n  tasks: []\n")


def _job(kind: Kind, name: str) -> dict[str, object]:
    if kind.parent is None:
        return {"name": name, "nodeset": {"nodes": []}, "run": "playbooks/nothing.yaml"}
    return {
        "name": name,
        "parent": kind.parent,
        "secrets": {"name": "probe_clouds", "secret": "embedded", "pass-to-parent": True},
        "vars": {"ensure_stackprobe_sdk": kind.sdk, "probe_settings": {"prefix": name.replace("-", "")}},
    }


def _measure(rig: Rig, kind: Kind, size: int) -> float:
    """Run so many builds at once and print what one of them cost; its CPU, in seconds."""
    pid = rig.executor.pid
    if pid is None:
        raise RuntimeError("the executor is not running")
    watch = _Watch(pid, rig.layout.builds)
    before_s, start = _cpu_s(pid), time.monotonic()
    with watch:
        builds = list(rig.run(TENANT, pipeline=f"manual-{kind.name}-{size}", timeout_s=1500).values())
    wall_s = time.monotonic() - start
    cpu_s = (_cpu_s(pid) - before_s) / size
    duration_s = statistics.median(build.duration_s or 0 for build in builds)
    print(
        f"{kind.name:<17} {size} at once: CPU {cpu_s:6.1f} s, takes {duration_s:5.0f} s, "
        f"memory {watch.memory / size / MIB:4.0f} MiB, disk {watch.disk / MIB:4.0f} MiB a build; "
        f"{size * HOUR_S / wall_s:4.0f} builds an hour; {_results(builds)}",
        flush=True,
    )
    return cpu_s


def _results(builds: Iterable[Build]) -> str:
    return ", ".join(sorted({build.result for build in builds}))


def _conclude(cpu_s: dict[str, float]) -> None:
    print(f"-- one core of the executor, {USABLE:.0%} of it used, carries")
    for kind in KINDS:
        if kind.parent:
            clouds = USABLE * kind.interval_s / cpu_s[kind.name]
            above = cpu_s[kind.name] / cpu_s[NOTHING]
            print(
                f"{kind.name:<17} every {kind.interval_s // 60:2d} min: {clouds:4.0f} clouds "
                f"({above:.1f} x the CPU of a build that does nothing)"
            )
    hourly_s = sum(builds * cpu_s[name] for name, builds in TEMPLATES.items())
    print(f"all templates together: {USABLE * HOUR_S / hourly_s:.0f} clouds ({hourly_s:.0f} s of CPU an hour each)")


def _cpu_s(pid: int) -> float:
    """CPU time of the executor and of all that it started and that has ended.

    The sandbox does not await what runs in it: that becomes a child of the executor's guard, which is a subreaper.
    """
    executor = psutil.Process(pid)
    guard = executor.parent()
    times = executor.cpu_times()
    own_s = times.user + times.system + times.children_user + times.children_system
    reaped = guard.cpu_times() if guard else None
    return own_s + (reaped.children_user + reaped.children_system if reaped else 0.0)


class _Watch:
    """Looks again and again at what builds take, while it is entered.

    :ivar memory: the most that the executor's descendants had above what they had before, in bytes (PSS).
    :ivar disk: the most that one build's directory had, in bytes.
    """

    def __init__(self, pid: int, builds: Path) -> None:
        self._process, self._builds = psutil.Process(pid), builds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.memory = self.disk = 0

    def __enter__(self) -> None:
        self._before = self._memory()
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(EVERY_S):
            self.memory = max(self.memory, self._memory() - self._before)
            self.disk = max([self.disk, *(_size(place) for place in self._builds.iterdir())])

    def _memory(self) -> int:
        total = 0
        for one in self._process.children(recursive=True):
            try:
                total += one.memory_full_info().pss
            except psutil.Error:
                continue
        return total


def _size(folder: Path) -> int:
    total = 0
    for place, _, files in os.walk(folder):
        for name in files:
            try:
                total += os.lstat(os.path.join(place, name)).st_blocks * 512
            except OSError:
                continue
    return total


if __name__ == "__main__":
    main()
