"""What becomes of runs: kept on a branch, an issue, a status page; as the documentation's workflow has it."""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from stackprobe.history.archive import ArchiveHistory
from stackprobe.results import Outcome

from tests.github.clouds import CHECKOUT, COMMIT, HISTORY, WORKFLOW
from tests.github.runner import Expressions, Request, WorkflowRun, run_workflow
from tests.github.test_workflow import MACHINE, PYTHON
from tests.support.git_server import GitServer

sys.path.insert(0, str(CHECKOUT / "tests" / "unit"))  # journals.py
import journals

REPOSITORY = "operator/monitoring"
ARTIFACT = "stackprobe-demo@RegionOne"
DATA = "stackprobe-data"
TOKEN = Request.token
#: In the place of the job that probes: it hands over a report that is there already.
MADE = {
    "runs-on": "ubuntu-24.04",
    "steps": [
        {"uses": f"actions/checkout@{COMMIT}", "with": {"persist-credentials": False}},
        {
            "uses": f"actions/upload-artifact@{COMMIT}",
            "with": {"name": ARTIFACT, "path": "made", "if-no-files-found": "ignore"},
        },
    ],
}


class Operator:
    """An operator's repository on a server, and its workflow after runs that a test has made.

    :ivar options: replace those under ``with:`` of the results.
    """

    def __init__(self, directory: Path, root: Path, server: GitServer, expressions: Expressions) -> None:
        self.directory, self.root, self.server = directory, root, server
        self.options: dict[str, Any] = {"site": True}
        self.bare = server.add(REPOSITORY)
        self._expressions, self._numbers = expressions, itertools.count(1)
        self.write("probes.yaml", "clouds:\n  demo:\n    regions: [RegionOne]\n")

    def write(self, path: str, text: str) -> None:
        file = self.directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def ran(self, age_s: float, fault: str | None = None, **changes: Any) -> WorkflowRun:
        """The workflow, when the run began so long ago; `fault`: of the scenario image."""
        number = next(self._numbers)
        journal = journals.Journals(number, ["identity", "image"], time.time() - age_s)
        journal.run(run=f"run{number}", **changes)
        journals.authenticate(journal)
        journal.scenario("identity")
        journal.scenario("image", fault)
        journal.end("failed" if fault else "passed")
        journal.write(self.directory / "made")
        return self.workflow(number)

    def workflow(self, number: int = 1) -> WorkflowRun:
        workflow = yaml.load(HISTORY.read_text(encoding="utf-8").replace("@COMMIT", f"@{COMMIT}"), yaml.BaseLoader)
        workflow["jobs"] |= {"probe": MADE}
        workflow["jobs"]["results"]["with"] = self.options
        self.write(WORKFLOW, yaml.safe_dump(workflow))
        run = run_workflow(
            Request(
                repository=REPOSITORY,
                directory=self.directory,
                workflow=WORKFLOW,
                root=self.root,
                repositories={"OWNER/stackprobe": CHECKOUT},
                machine=MACHINE,
                python=PYTHON,
                run_id=number,
                server_url=self.server.url,
            ),
            self._expressions,
        )
        assert run.mistakes == [] and self.server.refused == []
        assert "Traceback" not in run.raw and TOKEN not in run.raw
        for job in run.jobs:
            assert job.orphans == [], "a process outlives the job"
        return run

    @property
    def kept(self) -> list[tuple[str | None, Outcome]]:
        """The runs on the branch."""
        place = self.root / "looked-at"
        command = [sys.executable, "-m", "stackprobe", "keep", "--repository", self.bare, "--checkout", place]
        subprocess.run(command, check=True, capture_output=True)
        history = ArchiveHistory(place, "demo", "RegionOne", say=pytest.fail)
        return [(run.run_id, run.outcome) for run in history.runs(0, 1e12)]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The machine of all runs of this module: its cache has the helper's environment."""
    return tmp_path_factory.mktemp("machine")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    with GitServer(tmp_path / "repositories", TOKEN) as one:
        yield one


@pytest.fixture
def operator(tmp_path: Path, root: Path, server: GitServer, expressions: Expressions) -> Operator:
    return Operator(tmp_path / "monitoring", root, server, expressions)


def test_runs_are_kept_on_the_branch_and_shown_on_the_page(operator: Operator) -> None:
    first = operator.ran(1800)
    assert first.conclusion == "success"
    assert operator.kept == [("run1", Outcome.PASSED)]
    second = operator.ran(900, "http")
    assert operator.kept == [("run1", Outcome.PASSED), ("run2", Outcome.FAILED)]
    assert {job.id: job.permissions for job in second.jobs if job.id != "probe"} == {
        "results/keep": {"contents": "write"},
        "results/site": {"contents": "read"},
        "pages": {"pages": "write", "id-token": "write"},
    }
    page = (operator.root / "pages" / "index.html").read_text(encoding="utf-8")
    assert "demo" in page and "image" in page
    for step in (step for job in second.jobs for top in job.steps for step in top.walk()):
        knows = TOKEN in "".join(step.environment.values())
        assert knows is (step.name in ("Keep them", "Fetch past runs")), f"{step.name} knows the token"


def test_a_workflow_in_which_no_run_has_begun_keeps_nothing_and_shows_what_is_known(operator: Operator) -> None:
    operator.options = {"site": True, "title": "Our clouds; $(exit 1)"}
    run = operator.workflow()
    assert run.conclusion == "success" and "there is nothing to keep" in run.job("results/keep").log
    assert "Our clouds; $(exit 1)" in (operator.root / "pages" / "index.html").read_text(encoding="utf-8")
