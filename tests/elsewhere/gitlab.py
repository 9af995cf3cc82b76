"""GitLab CI: gitlab-ci-local runs the jobs; what a runner does before and after them is here."""

from __future__ import annotations

import re
import shutil
import subprocess
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import yaml
from stackprobe.results import Results, from_directory

from tests.elsewhere.checkouts import commit, git
from tests.elsewhere.examples import EXAMPLES
from tests.elsewhere.processes import PATIENCE_S, ended
from tests.elsewhere.trials import write_probes
from tests.github.node_tools import NodeTools

EXAMPLE = EXAMPLES / "gitlab-ci.yml"
#: gitlab-ci-local wants node 22. This is what it uses of it and node 20 lacks.
NODE_22 = "Set.prototype.union ??= function (other) { return new Set([...this, ...other]); };"
#: With the variables of the operator, for gitlab-ci-local.
VARIABLES = ".gitlab-ci-local-variables.yml"


@dataclass
class Pipeline:
    """A job of GitLab CI that is over.

    :param project: its checkout, without what went into the cache.
    :param log: what it printed.
    :param red: whether the pipeline is.
    """

    project: Path
    log: str
    red: bool

    @property
    def job_exit_code(self) -> int:
        if bad := re.search(r"^mycloud +finished in .* (?:FAIL|WARN) (\d+) *$", self.log, re.MULTILINE):
            return int(bad[1])
        assert re.search(r"^ PASS +mycloud *$", self.log, re.MULTILINE), self.log
        return 0

    @property
    def results(self) -> Results:
        return from_directory(self.project / "report")

    def artifacts(self, job: Mapping[str, Any]) -> Path:
        """What was uploaded."""
        assert job["artifacts"]["when"] == "always", job["artifacts"]
        return self.project / ".gitlab-ci-local" / "artifacts" / "mycloud"

    def junit(self, job: Mapping[str, Any]) -> Path:
        """Where the report says that it is, among the artifacts."""
        return self.artifacts(job) / job["artifacts"]["reports"]["junit"]


@dataclass
class GitLab:
    """An empty project with the example as its .gitlab-ci.yml, run by gitlab-ci-local without containers.

    :param builds: of a runner, the same for the whole session: the place of the checkout, and the cache.
    :param over: where the checkouts go of jobs that are over.
    """

    node: NodeTools
    builds: Path
    over: Path
    variables: dict[str, Any]
    environment: dict[str, str]
    text: str = field(default_factory=EXAMPLE.read_text)

    @property
    def job(self) -> dict[str, Any]:
        """The job as it is after `extends`, of the text."""
        document = yaml.safe_load(self.text)
        own, base = document["mycloud"], document[".probe"]
        return {**base, **own, "variables": {**base["variables"], **own["variables"]}}

    @property
    def cache(self) -> Path:
        """A directory for each key."""
        return self.builds / "cache"

    def checkout(self) -> Path:
        """A new checkout of the project, as a runner with a clean machine has it, with what is cached."""
        project = self.builds / "project"
        if project.exists():  # of a test that broke off
            shutil.rmtree(project)
        project.mkdir(parents=True)
        (project / ".gitlab-ci.yml").write_text(self.text)
        write_probes(project)
        commit(project)
        git(project, "remote", "add", "origin", "https://gitlab.example.org/operators/monitoring.git")
        (project / VARIABLES).write_text(yaml.safe_dump(self.variables))
        for kept, place in self._cached(project):
            _move(kept, place)
        return project

    def command(self, project: Path, *arguments: str, source: str = "schedule") -> list[str]:
        # Its isolation empties the checkout before after_script, which GitLab does not.
        options = ["--force-shell-executor", "--no-shell-isolation", "--no-color"]
        # Without a container there is no /builds.
        real = {"CI_PIPELINE_SOURCE": source, "GITLAB_CI": "true", "CI_PROJECT_DIR": str(project)}
        options += ["--ignore-predefined-vars", ",".join(real)]
        for name, value in real.items():
            options += ["--variable", f"{name}={value}"]
        preload = "data:text/javascript," + urllib.parse.quote(NODE_22)
        return ["node", "--import", preload, str(self.node.binary("gitlab-ci-local")), *options, *arguments]

    def start(self, project: Path, *arguments: str) -> psutil.Popen:
        """Begin, with the mask of files that GitLab's containers have."""
        with open(project.with_suffix(".log"), "wb") as log:
            return psutil.Popen(
                self.command(project, *arguments),
                cwd=project,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                umask=0,
            )

    def end(self, project: Path, process: psutil.Popen) -> Pipeline:
        """Wait for the end, cache what the job says, and make place for the next."""
        with ended(process):
            code = process.wait(PATIENCE_S)
        for kept, place in self._cached(project):
            _move(place, kept)
        self.over.mkdir(exist_ok=True)
        gone = project.rename(self.over / str(len(list(self.over.iterdir()))))
        return Pipeline(gone, self.log(project), code != 0)

    @staticmethod
    def log(project: Path) -> str:
        """What its job has printed so far, without colours."""
        return re.sub(r"\x1b\[[0-9;]*m", "", project.with_suffix(".log").read_text())

    def run(self) -> Pipeline:
        project = self.checkout()
        return self.end(project, self.start(project))

    def forget(self) -> None:
        """What a test must not find of another: all that is cached but the environment."""
        for kept in self.cache.glob("stackprobe-spool-*"):
            shutil.rmtree(kept)

    def files(self, job: Pipeline) -> Iterator[Path]:
        """All that a job has left, but for the variables, which the test itself has written."""
        for directory in (job.project, self.cache):
            yield from (path for path in directory.rglob("*") if path.is_file() and path.name != VARIABLES)

    def _cached(self, project: Path) -> Iterator[tuple[Path, Path]]:
        """Of each path that the job caches: its place in the cache, and in the project."""
        for entry in self.job["cache"]:
            assert entry["when"] == "always", entry
            key = entry["key"].replace("$CLOUD", self.job["variables"]["CLOUD"])
            for path in entry["paths"]:
                yield self.cache / key / path, project / path


def _move(source: Path, target: Path) -> None:
    if source.is_dir():
        target.parent.mkdir(parents=True, exist_ok=True)
        source.rename(target)
