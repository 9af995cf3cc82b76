"""Guests: from the order to the login, and how near what scenarios measure is to what is injected.

``python -m tests.bench guests`` for all parts, ``guests:login-16,bandwidth`` for some of them: login-1, login-4 and
login-16 (so many guests at once), round-trip, bandwidth. Each is bounded and prints what it has; where one fails, the
others are measured all the same. Needs root and the packages of `tox -e guests`. POCKETCLOUD_GUESTS_DIR=DIR uses the
cloud with guests that runs in DIR.
"""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from pocketcloud.cloud import Cloud
from stackprobe.results import Outcome

from tests.guests.scenarios.probing import GuestsRun, run_in_the_outside
from tests.support import packages
from tests.support.clouds import connect

#: How many guests at once, and how often that is done.
ROUNDS = {1: 3, 4: 3, 16: 1}
RUN_S = 400
"""The longest that one run takes, teardown included."""
#: What is added to the round trip (ms), and to what a guest is limited (Mbit/s); None: nothing is injected.
DELAYS_MS = (None, 5, 20, 100)
RATES_MBIT = ((None, 10), (50, 100))
ZONES = ("az1", "az2")
PINGS = 50
SENDS_S = 5
QUOTA = {"instances": 40, "cores": 40, "ram": 40 * 1024}
LOGIN = "Log in to the guest"


def main() -> None:
    """Print the figures; parts are named on the command line."""
    wanted = sys.argv[1:] or list(PARTS)
    if unknown := [name for name in wanted if name not in PARTS]:
        sys.exit(f"there is no part {unknown[0]}; there are {', '.join(PARTS)}")
    if absent := packages.missing("guests"):
        sys.exit(f"needs apt-get install {' '.join(absent)}")
    if os.geteuid() != 0:
        sys.exit("needs root, for network namespaces")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the cloud goes down on the way out
    failed = []
    with _cloud() as cloud, tempfile.TemporaryDirectory(prefix="bench-") as directory:
        bench = Bench(cloud, Path(directory))
        for name in wanted:
            load, began = _load(), time.monotonic()
            print(f"-- {name}", flush=True)
            try:
                PARTS[name](bench)
            except Exception as problem:  # whatever it is, the other parts are worth their time
                failed.append(name)
                print(f"{name} came to nothing: {type(problem).__name__}: {problem}", flush=True)
            print(
                f"{name}: {time.monotonic() - began:.0f} s; load of the machine, per processor: {load:.2f} before,"
                f" {_load():.2f} after",
                flush=True,
            )
    if failed:
        sys.exit(f"not measured to the end: {', '.join(failed)}")


class Incomplete(Exception):
    """A run did not find everything that is to be measured; what it has was printed."""


