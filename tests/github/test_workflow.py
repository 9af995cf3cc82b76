"""The shipped workflow and action, step by step as a runner takes them, on a genuine OpenStack."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import junitparser
import pytest
import yaml
from openstack.connection import Connection
from pocketcloud.cloud import Cloud
from pocketgraphite import down, up
from stackprobe.results import Outcome, from_directory

from tests.github.clouds import COMMIT, NAME, Repository, password, secret
from tests.github.operating import ARTIFACT, JOB, Runs, only, said, task_of
from tests.github.runner import Expressions, Interruption
from tests.support.clouds import Rules, inventory, settled_inventory
from tests.support.leaks import leaks
from tests.support.thorough import daily

FILES = {"journal.jsonl", "junit.xml", "report.html", "summary.md", "summary.json", "metrics.txt", "junit-reports"}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The machine of all runs of this module."""
    return tmp_path_factory.mktemp("machine")


@pytest.fixture
def runs(root: Path, tmp_path: Path, expressions: Expressions, cloud: Cloud) -> Runs:
    return Runs(root, Repository(tmp_path / "monitoring"), expressions, cloud)


@pytest.fixture
def untouched(cloud: Cloud, admin: Connection) -> Iterator[None]:
    """The test leaves the cloud as it was."""
    cloud.faults()
    before = inventory(admin)
    yield
    cloud.faults()
    assert settled_inventory(admin, before) == before


@pytest.mark.usefixtures("untouched")
def test_from_one_workflow_and_one_secret_to_a_judged_cloud(runs: Runs) -> None:
    before = time.time()
    run = runs()
    assert (said(run), run.conclusion) == ([], "success")
    assert [job.name for job in run.jobs] == ["probe / Plan", JOB]
    job = run.job(JOB)
    assert job.concurrency == {"group": f"stackprobe/{NAME}/", "cancel-in-progress": False}
    assert job.timeout_minutes == 45

    report = run.artifacts / ARTIFACT
    assert {file.name for file in report.iterdir()} >= FILES
    results = from_directory(report)
    assert results.outcome is Outcome.PASSED and len(results.scenarios) >= 6
    assert results.ci["system"] == "github" and "/operator/monitoring/actions/runs/" in results.ci["build_url"]

    assert results.trigger_t is not None and results.start_delay_ms is not None
    due = time.gmtime(results.trigger_t)
    assert due.tm_min in (7, 22, 37, 52) and due.tm_sec == 0
    assert before - 900 < results.trigger_t <= time.time() and results.start_delay_ms > 0
    assert re.search(r"due \d{4}-\d\d-\d\d \d\d:\d\d:00 UTC, begun .+ later", job.summary)
    assert json.loads((report / "summary.json").read_text())["start_delay_ms"] == pytest.approx(
        results.start_delay_ms, abs=1
    )

    page = job.summary
    assert page.startswith(f"## ✅ {NAME} / RegionOne – passed") and "***" not in page
    (reports,) = (report / "junit-reports").glob("TEST-*.xml")
    suites = list(junitparser.JUnitXml.fromfile(str(reports)))
    assert {suite.name for suite in suites} >= {"identity", "network", "compute"}

    hidden = [line for line in run.raw.splitlines() if not line.startswith("::add-mask::")]
    assert password(runs.secret) not in "\n".join(hidden)
    assert leaks([password(runs.secret)], report) == []
    assert any(line.startswith("::add-mask::") for line in run.raw.splitlines())
    assert password(runs.secret) not in run.log
    for step in (step for top in job.steps for step in top.walk()):
        knows = password(runs.secret) in "".join(step.environment.values())
        assert knows is (step.name == "Log in"), f"{step.name}: the secret is for one step only"


