"""Runs scenarios where a customer is: in the network namespace that reaches floating IPs."""

from __future__ import annotations

import json
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from openstack.connection import Connection
from pocketcloud.cloud import Cloud
from pocketcloud.guests.names import Names
from stackprobe.metricname import key_of
from stackprobe.results import Outcome, Step

from tests.integration.probing import Probed, run_probes
from tests.support.clouds import difference, inventory, settled_inventory

PATIENCE_S = 900.0
"""The longest that a run of all scenarios takes on a machine with other work."""

PARALLEL = 5
"""Scenarios side by side: as many as two processors boot guests for without making all of them slow."""


class GuestsRun(Probed):
    """A run that is over, with short ways to what it found."""

    def outcome(self, scenario: str) -> Outcome:
        """How a scenario ended."""
        return self.scenario(scenario).outcome

    def figures(self, scenario: str, step: str, zone: str | None = None) -> dict[str, float]:
        """What a step measured beside its time, by name."""
        return self.step(scenario, step, zone).figures

    def messages(self, scenario: str) -> list[str]:
        """What the steps of a scenario that went wrong say."""
        return [one.message or "" for one in self.scenario(scenario).bad_steps]

    def steps(self, scenario: str, name: str) -> list[Step]:
        """A step of a scenario in each of its zones."""
        return [one for one in self.scenario(scenario).steps if one.key == key_of(name)]

    def metrics(self, scenario: str) -> dict[str, float]:
        """Figures of a scenario as they go to Graphite, by their names from the scenario's on."""
        lines = (self.output / "metrics.txt").read_text(encoding="utf-8").splitlines()
        found = (line.split() for line in lines if f".{scenario}." in line)
        return {name.partition(f".{scenario}.")[2]: float(value) for name, value, _ in found}

    def wrong_cases(self, scenario: str) -> list[str]:
        """Names of the test cases of a scenario that junit.xml calls failures or errors."""
        suites = ET.parse(self.output / "junit.xml").getroot().iter("testsuite")
        cases = (case for suite in suites for case in suite.iter("testcase"))
        wrong = (one for one in cases if one.find("failure") is not None or one.find("error") is not None)
        return [str(one.get("name")) for one in wrong if str(one.get("classname")).endswith(f".{scenario}")]


def run_in_the_outside(
    cloud: Cloud, directory: Path, scenarios: Iterable[str], *, clouds_yaml: Path | None = None, **more: Any
) -> GuestsRun:
    """Run scenarios (and what else ``run_probes`` takes) from where floating IPs are reached.

    :param clouds_yaml: the one to use; None: the cloud's own.
    """
    inside = ("ip", "netns", "exec", cloud.outside)
    more = {"inside": inside, "patience_s": PATIENCE_S, "parallel": PARALLEL, **more}
    run = run_probes(clouds_yaml or cloud.clouds_yaml, directory, scenarios, **more)
    died = [one.stem for one in cloud.layout.run.glob("*.ended")]
    assert died == [], f"the cloud itself broke, see {cloud.layout.log}"
    return GuestsRun(**vars(run))


def guests_on_the_machine(cloud: Cloud) -> set[str]:
    """The namespaces of a cloud's guests, and of the machines of its load balancers."""
    prefixes = tuple(Names(cloud.layout.root).prefix + kind for kind in ("guest-", "balancer-"))
    listed = json.loads(
        subprocess.run(["ip", "-j", "netns"], capture_output=True, text=True, check=True).stdout or "[]"
    )
    return {one["name"] for one in listed if one["name"].startswith(prefixes)}


class World:
    """What there is in the cloud and on the machine, before and after a run."""

    def __init__(self, cloud: Cloud, admin: Connection) -> None:
        self.cloud, self.admin = cloud, admin
        self.before, self.guests = inventory(admin), guests_on_the_machine(cloud)

    def left(self) -> Mapping[str, Any]:
        """What is there and was not before, or the other way round, by kind; empty when all is as it was."""
        left: dict[str, Any] = {**difference(settled_inventory(self.admin, self.before), self.before)}
        if guests := guests_on_the_machine(self.cloud) ^ self.guests:
            left["guests"] = guests
        return left
