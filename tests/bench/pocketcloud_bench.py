"""Figures of the embedded cloud against its targets: `python tests/bench/pocketcloud_bench.py`.

Uses the installed services' venv (installs it first when it is missing, outside of what is measured) and a golden state
of its own, built anew. `--stress N` adds N clients at once, each with three lives of a server; any error is a failure.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openstack
from pocketcloud import cache, golden, processes, venv
from pocketcloud.cloud import Cloud
from pocketcloud.progress import Progress

MIB = 1 << 20
GOLDEN_LIMIT_S, UP_LIMIT_S, MEMORY_LIMIT_MIB = 60.0, 12.0, 1.2 * 1024


class Figures:
    """Prints figures and remembers whether one was over its target."""

    def __init__(self) -> None:
        self.over = False

    def show(self, name: str, value: float, unit: str, limit: float | None = None) -> None:
        """One line: the figure, and how it compares with its target if it has one."""
        verdict = ""
        if limit is not None:
            self.over |= value > limit
            verdict = f"target {limit:g} {unit}: {'PASS' if value <= limit else 'OVER TARGET'}"
        print(f"{name:<44} {value:>9.2f} {unit:<4} {verdict}", flush=True)


def seconds(action: Callable[[], Any]) -> float:
    """How long an action takes."""
    started = time.monotonic()
    action()
    return time.monotonic() - started


def connect(cloud: Cloud) -> Any:
    """A new client, as demo."""
    loader = openstack.config.OpenStackConfig(
        config_files=[str(cloud.clouds_yaml)], secure_files=[], vendor_files=[], load_envvars=False
    )
    return openstack.connection.Connection(config=loader.get_one(cloud="demo"))


def measure_golden(figures: Figures, place: Path) -> None:
    """Build the golden state in an empty cache that shares the venv."""
    with tempfile.TemporaryDirectory() as empty:
        before = os.environ.get("XDG_CACHE_HOME")
        os.environ["XDG_CACHE_HOME"] = empty
        try:
            took = seconds(lambda: golden.ensure(place, Progress(quiet=True)))
        finally:
            if before is None:
                del os.environ["XDG_CACHE_HOME"]
            else:
                os.environ["XDG_CACHE_HOME"] = before
    figures.show("golden state, after the installation", took, "s", GOLDEN_LIMIT_S)


def measure_calls(figures: Figures, cloud: Cloud) -> None:
    """Latencies of single calls of one client."""
    demo = connect(cloud)
    demo.authorize()
    calls: dict[str, Callable[[], Any]] = {
        "POST /v3/auth/tokens": lambda: connect(cloud).authorize(),
        "GET /v2.1/servers/detail": lambda: list(demo.compute.servers()),
        "GET /v2.0/networks": lambda: list(demo.network.networks()),
        "GET /v2/images": lambda: list(demo.image.images()),
        "GET /v3/volumes/detail": lambda: list(demo.block_storage.volumes()),
    }
    for name, call in calls.items():
        call()
        figures.show(f"{name}, median of 15", statistics.median(seconds(call) for _ in range(15)) * 1000, "ms")
    lives = [Life(demo, f"bench-{turn}") for turn in range(3)]
    for life in lives:
        life.run()
    for step in ("network", "server", "volume", "attach", "delete"):
        took = statistics.median(life.took[step] for life in lives)
        figures.show(f"{step} (see Life), median of 3", took, "s")


class Life:
    """A network, a server and a volume from birth to death."""

    def __init__(self, demo: Any, name: str) -> None:
        self.demo = demo
        self.name = name
        self.took: dict[str, float] = {}

    def run(self) -> None:
        """All of it; the times are in `took`."""
        for name in ("network", "server", "volume", "attach", "delete"):
            self.took[name] = seconds(getattr(self, f"_{name}"))

    def _network(self) -> None:
        self.net = self.demo.network.create_network(name=self.name)
        self.demo.network.create_subnet(network_id=self.net.id, ip_version=4, cidr="10.9.0.0/24")

    def _server(self) -> None:
        compute = self.demo.compute
        server = compute.create_server(
            name=self.name,
            image_id=self.demo.image.find_image("cirros").id,
            flavor_id=compute.find_flavor("m1.tiny").id,
            networks=[{"uuid": self.net.id}],
        )
        self.server = compute.wait_for_server(server, interval=0.1, wait=120)

    def _volume(self) -> None:
        self.volume = self.demo.block_storage.create_volume(size=1, name=self.name)
        self._volume_is("available")

    def _volume_is(self, status: str) -> None:
        self.demo.block_storage.wait_for_status(self.volume, status, interval=0.1, wait=60)

    def _attach(self) -> None:
        self.demo.compute.create_volume_attachment(self.server, volume_id=self.volume.id)
        self._volume_is("in-use")
        self.demo.compute.delete_volume_attachment(self.server, self.volume.id)
        self._volume_is("available")

    def _delete(self) -> None:
        self.demo.block_storage.delete_volume(self.volume)
        self.demo.compute.delete_server(self.server)
        self.demo.compute.wait_for_delete(self.server, interval=0.1, wait=60)
        self.demo.network.delete_network(self.net)


def stress(figures: Figures, cloud: Cloud, clients: int) -> None:
    """Several clients at once."""
    errors: list[str] = []

    def live(client: int) -> None:
        for turn in range(3):
            try:
                Life(connect(cloud), f"stress-{client}-{turn}").run()
            except Exception as error:
                errors.append(f"{type(error).__name__}: {error}"[:300])

    threads = [threading.Thread(target=live, args=(client,)) for client in range(clients)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    figures.show(f"{clients} clients at once, 3 lives each", time.monotonic() - started, "s")
    figures.show("their errors", len(errors), "", 0)
    for error in errors:
        print(f"  {error}")


def main() -> int:
    """Exit code 1 when a figure is over its target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stress", type=int, default=0, metavar="N")
    options = parser.parse_args()
    figures = Figures()
    # the targets are for a machine that has nothing else to do
    figures.show("load of the machine before, per processor", os.getloadavg()[0] / (os.cpu_count() or 1), "")
    place = venv.ensure(Progress())
    measure_golden(figures, place)
    golden.ensure(place, Progress())
    with tempfile.TemporaryDirectory() as directory:
        cloud = Cloud(Path(directory) / "cloud")
        try:
            times = []
            for _ in range(3):
                times.append(seconds(cloud.up))
                figures.show("warm up", times[-1], "s", UP_LIMIT_S)
                if len(times) < 3:
                    cloud.down()
            memory = cloud.status().memory
            figures.show("memory after the start, PSS", memory.pss_bytes / MIB, "MiB", MEMORY_LIMIT_MIB)
            figures.show("memory after the start, RSS", memory.rss_bytes / MIB, "MiB", MEMORY_LIMIT_MIB)
            measure_calls(figures, cloud)
            if options.stress:
                stress(figures, cloud, options.stress)
            memory = cloud.status().memory
            figures.show("memory after the work, PSS", memory.pss_bytes / MIB, "MiB", MEMORY_LIMIT_MIB)
            figures.show("memory after the work, RSS", memory.rss_bytes / MIB, "MiB", MEMORY_LIMIT_MIB)
        finally:
            figures.show("down", seconds(cloud.down), "s")
        assert processes.find(cloud.layout.root) == []
    print(f"cache: {cache.directory()}")
    return 1 if figures.over else 0


if __name__ == "__main__":
    sys.exit(main())