@pytest.mark.usefixtures("untouched")
def test_the_clouds_fault_is_red_and_points_at_the_step(runs: Runs, faults: Callable[[Rules], None]) -> None:
    runs.repository.inputs |= {"scenarios": "network, image"}
    trick = "\n::error title=injected::x\n##[error]injected\n::stop-commands::injected\n"
    faults([{"service": "neutron", "method": "POST", "path": "/routers$", "status": 500, "body": trick}])
    run = runs()
    job = run.job(JOB)
    assert run.conclusion == "failure"
    assert (job.step("probe").outcome, job.step("probe").exit_code) == ("failure", 1)
    assert job.step("Publish the report").outcome == "success"

    found = said(job)
    assert not any("injected" in one.title for one in found), "a cloud's answer was taken as a command"
    first = found[0]
    assert (first.level, first.title) == ("error", "The cloud failed – network, Create the router")
    assert (first.file, first.line) == task_of("probe_network", "Create the router")
    assert "500" in first.message
    assert {one.title.partition(" – ")[0] for one in found if one.level == "error"} == {"The cloud failed"}

    page = job.summary
    assert page.startswith(f"## ❌ {NAME} / RegionOne – failed")
    assert page.index("Create the router") < page.index("| Scenario |")
    results = from_directory(run.artifacts / ARTIFACT)
    assert {one.name: one.outcome for one in results.scenarios} == {
        "image": Outcome.PASSED,
        "network": Outcome.FAILED,
    }


@pytest.mark.thorough
@pytest.mark.usefixtures("untouched")
def test_what_the_probe_cannot_judge_is_red_and_not_the_clouds_fault(runs: Runs, cloud: Cloud) -> None:
    run = runs(secrets={"CLOUDS_YAML": secret(cloud, password="wrong-password-1")})
    job = run.job(JOB)
    assert run.conclusion == "failure"
    assert job.step("probe").exit_code == 2
    errors = [one for one in said(job) if one.level == "error"]
    assert errors and all(one.title.startswith("The probe could not judge") for one in errors)
    assert "401" in errors[0].message or "refuse" in errors[0].message
    assert job.summary.startswith(f"## ⚠️ {NAME} / RegionOne – error")
    assert "wrong-password-1" not in job.summary + run.log
    assert from_directory(run.artifacts / ARTIFACT).outcome is Outcome.ERROR
    assert "Remove what dead runs have left" not in job.log, "the sweep would be refused too"


@pytest.mark.parametrize("kind", daily(["cancel", "kill"], [1]))
@pytest.mark.usefixtures("untouched")
def test_a_run_that_is_ended_is_reported_and_leaves_nothing(
    runs: Runs, faults: Callable[[Rules], None], kind: Any
) -> None:
    runs.repository.inputs |= {"scenarios": "network"}
    faults([{"service": "neutron", "method": "DELETE", "delay": 8, "times": 2}])  # no teardown within ten seconds
    run = runs(Interruption(r"network +passed .*Create the router$", kind))
    job = run.job(JOB)
    assert run.conclusion == {"cancel": "cancelled", "kill": "failure"}[kind]
    results = from_directory(run.artifacts / ARTIFACT)
    assert results.outcome is not Outcome.PASSED
    assert f"{NAME} / RegionOne – {results.outcome}" in job.summary
    assert any(one.level == "warning" and one.message.startswith(("ended early", "unfinished")) for one in said(job))
    assert job.step("finish").outcome == "success" and "Remove what dead runs have left" in job.log
    if kind == "cancel":
        assert [name for name, _ in job.step("probe").signals] == ["SIGINT", "SIGTERM", "SIGKILL"]


@pytest.mark.thorough
@pytest.mark.usefixtures("untouched")
def test_a_cancelled_run_that_is_quick_enough_leaves_nothing_by_itself(runs: Runs) -> None:
    runs.repository.inputs |= {"scenarios": "network", "sweep": "false"}
    run = runs(Interruption(r"network +passed .*Create the network$"))
    job = run.job(JOB)
    assert run.conclusion == "cancelled" and from_directory(run.artifacts / ARTIFACT).finished
    assert [name for name, _ in job.step("probe").signals][:1] == ["SIGINT"]
    assert any("SIGINT" in one.message for one in said(job)) and "Remove what dead runs have left" not in job.log


@pytest.mark.usefixtures("untouched")
def test_what_graphite_missed_travels_to_the_next_run(
    runs: Runs, tmp_path: Path, faults: Callable[[Rules], None]
) -> None:
    graphite = up(tmp_path / "graphite", retentions="1s:1h")
    try:
        runs.repository.inputs |= {"scenarios": "identity", "graphite": graphite.carbon, "graphite-url": graphite.url}
        graphite.stop("carbon")
        first = runs()
        assert first.conclusion == "success", "that Graphite is away is not the cloud's fault"
        (warning,) = said(first)
        assert warning.level == "warning" and "could not be delivered" in warning.message
        assert "could not be delivered" in first.job(JOB).summary
        waiting = [key for key in runs.kept if key.startswith("stackprobe-spool/")]
        assert len(waiting) == 1

        graphite.start("carbon")
        second = runs()
        assert said(second) == []
        for run in (first, second):
            lines = (run.artifacts / ARTIFACT / "metrics.txt").read_text().splitlines()
            heartbeat = next(line.split() for line in lines if ".run.heartbeat " in line)
            t = int(heartbeat[2])
            assert (t, 1.0) in [tuple(point) for point in graphite.render([heartbeat[0]], t - 2, t + 2)[heartbeat[0]]]

        kept = len(runs.kept)
        assert said(runs()) == []
        assert len(runs.kept) == kept, "nothing waits, so nothing is kept"
    finally:
        down(tmp_path / "graphite")