class Bench:
    """Runs of scenarios on one cloud."""

    def __init__(self, cloud: Cloud, directory: Path) -> None:
        self.cloud, self.directory, self.number = cloud, directory, 0

    def run(self, scenario: str, rules: Iterable[dict[str, Any]] = (), **options: Any) -> GuestsRun:
        """One scenario, with faults, within a time; it may have failed.

        :raises subprocess.TimeoutExpired: it did not even end itself.
        """
        self.number += 1
        self.cloud.faults(list(rules))
        try:
            run = run_in_the_outside(
                self.cloud,
                self.directory / str(self.number),
                [scenario],
                options={scenario: options},
                deadline_s=RUN_S,
                patience_s=RUN_S + 60,
            )
        finally:
            self.cloud.faults()
        if run.outcome(scenario) is not Outcome.PASSED:
            print(f"   {scenario} has {run.outcome(scenario)}: {'; '.join(run.messages(scenario))[:500]}", flush=True)
        return run

    def logins(self, guests: int) -> None:
        """From the request for a server to the login, each guest on its own clock."""
        scenario, options = ("guest_login", {}) if guests == 1 else ("server_batch_login", {"servers": guests})
        took: list[float] = []
        for _ in range(ROUNDS[guests]):
            run = self.run(scenario, access="direct", login_deadline=RUN_S / 2, boot_deadline=RUN_S / 2, **options)
            steps = [step for step in run.steps(scenario, LOGIN) if "since_ms" in step.figures]
            took += [step.figures["since_ms"] / 1000 for step in steps]
        print(f"{'guests at once':<16}{'from the order to the login, s: median':>40}{'p95':>8}{'max':>8}{'logins':>8}")
        if took:
            line = f"{guests:<16}{statistics.median(took):>40.2f}{_p95(took):>8.2f}{max(took):>8.2f}{len(took):>8}"
            print(line, flush=True)
        if len(took) < guests * ROUNDS[guests]:
            raise Incomplete(f"{guests * ROUNDS[guests] - len(took)} guests were not logged in to")

    def round_trips(self) -> None:
        """Round trips as east_west measures them: the first guest pings others, each as far away as was injected."""
        guests = {f"guest{number}": delay for number, delay in enumerate(DELAYS_MS, start=2)}
        rules = [
            {"packets": "delay", "name": f"-east_west-{name}$", "rtt_ms": delay}
            for name, delay in guests.items()
            if delay
        ]
        run = self.run("east_west", rules, guests=len(guests) + 1, networks=["10.98.0.0/24"], pings=PINGS)
        print(f"{'injected round trip, ms':<26}{'measured: min':>16}{'mean':>18}{'p95':>10}")
        base: dict[str, float] | None = None
        for name, delay in guests.items():
            figures = _measured(run, "east_west", "Ping the other guest", f"guest1_{name}")
            base = figures if base is None else base
            least, mean = (_above(figures[one], base[one], delay) for one in ("rtt_min_ms", "rtt_mean_ms"))
            print(f"{delay or 'nothing':<26}{least:>16}{mean:>18}{figures['rtt_p95_ms']:>10.2f}", flush=True)

    def bandwidths(self) -> None:
        """Bandwidth as network_throughput measures it: to one server after the other, each behind an injected rate."""
        print(f"{'injected rate, Mbit/s':<26}{'measured':>16}{'retransmits':>14}")
        for rates in RATES_MBIT:
            servers = dict(zip(ZONES, rates, strict=True))
            rules = [
                {"packets": "rate", "name": f"-network_throughput-{zone}$", "mbit": rate}
                for zone, rate in servers.items()
                if rate
            ]
            run = self.run("network_throughput", rules, zones=list(ZONES), seconds=SENDS_S)
            for zone, rate in servers.items():
                figures = _measured(run, "network_throughput", "Measure the throughput", f"{ZONES[0]}-{zone}")
                measured = figures["bandwidth_mbit"]
                shown = f"{measured:.1f}" + (f" ({measured / rate * 100 - 100:+.1f} %)" if rate else "")
                print(f"{rate or 'none':<26}{shown:>16}{figures['retransmits']:>14.0f}", flush=True)


PARTS: dict[str, Callable[[Bench], None]] = {
    **{f"login-{guests}": functools.partial(Bench.logins, guests=guests) for guests in ROUNDS},
    "round-trip": Bench.round_trips,
    "bandwidth": Bench.bandwidths,
}


def _measured(run: GuestsRun, scenario: str, step: str, zone: str) -> dict[str, float]:
    """The figures of a step.

    :raises Incomplete: it has none.
    """
    try:
        figures = run.figures(scenario, step, zone)
    except StopIteration:
        figures = {}
    if not figures:
        raise Incomplete(f"{scenario} has measured nothing from {zone}")
    return figures


def _load() -> float:
    """Of the last minute, per processor."""
    return os.getloadavg()[0] / (os.cpu_count() or 1)


@contextlib.contextmanager
def _cloud() -> Iterator[Cloud]:
    """A cloud with guests, in which a customer may have many."""
    with contextlib.ExitStack() as stack:
        if given := os.environ.get("POCKETCLOUD_GUESTS_DIR"):
            cloud = Cloud(given)
        else:
            cloud = Cloud(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-"))) / "cloud")
            started = time.monotonic()
            cloud.up(guests=True)
            stack.callback(cloud.down)
            print(f"a cloud with guests is up after {time.monotonic() - started:.1f} s", flush=True)
        admin = connect(cloud.clouds_yaml, "admin")
        project = admin.identity.find_project("demo")
        before = admin.compute.get_quota_set(project)
        admin.compute.update_quota_set(project, **QUOTA)
        stack.callback(admin.compute.update_quota_set, project, **{name: getattr(before, name) for name in QUOTA})
        yield cloud


def _above(measured_ms: float, base_ms: float, injected_ms: float | None) -> str:
    """A round trip, and by how much it is above the one without, less what was injected."""
    return f"{measured_ms:.2f}" + (f" ({measured_ms - base_ms - injected_ms:+.2f})" if injected_ms else "")


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]


if __name__ == "__main__":
    main()
