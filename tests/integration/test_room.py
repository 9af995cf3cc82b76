"""Scenarios side by side never run into the project's quota, and never ask more of a cloud than they may."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from openstack.connection import Connection
from pocketcloud.cloud import Cloud
from stackprobe.results import Outcome

from tests.integration.probing import Probed, run_probes

Probe = Callable[..., Probed]
NAMES = ("left", "middle", "right")
SCENARIO = """\
description: Somebody has a network for a while.
services: [network]
tags: [network]
needs: {networks: "{{ count | int }}"}
"""
DEFAULTS = """\
# How many networks it says that it needs.
probe_NAME_count: 1
# Whether it waits for what never comes.
probe_NAME_wait: false
"""
TASKS = """\
- name: Create the network
  probe_call:
    call: network.create_network
    args: {name: "{{ probe_name }}-net"}
    creates: network
  register: probe_NAME_net

- name: Look at it
  probe_wait:
    call: network.get_network
    args: ["{{ probe_NAME_net.result.id }}"]
    until: {name: "{{ 'never' if probe_NAME_wait | bool else probe_name ~ '-net' }}"}
    limit: 5

- name: Delete the network
  probe_delete:
    kind: network
    id: "{{ probe_NAME_net.result.id }}"
"""


@pytest.fixture(scope="module")
def roles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three scenarios of a network each."""
    folder = tmp_path_factory.mktemp("roles")
    for name in NAMES:
        for file, text in (("scenario", SCENARIO), ("defaults/main", DEFAULTS), ("tasks/main", TASKS)):
            path = folder / f"probe_{name}" / f"{file}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("---\n" + text.replace("NAME", name), encoding="utf-8")
    return folder


@pytest.fixture
def networks_left(admin: Connection, demo: Connection) -> Iterator[Callable[[int], None]]:
    """Call it with the number of networks for which the project's quota is to have room."""
    project = demo.current_project_id

    def leave(number: int) -> None:
        used = sum(1 for _ in admin.network.networks(project_id=project))
        admin.network.update_quota(project, networks=used + number)

    yield leave
    admin.network.delete_quota(project)


@pytest.fixture
def probe(
    cloud: Cloud, admin: Connection, roles: Path, faults: Callable[..., None], tmp_path: Path
) -> Callable[..., Probed]:
    """Call it with scenarios (and what else ``run_probes`` takes) for a run that must leave nothing."""

    def run(*scenarios: str, rules: list[dict[str, Any]] | None = None, **more: Any) -> Probed:
        before = {one.id for one in admin.network.networks()}
        faults(rules or [])
        done = run_probes(
            cloud.clouds_yaml, tmp_path / "run", scenarios, arguments=["--roles-path", str(roles)], **more
        )
        faults([])
        assert done.results.leftovers == 0
        assert {one.id for one in admin.network.networks()} == before
        return done

    return run


def records(run: Probed, type: str) -> list[dict[str, Any]]:
    lines = (run.output / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    return [one for one in map(json.loads, lines) if one["type"] == type]


def spans(run: Probed) -> list[tuple[float, float, str]]:
    """From when to when each scenario ran, in order."""
    begun = {one["scenario"]: one["t"] for one in records(run, "scenario_start")}
    return sorted((begun[one["scenario"]], one["t"], one["scenario"]) for one in records(run, "scenario_end"))


def one_after_the_other(run: Probed) -> bool:
    return all(earlier[1] <= later[0] for earlier, later in pairwise(spans(run)))


def test_what_does_not_fit_together_runs_one_after_the_other(
    probe: Probe, networks_left: Callable[[int], None]
) -> None:
    networks_left(1)
    run = probe(*NAMES)
    assert (run.exit_code, set(run.outcomes().values())) == (0, {Outcome.PASSED}), run.said
    assert one_after_the_other(run)
    assert [name for _, _, name in spans(run)] == list(NAMES)
    waited = {one["scenario"]: one["waited_ms"] for one in records(run, "scenario_start")}
    assert waited["right"] > waited["middle"] > 300
    assert all(scenario.duration_ms < waited["right"] for scenario in run.results.scenarios[1:])


def test_what_fits_runs_side_by_side(probe: Probe, networks_left: Callable[[int], None]) -> None:
    networks_left(5)  # what neutron is creating, it counts twice for a moment
    run = probe(*NAMES)
    assert (run.exit_code, set(run.outcomes().values())) == (0, {Outcome.PASSED}), run.said
    assert max(begin for begin, _, _ in spans(run)) < min(end for _, end, _ in spans(run))


def test_what_never_fits_is_an_error_that_creates_nothing_and_stops_nobody(
    probe: Probe, networks_left: Callable[[int], None]
) -> None:
    networks_left(2)
    run = probe(*NAMES, options={"left": {"count": 3}, "middle": {"count": -3}})
    assert run.exit_code == 2, run.said
    assert run.outcomes() == {"left": Outcome.ERROR, "middle": Outcome.ERROR, "right": Outcome.PASSED}
    (step,) = run.scenario("left").steps
    assert step.message == "no quota left for what the scenario needs: networks: 3 needed, 2 left"
    assert "raise the project's quota" in (step.remedy or "")
    (step,) = run.scenario("middle").steps
    assert step.message == "what it needs of networks ({{ count | int }}) is -3"
    assert {one["scenario"] for one in records(run, "call")} <= {"run", "right"}
    assert {one["scenario"] for one in records(run, "resource")} == {"right"}


@pytest.mark.thorough
def test_without_an_answer_about_quotas_everything_runs_and_the_report_says_so(probe: Probe) -> None:
    rules = [{"service": "neutron", "path": "/quotas/", "status": 500}]
    run = probe("left", "right", rules=rules)
    assert (run.exit_code, set(run.outcomes().values())) == (0, {Outcome.PASSED}), run.said
    (note,) = [one for one in records(run, "note") if "quotas" in one["message"]]
    assert note["level"] == "warning" and "the quotas of network are unknown" in note["message"]
    assert [one["status"] for one in records(run, "call") if "quota" in one["url"]] == [500]


@pytest.mark.thorough
def test_the_caps_of_the_configuration_are_kept(probe: Probe) -> None:
    cap = 4
    run = probe(*NAMES, parallel=1, requests_per_second=cap)
    assert (run.exit_code, set(run.outcomes().values())) == (0, {Outcome.PASSED}), run.said
    assert one_after_the_other(run)
    calls = sorted(records(run, "call"), key=lambda one: one["start_t"])
    starts = [one["start_t"] for one in calls]
    assert len(starts) > 2 * cap
    # what is measured is when a request went out, a moment after it was let go
    assert all(later - earlier > 0.8 for earlier, later in zip(starts, starts[cap:], strict=False))
    held_ms = sum(one["held_ms"] or 0.0 for one in calls)
    assert held_ms > 1000
    assert all(call["duration_ms"] < 5000 for call in calls)


def test_the_end_of_a_run_ends_the_waiting(probe: Probe, networks_left: Callable[[int], None]) -> None:
    networks_left(1)
    run = probe(
        "left",
        "right",
        options={"left": {"wait": True}},
        stop_when=lambda journal: '"step":"Look at it"' in journal and '"GET","url":"/v2.0/networks/{id}"' in journal,
    )
    assert run.outcomes()["right"] is Outcome.ERROR, run.said
    assert "unfinished: SIGTERM" in (run.scenario("right").message or "")
    assert not [one for one in records(run, "resource") if one["scenario"] == "right"]