@pytest.mark.usefixtures("untouched")
def test_every_cloud_of_the_configuration_has_a_job_and_none_ends_the_others(runs: Runs) -> None:
    runs.repository.inputs = {"tags": "read_only"}
    runs.repository.add(
        "probes.yaml",
        yaml.safe_dump({"clouds": {"gone": {}, NAME: {"regions": ["RegionOne"], "services": ["no-such"]}}}),
    )
    run = runs()
    one, other = run.job("probe / gone"), run.job(f"probe / {NAME} / RegionOne")
    assert (one.conclusion, other.conclusion) == ("failure", "failure")
    assert "the secret has no cloud `gone`" in said(one)[0].message
    assert said(other)[0].title.startswith("The cloud failed") and "no-such" in said(other)[0].message
    assert sorted(path.name for path in run.artifacts.iterdir()) == [f"{ARTIFACT}@RegionOne"]
    assert one.concurrency != other.concurrency


@pytest.mark.thorough
@pytest.mark.usefixtures("untouched")
def test_an_own_scenario_is_pointed_at_in_the_operators_repository(runs: Runs) -> None:
    runs.repository.inputs |= {"roles-path": "probes/roles", "scenarios": "mine"}
    runs.repository.add("probes/roles/probe_mine/scenario.yaml", "description: Mine\nservices: [image]\n")
    task = "- name: Find what is not there\n  probe_call:\n    call: image.get_image\n    args: ['no-such']\n"
    runs.repository.add("probes/roles/probe_mine/tasks/main.yaml", f"---\n{task}")
    errors = [one for one in said(runs()) if one.level == "error"]
    assert errors and (errors[0].file, errors[0].line) == ("probes/roles/probe_mine/tasks/main.yaml", "2")


@pytest.mark.usefixtures("untouched")
def test_with_a_token_the_password_is_gone_before_the_first_step_and_the_token_after_the_last(runs: Runs) -> None:
    runs.repository.inputs |= {"credentials": "token", "scenarios": "image"}
    run = runs(attempt=2)
    assert run.conclusion == "success"
    assert from_directory(run.artifacts / ARTIFACT).trigger_t is None, "it is repeated: it was due long ago"
    assert "revoked the token" in run.log
    masks = re.findall(r"::add-mask::(gAAAA\S+)", run.raw)
    assert masks, "the token is named to the runner"
    rest = "\n".join(line for line in run.raw.splitlines() if not line.startswith("::add-mask::"))
    assert masks[0] not in rest and leaks(masks[:1], run.artifacts) == []


@pytest.mark.thorough
@pytest.mark.usefixtures("untouched")
def test_a_keystone_that_gives_no_token_is_the_clouds_fault_and_the_password_stays(
    runs: Runs, faults: Callable[[Rules], None]
) -> None:
    runs.repository.inputs |= {"credentials": "token", "scenarios": "image"}
    faults([{"service": "keystone", "method": "POST", "path": "/auth/tokens$", "status": 500}])
    run = runs()
    assert next(one.title for one in said(run) if one.level == "warning") == "No token"
    assert said(run)[1].title.startswith("The cloud failed") and run.job(JOB).step("probe").exit_code == 1


@pytest.mark.thorough
def test_no_two_clouds_share_a_name_for_artifacts_and_caches(runs: Runs) -> None:
    runs.repository.inputs = {"clouds": '"a-b a/b é è"', "label": "slow"}
    run = runs()
    slugs = [job.step("place").outputs["slug"] for job in run.jobs[1:]]
    assert len(slugs) == len(set(slugs)) == 4
    assert slugs[:2] == ["a-b@@slow", "a@b@@slow"] and all(re.fullmatch(r"[\w.@-]+", slug, re.ASCII) for slug in slugs)


