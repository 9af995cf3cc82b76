"""Builds that are ended from outside: each leaves a report or an alarm, and after a sweep nothing in the cloud."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from openstack.connection import Connection
from pocketgraphite import Graphite

from tests.support.clouds import Inventory, Rules, inventory, settled_inventory
from tests.zuul.published import results
from tests.zuul.rig import Rig
from tests.zuul.rig.builds import Item, Running
from tests.zuul.rig.processes import wait_for

STUCK: Rules = [{"driver": "spawn", "name": "^cut-", "stuck": True}]
TENANT = "interrupted"


@pytest.fixture
def before(admin: Connection, faults: Callable[[Rules], None]) -> Iterator[Inventory]:
    """The cloud's inventory before; from now on, servers of these builds never become active."""
    found = inventory(admin)
    faults(STUCK)
    yield found


def test_a_timeout_leaves_a_report_and_no_leftovers(rig: Rig, admin: Connection, before: Inventory) -> None:
    build = rig.run(TENANT, pipeline="manual-timeout", timeout_s=400)["cut-by-timeout"]

    assert build.result == "TIMED_OUT"
    found = results(build)
    assert (found.outcome, found.finished) == ("error", False)
    assert "server" in (build.logs / "stackprobe" / "sweep.json").read_text()
    assert any(line.startswith("unfinished") for line in build.warnings)
    assert "revoked" in build.console and "credentials/clouds.yaml" in build.console
    assert settled_inventory(admin, before) == before


@pytest.mark.thorough
def test_an_abort_leaves_figures_and_no_leftovers(
    rig: Rig, admin: Connection, before: Inventory, graphite: Graphite
) -> None:
    item = rig.enqueue(TENANT, pipeline="manual-abort")
    _until_a_server_starts(rig, item, "cut-by-abort", admin, before)
    errors = _sum_of(graphite, "cut.embedded.RegionOne.run.error")

    rig.dequeue(item)

    assert rig.wait(item, timeout_s=400)["cut-by-abort"].result in ("ABORTED", "CANCELED")
    assert settled_inventory(admin, before, 60.0) == before
    wait_for("the figures arrive", lambda: _sum_of(graphite, "cut.embedded.RegionOne.run.error") > errors, 60)


@pytest.mark.thorough
def test_a_killed_step_engine_is_an_error_of_the_probe(rig: Rig, admin: Connection, before: Inventory) -> None:
    item = rig.enqueue(TENANT, pipeline="manual-session")
    _until_a_server_starts(rig, item, "cut-by-session", admin, before)

    _kill_session(rig)

    build = rig.wait(item, timeout_s=400)["cut-by-session"]
    assert build.result == "POST_FAILURE", build.console[-3000:]
    assert "The probe could not judge the cloud" in build.console
    assert "report.html" in str(build.published())
    assert settled_inventory(admin, before) == before


@pytest.mark.thorough
def test_a_killed_executor_leaves_nothing_after_the_next_sweep(
    rig: Rig, admin: Connection, before: Inventory, faults: Callable[[Rules], None]
) -> None:
    item = rig.enqueue(TENANT, pipeline="manual-executor")
    _until_a_server_starts(rig, item, "cut-by-executor", admin, before)
    started = time.monotonic()

    rig.executor.kill()
    faults([])
    rig.executor.start()
    rig.executor.await_ready()

    # Zuul itself runs a build again whose executor is gone, whatever `attempts` says
    build = rig.wait(item, timeout_s=400)["cut-by-executor"]
    assert build.result in ("SUCCESS", "RETRY_LIMIT"), build.message
    time.sleep(max(0.0, 31 - (time.monotonic() - started)))  # as old as the sweep asks for
    sweep = rig.run(TENANT, pipeline="manual-sweep", timeout_s=400)["cut-sweep"]
    assert sweep.result == "SUCCESS", sweep.console[-3000:]
    assert settled_inventory(admin, before) == before


def test_a_helper_that_cannot_be_installed_has_a_result_of_its_own(rig: Rig, before: Inventory) -> None:
    build = rig.run(TENANT, pipeline="manual-start", timeout_s=400)["cut-before-start"]

    assert build.result == "RETRY_LIMIT"
    assert "no such option: --no-such-option" in build.console
    assert any("the helper could not be installed" in line for line in build.warnings)


def _until_a_server_starts(rig: Rig, item: Item, job: str, admin: Connection, before: Inventory) -> Running:
    running = rig.running_build(item, job, 300)

    def starts() -> bool:
        return any(one.id not in before["servers"] for one in admin.compute.servers(all_projects=True))

    wait_for("a server starts", starts, 300)
    return running


def _kill_session(rig: Rig) -> None:
    killed = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (place / "cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
        if arguments[0].startswith(str(rig.layout.builds)) and "session" in arguments[:5]:
            os.kill(int(place.name), signal.SIGKILL)
            killed.append(place.name)
    assert killed


def _sum_of(graphite: Graphite, metric: str) -> float:
    query = urlencode({"target": metric, "from": "-1h", "format": "json"})
    with urlopen(f"{graphite.url}/render?{query}", timeout=20) as answer:
        series: list[dict[str, Any]] = json.load(answer)
    return sum(value or 0 for one in series for value, _ in one["datapoints"])
