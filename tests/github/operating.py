"""What an operator's workflow is run with: always the same machine, and what is looked at afterwards."""

from __future__ import annotations

import itertools
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from pocketcloud.cloud import Cloud

from tests.github.clouds import CHECKOUT, NAME, WORKFLOW, Repository, secret
from tests.github.runner import Annotation, Expressions, Interruption, JobResult, Request, WorkflowRun, run_workflow
from tests.github.runner.caches import CacheStore

SCHEDULE = {"schedule": "7,22,37,52 * * * *"}

#: What the machine says of package indexes; GitHub's runners need none of it.
MACHINE = {name: value for name, value in os.environ.items() if name.startswith("PIP_") and name != "PIP_CONSTRAINT"}

#: Whatever runs the tests, below its virtual environment, stands for the Python that the workflow asks for.
PYTHON = Path(sys.base_prefix, "bin", f"python{sys.version_info.major}.{sys.version_info.minor}").resolve()

JOB = f"probe / {NAME}"

ARTIFACT = f"stackprobe-{NAME}"


class Runs:
    """Runs an operator's workflow, always on the same machine, so that what is kept from run to run fits."""

    def __init__(self, root: Path, repository: Repository, expressions: Expressions, cloud: Cloud) -> None:
        self.root, self.repository, self.secret = root, repository, secret(cloud)
        self._expressions, self._numbers = expressions, itertools.count(int(time.time()))

    def __call__(
        self, *interruptions: Interruption, secrets: Mapping[str, str] | None = None, attempt: int = 1
    ) -> WorkflowRun:
        run = run_workflow(
            Request(
                repository="operator/monitoring",
                directory=self.repository.write(),
                workflow=WORKFLOW,
                root=self.root,
                event_name="schedule",
                event=SCHEDULE,
                secrets={"CLOUDS_YAML": self.secret} if secrets is None else secrets,
                repositories={"OWNER/stackprobe": CHECKOUT},
                machine=MACHINE,
                python=PYTHON,
                interruptions=interruptions,
                run_id=next(self._numbers),
                run_attempt=attempt,
            ),
            self._expressions,
        )
        print(run.log)  # pytest shows it where the test fails
        assert run.mistakes == []
        for job in run.jobs:
            assert job.orphans == [], "a process outlives the job"
            assert job.conclusion == "skipped" or job.permissions == {"contents": "read"}
        kept = [file for file in self.root.glob("**/clouds.yaml") if "site-packages" not in file.parts]
        assert kept == [], "credentials stay on the machine"
        assert "Traceback" not in run.raw
        return run

    @property
    def kept(self) -> list[str]:
        """The keys of all caches."""
        return list(CacheStore(self.root / "caches").keys())


def said(job: JobResult | WorkflowRun) -> list[Annotation]:
    """The annotations that are not the runner's own."""
    found = job.annotations if isinstance(job, WorkflowRun) else job.all_annotations
    return [one for one in found if not one.own]


def only(run: WorkflowRun) -> Annotation:
    """The one annotation of a mistake; the summary says the same."""
    (one,) = said(run)
    assert one.level == "error"
    summaries = [job.summary for job in run.jobs if job.summary]
    assert len(summaries) == 1 and len(summaries[0].splitlines()) <= 5
    return one


def task_of(role: str, name: str) -> tuple[str, str]:
    """File and line of a task of a scenario."""
    file = f"roles/{role}/tasks/main.yaml"
    lines = (CHECKOUT / file).read_text(encoding="utf-8").splitlines()
    return file, str(next(number for number, line in enumerate(lines, 1) if line.strip() == f"- name: {name}"))