ACTION = """\
name: Probe
on: {schedule: [{cron: "7,22,37,52 * * * *"}]}
permissions: {contents: read}
jobs:
  probe:
    runs-on: ubuntu-24.04
    steps:
      - uses: OWNER/stackprobe/actions/probe@COMMIT
        id: probe
        with:
          clouds-yaml: ${{ secrets.CLOUDS_YAML }}
          scenarios: image
          sweep: "SWEEP"
      - if: always()
        run: echo "it was $OUTCOME in $REPORT"
        env:
          OUTCOME: ${{ steps.probe.outputs.outcome }}
          REPORT: ${{ steps.probe.outputs.report }}
"""


@pytest.mark.parametrize(("sweep", "works"), daily([("false", True), ("no", False)], [0]))
@pytest.mark.usefixtures("untouched")
def test_the_action_alone(runs: Runs, sweep: str, works: bool) -> None:
    runs.repository.workflow = ACTION.replace("COMMIT", COMMIT).replace("SWEEP", sweep)
    run = runs()
    (job,) = run.jobs
    if works:
        assert run.conclusion == "success" and "it was passed in /" in job.log
        assert sorted(path.name for path in run.artifacts.iterdir()) == ["stackprobe-cloud"], "the secret's only one"
        assert "Remove what dead runs have left" not in job.log
    else:
        assert [one.message for one in said(run)] == ["The input sweep is neither true nor false."]
        assert job.step("login").outcome == "skipped" and run.conclusion == "failure"


NOT_YAML = "clouds:\n  mycloud:\n   auth: {password: canary-password\n"


@pytest.mark.parametrize(
    ("given", "words"),
    daily(
        [
            (None, "the secret is missing"),  # a fork has none, too
            ("", "the secret is missing"),
            (NOT_YAML, "no valid YAML"),
            ("just a text", "the secret is no mapping"),
            (
                "clouds: {other: {auth: {auth_url: 'http://127.0.0.1:1', password: canary-password}}}",
                "no cloud `mycloud`",
            ),
        ],
        [0, 4],
    ),
)
@pytest.mark.usefixtures("untouched")
def test_a_secret_that_is_no_good(runs: Runs, given: str | None, words: str) -> None:
    run = runs(secrets={} if given is None else {"CLOUDS_YAML": given})
    assert run.conclusion == "failure" and run.job("probe / Plan").conclusion == "success"
    assert words in only(run).message
    assert "canary-password" not in run.log and not list(run.artifacts.glob("*"))
    assert run.job(JOB).step("probe").outcome == "skipped"


@pytest.mark.parametrize(
    ("config", "inputs", "words", "place"),
    daily(
        [
            (None, {}, "no cloud is named", ("", "")),
            ("prefix: probes\n", {}, "no cloud is named", ("probes.yaml", "")),
            ("clouds:\n  mycloud: {}\noptoins: {}\n", {}, "unknown key `optoins`", ("probes.yaml", "3")),
            ("clouds:\n  mycloud: {}\n", {"clouds": "mycluod"}, "did you mean `mycloud`?", ("probes.yaml", "")),
            (None, {"clouds": NAME, "config": "mine.yaml"}, "mine.yaml", None),
        ],
        [2, 3],
    ),
)
def test_a_plan_that_names_no_cloud_or_cannot_be_read(
    runs: Runs, config: str | None, inputs: dict[str, Any], words: str, place: tuple[str, str] | None
) -> None:
    runs.repository.inputs = inputs
    if config is not None:
        runs.repository.add("probes.yaml", config)
    run = runs()
    assert run.conclusion == "failure" and run.job("probe / Plan").conclusion == "failure"
    one = only(run)
    assert words in one.message
    assert place is None or (one.file, one.line) == place
    assert [job.conclusion for job in run.jobs[1:]] in ([], ["skipped"])


@pytest.mark.parametrize(
    ("inputs", "words"),
    daily([({"scenarios": "netwrok"}, "did you mean `network`?"), ({"credentials": "key"}, "neither")], [0]),
)
@pytest.mark.usefixtures("untouched")
def test_an_input_that_is_no_good(runs: Runs, inputs: dict[str, Any], words: str) -> None:
    runs.repository.inputs |= inputs
    run = runs()
    errors = [one for one in said(run) if one.level == "error"]
    assert run.conclusion == "failure" and len(errors) == 1 and words in errors[0].message
