"""The action `state`: its own steps against a genuine git repository and a GitHub of the tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.github.clouds import CHECKOUT
from tests.support.github_api import REPOSITORY, TOKEN, GithubApi

sys.path.insert(0, str(CHECKOUT / "tests" / "unit"))

import journals

ACTION = yaml.safe_load((CHECKOUT / "actions" / "state" / "action.yml").read_text(encoding="utf-8"))
STEPS: dict[str, dict[str, Any]] = {step["name"]: step for step in ACTION["runs"]["steps"]}


class Job:
    """A job with the repository's checkout, and reports of the jobs before."""

    def __init__(self, place: Path, api: GithubApi) -> None:
        self.place, self.workspace, self.temp = place, place / "workspace", place / "temp"
        self.server = place / "server"
        for directory in (self.workspace, self.temp / "stackprobe" / "runs"):
            directory.mkdir(parents=True)
        subprocess.run(["git", "init", "-q", "--bare", str(self.server / f"{REPOSITORY}")], check=True)
        program = place / "stackprobe"
        program.write_text(f'#!/bin/sh\nPYTHONPATH={CHECKOUT / "tools"} exec {sys.executable} -m stackprobe "$@"\n')
        program.chmod(0o755)
        self.output = place / "output"
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(place), "RUNNER_TEMP": str(self.temp), "STACKPROBE": str(program),
            "GITHUB_OUTPUT": str(self.output), "GITHUB_SERVER_URL": f"file://{self.server}",
            "GITHUB_REPOSITORY": REPOSITORY, "GITHUB_API_URL": api.url,
        }  # fmt: skip

    def report(self, name: str, age_s: float, failed: bool) -> None:
        """A report that an earlier job has left as an artifact."""
        start = int(time.time() - age_s) + 0.25
        one = journals.mixed(start=start) if failed else journals.fair(["identity"], start=start)
        one.records[0].update(cloud="demo", run=f"r{age_s:g}")
        one.write(self.temp / "stackprobe" / "runs" / name)

    def step(self, name: str, **given: str) -> subprocess.CompletedProcess[str]:
        """What a step of the action does, as the runner starts it; what it is not given is empty."""
        step = STEPS[name]
        environment = {**dict.fromkeys(step["env"], ""), **self.environment, **given}
        script = self.place / "step.sh"
        script.write_text(step["run"])
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
        return subprocess.run(command, cwd=self.workspace, env=environment, capture_output=True, text=True, check=False)

    @property
    def history(self) -> str:
        return self.output.read_text().removeprefix("history=").strip()


@pytest.fixture
def api() -> Iterator[GithubApi]:
    one = GithubApi(time.time())
    yield one
    one.close()


@pytest.fixture
def job(tmp_path: Path, api: GithubApi) -> Job:
    return Job(tmp_path, api)


def test_every_variable_of_a_step_is_given_by_it() -> None:
    for name in ("Keep them", "Alarm", "Write the status page"):
        step = STEPS[name]
        assert "${{" not in step["run"], "values reach a script through its environment alone"
        assert all(f"${variable}" in step["run"] for variable in step["env"] if variable.isupper()
                   and variable not in ("GITHUB_TOKEN", "STACKPROBE_GIT_TOKEN")), name  # fmt: skip


def test_what_is_kept_is_what_alarm_and_status_page_are_made_of(job: Job, api: GithubApi) -> None:
    job.report("stackprobe-demo", 700, failed=True)
    done = job.step("Keep them", BRANCH="stackprobe-data")
    assert done.returncode == 0, done.stderr
    job.report("stackprobe-demo", 100, failed=True)
    assert job.step("Keep them", BRANCH="stackprobe-data").returncode == 0
    branches = subprocess.run(
        ["git", "branch", "--list"], cwd=job.server / REPOSITORY, capture_output=True, text=True, check=True
    )
    assert branches.stdout.split() == ["stackprobe-data"]
    given = {"CLOUD": "demo", "HISTORY": str(job.temp / "stackprobe" / "past")}
    assert given["HISTORY"] in job.history
    done = job.step("Alarm", GITHUB_TOKEN=TOKEN, **given)
    assert done.returncode == 0, done.stderr
    assert "image of demo is down" in [one["title"] for one in api.open()]
    assert len({one["title"] for one in api.open()}) == len(api.issues)
    assert TOKEN not in done.stdout + done.stderr
    done = job.step("Write the status page", SITE="public", TITLE="Our clouds", **given)
    assert done.returncode == 0, done.stderr
    assert "1 cloud" in done.stdout
    assert "Our clouds" in (job.workspace / "public" / "index.html").read_text()


def test_without_a_kept_history_the_one_that_is_named_is_taken(job: Job) -> None:
    done = job.step("Alarm", GITHUB_TOKEN=TOKEN, CLOUD="demo", GRAPHITE_URL="http://127.0.0.1:1")
    assert done.returncode == 2
    assert "Graphite cannot be asked: http://127.0.0.1:1" in done.stderr


def test_probes_that_left_nothing_keep_nobody_from_being_told(job: Job, api: GithubApi) -> None:
    done = job.step("Keep them", BRANCH="stackprobe-data")
    assert Path(job.history).is_dir(), json.dumps([done.returncode, done.stderr])
    done = job.step("Write the status page", SITE="public", TITLE="x", CLOUD="demo", HISTORY=job.history)
    assert done.returncode == 0, done.stderr
    assert "There is no run of the last 90 days" in (job.workspace / "public" / "index.html").read_text()
