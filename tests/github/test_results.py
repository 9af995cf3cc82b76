"""What becomes of runs: kept on a branch, an issue, a status page; as the documentation's workflow has it."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from stackprobe.history.archive import ArchiveHistory
from stackprobe.results import Outcome, from_directory

from tests.github.clouds import CHECKOUT, COMMIT, HISTORY, WORKFLOW
from tests.github.operating import MACHINE, PYTHON
from tests.github.runner import Expressions, Request, WorkflowRun, run_workflow
from tests.support.git_server import GitServer
from tests.support.github_api import REPOSITORY, TOKEN, GithubApi

sys.path.insert(0, str(CHECKOUT / "tests" / "unit"))  # journals.py
import journals

NEED_THE_TOKEN = ("Keep them", "Fetch past runs", "Open, update and close issues")
ARTIFACTS = ("stackprobe-demo@RegionOne", "stackprobe-demo@RegionOne@@later", "stackprobe-demo@RegionOne@@last")
#: In the place of the job that probes: it hands over reports that are there already.
MADE = {
    "runs-on": "ubuntu-24.04",
    "steps": [
        {"uses": f"actions/checkout@{COMMIT}", "with": {"persist-credentials": False}},
        *(
            {
                "uses": f"actions/upload-artifact@{COMMIT}",
                "with": {"name": name, "path": f"made/{name}", "if-no-files-found": "ignore"},
            }
            for name in ARTIFACTS
        ),
    ],
}


class Operator:
    """An operator's repository on a server, and its workflow after runs that a test has made.

    :ivar options: replace those under ``with:`` of the results.
    """

    def __init__(
        self, directory: Path, root: Path, server: GitServer, api: GithubApi, expressions: Expressions
    ) -> None:
        self.directory, self.root, self.server, self.api = directory, root, server, api
        self.options: dict[str, Any] = {"alarm": True, "site": True}
        self.bare = server.add(REPOSITORY)
        self._expressions, self._runs, self._workflows = expressions, itertools.count(1), itertools.count(1)
        self.write("probes.yaml", "clouds:\n  demo:\n    regions: [RegionOne]\n")

    def write(self, path: str, text: str) -> None:
        file = self.directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def probed(self, *runs: tuple[float, str | None]) -> None:
        """Make reports: when each run began, seconds ago, and what was wrong with the scenario image."""
        shutil.rmtree(self.directory / "made", ignore_errors=True)
        for artifact, (age_s, fault) in zip(ARTIFACTS, runs, strict=False):
            number = next(self._runs)
            journal = journals.Journals(number, ["identity", "image"], time.time() - age_s)
            journal.run(run=f"run{number}")
            journals.authenticate(journal)
            journal.scenario("identity")
            journal.scenario("image", fault)
            journal.end("failed" if fault else "passed")
            journal.write(self.directory / "made" / artifact)

    def workflow(self, *, clouds_yaml: str = "") -> WorkflowRun:
        """Run it; with a secret it probes, without one it takes the reports that are there."""
        workflow = yaml.load(HISTORY.read_text(encoding="utf-8").replace("@COMMIT", f"@{COMMIT}"), yaml.BaseLoader)
        if not clouds_yaml:
            workflow["jobs"]["probe"] = MADE
        workflow["jobs"]["results"]["with"] = self.options
        self.write(WORKFLOW, yaml.safe_dump(workflow))
        run = run_workflow(
            Request(
                repository=REPOSITORY,
                directory=self.directory,
                workflow=WORKFLOW,
                root=self.root,
                secrets={"CLOUDS_YAML": clouds_yaml},
                repositories={"OWNER/stackprobe": CHECKOUT},
                machine=MACHINE,
                python=PYTHON,
                run_id=next(self._workflows),
                server_url=self.server.url,
                api_url=self.api.url,
                token=TOKEN,
            ),
            self._expressions,
        )
        assert run.mistakes == [] and self.server.refused == []
        assert "Traceback" not in run.raw and TOKEN not in run.raw
        for job in run.jobs:
            assert job.orphans == [], "a process outlives the job"
        return run

    def keep(self) -> None:
        """Keep the reports that are there without the workflow."""
        command = [sys.executable, "-m", "stackprobe", "keep", *(self.directory / "made").iterdir()]
        subprocess.run([*command, "--repository", self.bare], check=True, capture_output=True)

    @property
    def kept(self) -> list[tuple[str | None, Outcome]]:
        """The runs on the branch."""
        place = self.root / "looked-at"
        command = [sys.executable, "-m", "stackprobe", "keep", "--repository", self.bare, "--checkout", place]
        subprocess.run(command, check=True, capture_output=True)
        history = ArchiveHistory(place, "demo", "RegionOne", say=pytest.fail)
        return [(run.run_id, run.outcome) for run in history.runs(0, 1e12)]

    @property
    def page(self) -> str:
        """What visitors see first."""
        return (self.root / "pages" / "index.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The machine of all runs of this module: its cache has the helper's environment."""
    return tmp_path_factory.mktemp("machine")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    with GitServer(tmp_path / "repositories", TOKEN) as one:
        yield one


