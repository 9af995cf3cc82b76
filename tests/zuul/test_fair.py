"""A fair day: everything passes, in each way in which the jobs can be set up."""

from __future__ import annotations

import json
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from openstack.connection import Connection
from pocketcloud.cloud import Cloud
from pocketgraphite import Graphite

from tests.support.clouds import inventory, settled_inventory
from tests.support.leaks import leaks
from tests.zuul.published import results, run_record
from tests.zuul.rig import Rig
from tests.zuul.rig.builds import Build
from tests.zuul.switch import Switch

SCENARIOS = {"compute", "endpoints", "identity", "image", "network", "volume"}


@pytest.fixture(scope="module")
def builds(rig: Rig, cloud: Cloud, admin: Connection) -> dict[str, Build]:
    """One build of each job of the tenant, side by side; nothing is left of them in the cloud."""
    cloud.faults()
    before = inventory(admin)
    assert rig.config_errors("fair") == []
    ended = rig.run("fair", timeout_s=900)
    assert settled_inventory(admin, before) == before
    return ended


@pytest.mark.parametrize("job", ["fair-all", "fair-old-ansible", "fair-newest-sdk"])
def test_passes_and_publishes_everything(builds: dict[str, Build], job: str) -> None:
    build = builds[job]

    assert build.result == "SUCCESS", build.console[-3000:]
    assert {name: one["metadata"]["type"] for name, one in build.artifacts.items() if "metadata" in one}.items() >= {
        ("Report", "stackprobe_report"),
        ("JUnit", "junit"),
        ("Journal", "stackprobe_journal"),
        ("Figures", "stackprobe_metrics"),
        ("Summary", "stackprobe_summary"),
    }
    assert b"<html" in build.fetch("Report")
    assert json.loads(build.fetch("Summary"))["outcome"] == "passed"
    assert results(build).outcome == "passed"


def test_the_console_shows_the_steps_of_each_scenario(builds: dict[str, Build]) -> None:
    console = builds["fair-all"].console

    assert "TASK [probe_compute : Start the server]" in console
    for scenario in SCENARIOS:
        assert f" | {scenario} | ok: passed" in console


def test_every_scenario_has_run(builds: dict[str, Build]) -> None:
    for job in ("fair-all", "fair-old-ansible"):
        assert {one.name for one in results(builds[job]).scenarios if one.outcome == "passed"} == SCENARIOS
    passed = {one.name for one in results(builds["fair-newest-sdk"]).scenarios if one.outcome == "passed"}
    assert passed == {"endpoints", "identity", "quota"}


def test_the_run_knows_its_build(builds: dict[str, Build], rig: Rig) -> None:
    build, record = builds["fair-all"], run_record(builds["fair-all"])

    assert record["ci"]["build_url"] == f"{rig.placeholders['ZUUL_URL']}/t/fair/build/{build.uuid}"
    assert (record["ci"]["pipeline"], record["ci"]["job"]) == ("manual", "fair-all")
    assert 0 < record["start_delay_ms"] < 600_000
    assert record["trigger_t"] is not None


def test_ansible_and_sdk_are_those_that_were_asked_for(builds: dict[str, Build]) -> None:
    old, new = run_record(builds["fair-old-ansible"]), run_record(builds["fair-newest-sdk"])

    assert (_version(old["ansible"]), _version(new["ansible"])) == ((2, 16), (2, 18))
    assert _version(old["openstacksdk"]) < (4, 15) <= _version(new["openstacksdk"])


def test_with_a_token_the_steps_that_need_the_password_are_skipped(builds: dict[str, Build]) -> None:
    identity = next(one for one in results(builds["fair-old-ansible"]).scenarios if one.name == "identity")
    skipped = [one for one in identity.steps if one.outcome == "skipped"]

    assert any("token" in one.message and "password" in one.message for one in skipped)
    assert "revoked" in builds["fair-old-ansible"].console


def test_the_figures_are_in_graphite(builds: dict[str, Build], graphite: Graphite) -> None:
    query = urlencode({"target": "stackprobe.embedded.RegionOne.run.{passed,start_delay_ms}", "from": "-1h"})
    with urlopen(f"{graphite.url}/render?{query}&format=json", timeout=20) as answer:
        series = {one["target"].rsplit(".", 1)[1]: one["datapoints"] for one in json.load(answer)}

    assert 1 in [value for value, _ in series["passed"]]
    delays = [value for value, _ in series["start_delay_ms"] if value is not None]
    assert delays == [pytest.approx(run_record(builds["fair-all"])["start_delay_ms"], rel=1e-6)]
    assert "undelivered.txt" not in str(builds["fair-all"].published())


def test_each_run_told_the_dead_mans_switch(builds: dict[str, Build], heartbeats: Switch) -> None:
    assert len(builds) == 3
    assert heartbeats.paths.count("/the-canary-in-the-address") == 3


def test_no_secret_is_published(builds: dict[str, Build], placeholders: dict[str, str]) -> None:
    secrets = [placeholders["CLOUD_PASSWORD"], "the-canary-of-another-cloud", "the-canary-in-the-address"]
    for build in builds.values():
        assert leaks(secrets, build.logs) == []
        assert leaks(["gAAAAA"], build.logs) == []


def test_a_leak_would_be_noticed(builds: dict[str, Build], tmp_path) -> None:
    (tmp_path / "log").write_text("and in base64 dGhlLWNhbmFyeS1vZi1hbm90aGVyLWNsb3Vk it is")
    assert leaks(["the-canary-of-another-cloud"], tmp_path) == [("log", "the-")]


def test_the_credentials_are_gone(builds: dict[str, Build], rig: Rig) -> None:
    for build in builds.values():
        assert "clouds.yaml" not in str(build.published())
        assert "removed" in build.console


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:2])


def test_leaves_nothing_in_the_home_directory_of_the_build(builds: dict[str, Build]) -> None:
    # Zuul makes a warning of each such file; those of all builds of an item come together
    assert [line for line in builds["fair-all"].warnings if "build home directory" in line] == []
