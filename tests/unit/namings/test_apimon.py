"""The naming apimon: the series that ApiMon's dashboards query, by openstacksdk's names, with statsd's aggregates."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from unittest import mock

import journals
import pytest
from journals import Journals
from openstack.compute.v2._proxy import Proxy as Compute
from openstack.object_store.v1._proxy import Proxy as ObjectStore
from openstack.orchestration.v1._proxy import Proxy as Orchestration
from stackprobe import namings
from stackprobe.engine import urls
from stackprobe.journal import read
from stackprobe.namings import apimon
from stackprobe.namings.statsd import Statsd
from stackprobe.results import Call, build

NAME = re.compile(r"stats\.(counters|timers)(\.[A-Za-z0-9_-]+)+")
PROJECT = "0123456789abcdef0123456789abcdef"


def figures(journal: Journals, tmp_path: Path) -> dict[str, float]:
    found = list(namings.points(build(read(journal.write(tmp_path))), ["apimon"]))
    assert all(NAME.fullmatch(name) for name, _ in found)
    assert len({name for name, _ in found}) == len(found), "a name stands twice"
    return dict(found)


def one(scenario: str = "compute", **fields: Any) -> Journals:
    journal = Journals(scenarios=[scenario])
    journal.run(environment="production", zone="eu-de", **fields)
    return journal


def closed(journal: Journals, outcome: str = "passed") -> Journals:
    scenario = journal.names[0]
    journal.add("scenario_end", scenario=scenario, outcome=outcome, duration_ms=1.0, message=None)
    journal.end(outcome)
    return journal


@pytest.mark.parametrize(
    ("service", "path"),
    [
        ("compute", "/v2.1/servers"),
        ("compute", "/v2.1/servers/detail"),
        ("compute", f"/v2.1/{PROJECT}/servers/detail?all=1"),
        ("compute", "/v2.1/servers/6f1b3a1e-6b1c-4a63-9df5-9d1f0d1f4a55"),
        ("compute", "/v2.1/servers/6f1b3a1e-6b1c-4a63-9df5-9d1f0d1f4a55/action"),
        ("compute", "/v2.1/servers/6f1b3a1e-6b1c-4a63-9df5-9d1f0d1f4a55/metadata/key1"),
        ("compute", "/v2.1/os-keypairs/stackprobe-0abc-key"),
        ("compute", "/v2.1/"),
        ("compute", "/"),
        ("network", "/v2.0/networks"),
        ("network", "/v2.0/security-group-rules/6f1b3a1e-6b1c-4a63-9df5-9d1f0d1f4a55"),
        ("network", "/v2.0/routers/6f1b3a1e-6b1c-4a63-9df5-9d1f0d1f4a55/add_router_interface"),
        ("image", "/v2/images/6f1b3a1e-6b1c-4a63-9df5-9d1f0d1f4a55/file"),
        ("block-storage", f"/v3/{PROJECT}/volumes/6f1b3a1e-6b1c-4a63-9df5-9d1f0d1f4a55"),
        ("block-storage", f"/v3/{PROJECT}/backups/detail"),
        ("identity", "/v3/auth/tokens"),
        ("identity", "/v3/auth/catalog"),
        ("object-store", f"/v1/AUTH_{PROJECT}"),
        ("object-store", f"/v1/AUTH_{PROJECT}/box"),
        ("object-store", f"/v1/AUTH_{PROJECT}/box/a/b"),
        ("orchestration", f"/v1/{PROJECT}/stacks"),
        ("orchestration", f"/v1/{PROJECT}/stacks/stackprobe-1/6f1b3a1e-6b1c-4a63-9df5-9d1f0d1f4a55"),
        ("orchestration", f"/v1/{PROJECT}/stacks/stackprobe-1/6f1b3a1e-6b1c-4a63-9df5-9d1f0d1f4a55/resources"),
    ],
)
def test_a_call_has_the_name_that_openstacksdk_gives_it(service: str, path: str) -> None:
    kind = {"object-store": ObjectStore, "orchestration": Orchestration}.get(service, Compute)
    theirs = kind(mock.Mock())._extract_name(f"https://cloud.example.org{path}", project_id=PROJECT)
    call = mock.Mock(spec=Call, service=service, url=urls.template(f"https://cloud.example.org{path}", service))
    assert "_".join(apimon.name_of(call)) == "_".join(theirs)


def test_no_id_becomes_a_name(tmp_path: Path) -> None:
    url = urls.template("https://cloud.example.org/v2/lbaas/pools/6f1b3a1e-6b1c-4a63-9df5-9d1f0d1f4a55/members")
    call = mock.Mock(spec=Call, service="load-balancer", url=url, resource="lbaas_pool_members")
    assert apimon.name_of(call) == ["lbaas_pool_members"]


def test_calls_are_counted_and_timed_as_openstacksdk_does(tmp_path: Path) -> None:
    journal = one()
    for status, duration_ms in ((202, 100.0), (202, 300.0), (503, 1000.5), (None, 2000.0)):
        journal.call(
            "compute", "Create", journal.seq, "compute", "POST", "servers", status=status, url="/v2.1/servers",
            duration_ms=duration_ms, error=None if status else "reset",
        )  # fmt: skip
    journal.step("compute", "Create")
    found = figures(closed(journal), tmp_path)
    root = "openstack.api.production.eu-de.compute.POST.servers"
    counted = {leaf: found[f"stats.counters.{root}.{leaf}.count"] for leaf in ("attempted", "failed", "over_1000")}
    assert counted == {"attempted": 4, "failed": 1, "over_1000": 1}
    assert found[f"stats.counters.{root}.202.count"] == 2 and found[f"stats.counters.{root}.503.count"] == 1
    assert found[f"stats.timers.{root}.202.mean"] == 200 and found[f"stats.timers.{root}.202.upper"] == 300
    assert found[f"stats.timers.{root}.503.upper"] == 1000.5
    assert not [name for name in found if ".None" in name or ("timers" in name and ".failed." in name)]


def test_the_first_authentication_is_reported_which_openstacksdk_leaves_out(tmp_path: Path) -> None:
    journal = one("identity")
    journals.authenticate(journal)
    journal.records[-2]["url"] = "/v3/auth/tokens"
    journal.step("identity", "Validate the token")
    found = figures(closed(journal), tmp_path)
    assert found["stats.counters.openstack.api.production.eu-de.identity.POST.tokens.201.count"] == 1
    assert found["stats.timers.apimon.metric.production.eu-de.get_token.passed.mean"] == 210
    assert not [name for name in found if "validate" in name], "ApiMon has no such metric"


def test_a_server_is_created_when_its_request_is_answered_and_it_is_active(tmp_path: Path) -> None:
    journal = one()
    for zone in ("az-1", "az-2"):
        journal.step("compute", "Create the server", duration_ms=900.0, zone=zone)
    for zone, outcome in (("az-1", "passed"), ("az-2", "failed")):
        journal.step("compute", "Wait until the server is active", "wait", 5000.0, zone=zone, outcome=outcome)
    found = figures(closed(journal, "failed"), tmp_path)
    root = "apimon.metric.production.eu-de.create_server"
    assert found[f"stats.timers.{root}.az-1.passed.mean"] == 5900
    assert found[f"stats.timers.{root}.az-2.failed.upper"] == 5900
    for zone, ended in (("az-1", "passed"), ("az-2", "failed")):
        counted = {n.split(".")[-2]: v for n, v in found.items() if n.startswith(f"stats.counters.{root}.{zone}")}
        assert counted["attempted"] == found[f"stats.counters.{root}.{zone}.{ended}.count"] == 1
    assert f"stats.counters.{root}.attempted.count" not in found


def test_what_the_probe_could_not_judge_is_no_failure(tmp_path: Path) -> None:
    journal = one("network")
    for outcome in ("passed", "failed", "error", "skipped"):
        journal.step("network", "Create the router", outcome=outcome)
    journal.step("network", "Create the router", starved=True, duration_ms=90_000.0)
    found = figures(closed(journal, "failed"), tmp_path)
    root = "apimon.metric.production.eu-de.create_router"
    leaves = ("attempted", "passed", "failed", "failedignored", "skipped")
    assert [found[f"stats.counters.{root}.{leaf}.count"] for leaf in leaves] == [5, 2, 1, 1, 1]
    assert found[f"stats.timers.{root}.passed.upper"] == 100, "the runner starved: that time is not the cloud's"


def test_tasks_that_name_their_metric_add_up_and_failures_that_are_handled_stay_failures(tmp_path: Path) -> None:
    journal = one()
    journal.step("compute", "Boot it", duration_ms=900.0, metrics=["create_server"], zone="az-1")
    journal.step("compute", "Look at it", duration_ms=100.0, metrics=["create_server"], zone="az-1")
    journal.step("compute", "Try that", metrics=["try"], handled="ignored")
    journal.step("compute", "Try this", metrics=["try"], handled="rescued")
    found = figures(closed(journal), tmp_path)
    root = "apimon.metric.production.eu-de"
    assert found[f"stats.timers.{root}.create_server.az-1.passed.upper"] == 1000
    assert found[f"stats.counters.{root}.create_server.az-1.attempted.count"] == 1
    assert found[f"stats.counters.{root}.try.failed.count"] == 1, "the worse of the two"


def test_a_task_is_a_part_of_each_metric_that_it_names(tmp_path: Path) -> None:
    journal = one()
    journal.step("compute", "Delete it", duration_ms=900.0, metrics=["delete_server", "delete_server_az1"])
    found = figures(closed(journal), tmp_path)
    root = "stats.timers.apimon.metric.production.eu-de"
    assert found[f"{root}.delete_server.passed.upper"] == found[f"{root}.delete_server_az1.passed.upper"] == 900


def test_a_task_that_names_no_metric_has_none(tmp_path: Path) -> None:
    journal = one()
    journal.step("compute", "Delete volume", kind="task")
    journal.step("compute", "Create Volume in AZs", kind="task")
    assert not [name for name in figures(closed(journal), tmp_path) if "volume" in name]


@pytest.mark.parametrize(
    ("service", "resource"),
    [
        ("object-store", "account"),
        ("object-store", "container"),
        ("object-store", "object"),
        ("compute", "servers_detail"),
        ("compute", "discovery"),
        ("network", "router_add_router_interface"),
        ("orchestration", "stack_resources"),
        ("identity", "tokens"),
    ],
)
def test_a_recorded_call_keeps_the_name_that_openstacksdk_gave_it(service: str, resource: str, tmp_path: Path) -> None:
    journal = one()
    journal.call("compute", "Boot it", 0, service, "GET", resource, url=resource, status=200)
    found = figures(closed(journal), tmp_path)
    assert found[f"stats.counters.openstack.api.production.eu-de.{service}.GET.{resource}.200.count"] == 1


def test_parity_with_the_metrics_of_apimons_playbooks() -> None:
    from stackprobe.namings.apimon_metrics import _metric
    from stackprobe.scenarios import discover, known, roles_paths

    found = known(discover(roles_paths())).scenarios
    metrics = {
        _metric(mock.Mock(scenario=name, key=key, metrics=()))
        for name, scenario in found.items()
        for key in scenario.steps().names
    }
    assert metrics >= {
        "create_server", "delete_server", "create_volume", "delete_volume", "create_volume_snapshot",
        "delete_volume_snapshot", "create_volume_backup", "delete_volume_backup", "restore_volume_backup",
        "image_upload", "image_delete", "get_token",
    }  # fmt: skip


def test_every_step_that_a_table_names_exists() -> None:
    from stackprobe.namings.apimon_metrics import _METRICS
    from stackprobe.scenarios import discover, known, roles_paths

    found = {name: one.steps().names for name, one in known(discover(roles_paths())).scenarios.items()}
    for scenario, key in _METRICS:
        wanted = found.values() if scenario == "*" else [found.get(scenario, {"authenticate": ""})]
        assert any(key in names for names in wanted), (scenario, key)


def test_watched_hosts_and_names_have_apimons_names(tmp_path: Path) -> None:
    journal = Journals(scenarios=["http_watch", "dns_resolve", "volume_types", "server_batch"])
    with mock.patch.object(Journals, "_story", lambda self, name: ("compute", [])):
        journal.run(environment="production", zone="eu-de")
    for scenario, name, zone, outcome, duration_ms in (
        ("http_watch", "Ask the address", "home.page", "passed", 20.0),
        ("http_watch", "Ask the address", "home.page", "failed", 40.0),
        ("dns_resolve", "Resolve the name", "www.example.org@ns1", "passed", 5.0),
        ("dns_resolve", "Resolve the name", "www.example.org@ns1", "failed", 9.0),
        ("volume_types", "Create the volume", "SSD", "passed", 100.0),
        ("volume_types", "Wait until the volume is available", "SSD", "passed", 100.0),
        ("server_batch", "Create the server", "server1", "passed", 10.0),
        ("server_batch", "Create the server", "server2", "passed", 30.0),
    ):
        journal.step(scenario, name, duration_ms=duration_ms, zone=zone, outcome=outcome)
    journal.end("failed")
    found = figures(journal, tmp_path)
    root = "apimon.metric.production.eu-de"
    assert found[f"stats.timers.{root}.curl.home_page.passed.mean"] == 20
    assert found[f"stats.timers.{root}.curl.home_page.failed.mean"] == 40
    assert found[f"stats.counters.{root}.curl.home_page.attempted.count"] == 2
    assert found[f"stats.timers.{root}.dns.ns1.www_example_org.mean"] == 5
    assert found[f"stats.timers.{root}.dns.ns1.www_example_org.failed.mean"] == 9
    assert found[f"stats.counters.{root}.dns.ns1.www_example_org.attempted.count"] == 2
    assert found[f"stats.timers.{root}.create_volume_SSD.passed.mean"] == 200
    assert found[f"stats.timers.{root}.create_server.passed.mean"] == 20
    assert found[f"stats.timers.{root}.create_server.passed.count"] == 2


def test_without_environment_and_zone_cloud_and_region_stand_there(tmp_path: Path) -> None:
    found = figures(journals.fair(["identity"]), tmp_path)
    assert all(".demo.RegionOne." in name for name in found)


@pytest.mark.parametrize(
    "text",
    ["", ".", "a.b", "../../etc", "a b\nc", "{a,b}*?[x]", "ünïcode", "x" * 500, "a;b=c", "\x00", "/", "v2"],
)
def test_no_text_can_break_a_name(text: str, tmp_path: Path) -> None:
    journal = journals.fair(["identity"])
    for record in journal.records:
        if record["type"] == "run":
            record.update(cloud=text, region=text, environment=text, zone=text)
        if record["type"] == "step":
            record.update(key="create_server", zone=text)
        if record["type"] == "call":
            record.update(service=text, method=text, url=text)
    found = figures(journal, tmp_path)
    assert found and all(len(part) <= 100 for name in found for part in name.split("."))


def test_an_aggregate_is_what_statsd_calls_so() -> None:
    statsd = Statsd()
    for duration_ms in (1, 2, 3, 4, 5, 6, 7, 8, 9, 100):
        statsd.time("t", duration_ms)
    statsd.count("c", 3)
    found = dict(statsd.written("stats"))
    leaves = ("count_90", "mean_90", "upper_90", "sum_90", "upper", "lower", "count", "count_ps", "mean", "median")
    assert [found[f"stats.timers.t.{leaf}"] for leaf in leaves] == [9, 5, 9, 45, 100, 1, 10, 1, 14.5, 5.5]
    assert (found["stats.counters.c.count"], found["stats.counters.c.rate"]) == (3, 0.3)