@pytest.fixture
def api() -> Iterator[GithubApi]:
    one = GithubApi(time.time())
    yield one
    one.close()


@pytest.fixture
def operator(tmp_path: Path, root: Path, server: GitServer, api: GithubApi, expressions: Expressions) -> Operator:
    return Operator(tmp_path / "monitoring", root, server, api, expressions)


def test_runs_are_kept_an_outage_has_one_issue_until_it_is_over_and_the_page_shows_it(operator: Operator) -> None:
    operator.options = {"alarm": True, "site": True}
    operator.probed((1800, None), (900, "http"), (450, "http"))
    run = operator.workflow()
    assert run.conclusion == "success", "what is down is told by the issue"
    assert operator.kept == [("run1", Outcome.PASSED), ("run2", Outcome.FAILED), ("run3", Outcome.FAILED)]
    (issue,) = operator.api.open()
    assert issue["title"] == "image of demo / RegionOne is down"
    assert "503" in issue["body"] and "https://zuul.example.org/build/1" in issue["body"]
    assert "down" in operator.page and "demo" in operator.page
    assert {path.name for path in (operator.root / "pages" / "badges").iterdir()} >= {"demo.RegionOne.svg"}

    permissions = {job.id: job.permissions for job in run.jobs if job.id != "probe"}
    assert permissions == {
        "results/keep": {"contents": "write"},
        "results/alarm": {"contents": "read", "issues": "write"},
        "results/site": {"contents": "read"},
        "pages": {"pages": "write", "id-token": "write"},
    }
    for step in (step for job in run.jobs for top in job.steps for step in top.walk()):
        knows = TOKEN in "".join(step.environment.values())
        assert knows is (step.name in NEED_THE_TOKEN), f"{step.name}: the token is for single steps only"

    operator.options = {"alarm": True}
    operator.probed((200, None), (20, None))
    assert operator.workflow().conclusion == "success"
    assert operator.api.open() == [] and len(operator.api.issues) == 1
    assert len(operator.kept) == 5


def test_a_workflow_in_which_no_run_has_begun_keeps_nothing(operator: Operator) -> None:
    operator.options = {}
    run = operator.workflow()
    assert run.conclusion == "success" and "there is nothing to keep" in run.job("results/keep").log
    assert {job.conclusion for job in run.jobs if job.id != "probe"} == {"success", "skipped"}


def test_a_branch_that_cannot_be_written_is_red_and_the_page_is_written_all_the_same(operator: Operator) -> None:
    operator.options = {"site": True, "title": "Our clouds; $(exit 1)"}
    operator.probed((600, None))
    subprocess.run(["git", "-C", operator.bare, "config", "http.receivepack", "false"], check=True)
    run = operator.workflow()
    assert run.conclusion == run.job("results/keep").conclusion == "failure"
    (error,) = [one for one in run.annotations if one.level == "error" and not one.own]
    assert "takes no runs" in error.message or "cannot be" in error.message
    assert run.job("results/alarm").conclusion == "skipped" and run.job("pages").conclusion == "success"
    assert "Our clouds; $(exit 1)" in operator.page


#: Nobody answers there.
DEAD = """\
clouds:
  demo:
    auth:
      auth_url: http://127.0.0.1:1/v3
      username: probe
      password: canary-password
      project_name: probe
      user_domain_name: Default
      project_domain_name: Default
    region_name: RegionOne
"""
DAMPED = """\
verdict: damped
service_levels:
  runs_succeed: {run: true, success_ratio: 0.9, window: 1h, minimum: 3}
clouds:
  demo: {regions: [RegionOne]}
"""


def test_the_run_is_judged_with_the_runs_of_the_branch_and_joins_them(operator: Operator) -> None:
    operator.options = {}
    operator.write("probes.yaml", DAMPED)
    operator.probed((1800, None), (900, None))
    operator.keep()
    run = operator.workflow(clouds_yaml=DEAD)
    probe = run.job("probe/probe")
    assert from_directory(run.artifacts / ARTIFACTS[0]).outcome is Outcome.FAILED
    assert probe.step("probe").exit_code == 0, "the first bad run after two good ones is no alarm"
    warnings = [one.message for one in probe.all_annotations if one.level == "warning"]
    assert any("no alarm yet: runs_succeed: 2 of 3 went well" in one for one in warnings), warnings
    assert [outcome for _, outcome in operator.kept] == [Outcome.PASSED, Outcome.PASSED, Outcome.FAILED]
    assert "canary-password" not in run.log
