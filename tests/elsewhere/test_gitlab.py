"""The pipeline for GitLab CI, run as it stands by gitlab-ci-local on a genuine OpenStack."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from junitparser import JUnitXml
from stackprobe.results import Outcome

from tests.elsewhere.carbon import carbon
from tests.elsewhere.credentials import assert_no_credentials
from tests.elsewhere.examples import DEADLINE_S, FINISH_S, seconds
from tests.elsewhere.gitlab import EXAMPLE, GitLab
from tests.elsewhere.machine import pip_settings, python
from tests.elsewhere.processes import PATIENCE_S, ended, find, has_created, until
from tests.elsewhere.trials import NO_IMAGES, QUICK, SILENT_SUBNETS
from tests.github.node_tools import NodeTools
from tests.support.clouds import Rules

#: What shows that a job has found the environment of the job before.
MADE_OF = "stackprobe-venv/.cache/venv/made-of.txt"


@pytest.fixture(scope="session")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A runner's: the first job finds an empty cache, and installs the helper."""
    return tmp_path_factory.mktemp("builds")


@pytest.fixture
def gitlab(
    node: NodeTools, tmp_path: Path, builds: Path, repository: tuple[Path, str], secret: dict[str, Any]
) -> Iterator[GitLab]:
    """The project, with the variables that the page tells to set and short runs."""
    variables = {
        "CLOUDS_YAML": {"type": "file", "values": {"*": yaml.safe_dump(secret)}},
        "STACKPROBE_REPOSITORY": repository[0].as_uri(),
        "STACKPROBE_COMMIT": repository[1],
        "RUN_OPTIONS": QUICK,
    }
    home = tmp_path / "home"
    home.mkdir()
    path = os.pathsep.join([os.path.dirname(python()), os.path.dirname(str(shutil.which("node"))), os.defpath])
    before = _file_variables()
    one = GitLab(node, builds, tmp_path / "over", variables, {"PATH": path, "HOME": str(home), **pip_settings()})
    yield one
    one.forget()
    for directory in _file_variables() - before:  # gitlab-ci-local forgets them, and there is a secret in each
        shutil.rmtree(directory)


def _file_variables() -> set[Path]:
    """Where gitlab-ci-local keeps the variables of type File; the place cannot be chosen."""
    return set(Path("/tmp").glob("gitlab-ci-local-file-variables-*"))


def test_the_pipeline_is_one_that_gitlab_accepts() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.gitlab-ci", str(EXAMPLE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("source", "jobs"), [("schedule", ["mycloud"]), ("web", ["mycloud"]), ("push", [])])
def test_the_pipeline_is_for_schedules_and_people_not_for_pushes(gitlab: GitLab, source: str, jobs: list[str]) -> None:
    project = gitlab.checkout()
    done = subprocess.run(
        gitlab.command(project, "--list-json", source=source),
        cwd=project,
        env=gitlab.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert [one["name"] for one in json.loads(done.stdout) if one["when"] != "never"] == jobs


def test_the_job_leaves_time_for_what_follows_the_run(gitlab: GitLab) -> None:
    whole = seconds(gitlab.job["timeout"])
    script, after = (seconds(gitlab.job["variables"][f"RUNNER_{part}_TIMEOUT"]) for part in ("SCRIPT", "AFTER_SCRIPT"))
    assert f"--deadline {DEADLINE_S} " in " ".join(gitlab.job["script"])
    assert script >= DEADLINE_S + 180 and after >= FINISH_S
    assert script + after < whole


def test_runs_of_one_cloud_never_overlap(gitlab: GitLab) -> None:
    assert gitlab.job["resource_group"] == gitlab.job["variables"]["CLOUD"]


def test_credentials_are_neither_artifact_nor_cache(gitlab: GitLab) -> None:
    private = gitlab.job["variables"]["OS_CLIENT_CONFIG_FILE"].removeprefix("$CI_PROJECT_DIR/")
    kept = [*gitlab.job["artifacts"]["paths"], *(path for one in gitlab.job["cache"] for path in one["paths"])]
    assert len(kept) == 3 and not any(private.startswith(path) for path in kept)


@pytest.mark.usefixtures("undisturbed", "faults")
def test_gitlab_shows_a_run_that_passed(gitlab: GitLab, secret: dict[str, Any]) -> None:
    project = gitlab.checkout()
    process = gitlab.start(project)
    private = project / ".stackprobe" / "private" / "clouds.yaml"
    with ended(process, when_done=False):
        until(private.exists, "credentials for the run", process)
        modes = [one.stat().st_mode & 0o777 for one in (private.parent, private)]
    job = gitlab.end(project, process)

    assert (job.job_exit_code, job.red) == (0, False), job.log
    assert modes == [0o700, 0o600]
    assert {one.name: one.outcome for one in job.results.scenarios} == {
        "identity": Outcome.PASSED,
        "image": Outcome.PASSED,
    }
    assert job.results.ci["system"] == "gitlab" and job.results.ci["pipeline"] == "schedule"
    assert job.results.start_delay_ms is not None and 0 < job.results.start_delay_ms < PATIENCE_S * 1000
    suites = JUnitXml.fromfile(str(job.junit(gitlab.job)))
    assert {suite.name for suite in suites} >= {"identity", "image"} and suites.failures == suites.errors == 0
    assert_no_credentials(gitlab, job, secret)


@pytest.mark.usefixtures("undisturbed")
def test_gitlab_shows_that_the_cloud_failed(
    gitlab: GitLab, faults: Callable[[Rules], None], secret: dict[str, Any]
) -> None:
    faults(NO_IMAGES)
    job = gitlab.run()

    assert (job.job_exit_code, job.red) == (1, True), job.log
    suites = JUnitXml.fromfile(str(job.junit(gitlab.job)))
    assert suites.failures >= 1 and suites.errors == 0
    assert_no_credentials(gitlab, job, secret)


@pytest.mark.usefixtures("faults")
def test_gitlab_shows_that_credentials_are_refused(gitlab: GitLab, secret: dict[str, Any]) -> None:
    entry = secret["clouds"]["mycloud"]
    wrong = {"clouds": {"mycloud": {**entry, "auth": {**entry["auth"], "password": secrets.token_urlsafe(16)}}}}
    gitlab.variables["CLOUDS_YAML"]["values"]["*"] = yaml.safe_dump(wrong)
    job = gitlab.run()

    assert (job.job_exit_code, job.red) == (2, True), job.log
    suites = JUnitXml.fromfile(str(job.junit(gitlab.job)))
    assert suites.errors >= 1 and suites.failures == 0
    assert_no_credentials(gitlab, job, wrong)


@pytest.mark.parametrize("text", ["", "clouds: {othercloud: {auth: {password: canary-password}}}"])
def test_gitlab_says_what_is_wrong_with_a_secret_and_the_operator_may_let_it_pass(gitlab: GitLab, text: str) -> None:
    gitlab.text = gitlab.text.replace("  # allow_failure:", "  allow_failure:")
    gitlab.variables["CLOUDS_YAML"]["values"]["*"] = text
    job = gitlab.run()

    assert (job.job_exit_code, job.red) == (2, False), job.log
    assert "CI/CD variable of type File" in job.log if not text else "has no cloud `mycloud`" in job.log
    assert not (job.project / "report").exists() and "canary" not in job.log
    assert not (job.project / ".stackprobe" / "private").exists()


def test_what_git_cannot_fetch_is_not_the_clouds_fault_nor_a_case_for_the_helper_of_the_job_before(
    gitlab: GitLab,
) -> None:
    gitlab.variables["CLOUDS_YAML"]["values"]["*"] = ""
    assert "has no journal" in gitlab.run().log
    gitlab.variables["STACKPROBE_COMMIT"] = "0" * 40
    job = gitlab.run()

    assert job.job_exit_code == 2 and (gitlab.cache / MADE_OF).exists(), job.log
    assert "No module named" not in job.log and "has no journal" not in job.log


@pytest.mark.usefixtures("undisturbed")
def test_gitlab_sweeps_and_reports_a_run_that_was_killed(
    gitlab: GitLab, faults: Callable[[Rules], None], secret: dict[str, Any]
) -> None:
    gitlab.variables["RUN_OPTIONS"] = "--scenario network"
    faults(SILENT_SUBNETS)
    project = gitlab.checkout()
    process = gitlab.start(project)
    with ended(process, when_done=False):
        until(lambda: has_created(project / "report"), "a network", process)
        find(process, "run").kill()
    faults([])
    job = gitlab.end(project, process)

    assert job.job_exit_code == 128 + signal.SIGKILL, job.log
    assert not job.results.finished and job.junit(gitlab.job).exists()
    assert json.loads((job.project / "report" / "sweep.json").read_text())["deleted"]
    assert_no_credentials(gitlab, job, secret)


@pytest.mark.usefixtures("faults")
def test_the_next_job_finds_the_helper_and_delivers_what_could_not_be_delivered(gitlab: GitLab) -> None:
    with carbon() as (port, taken):
        pass  # now nobody listens there
    gitlab.variables |= {"RUN_OPTIONS": "--scenario identity", "FINISH_OPTIONS": f"--graphite 127.0.0.1:{port}"}
    project = gitlab.checkout()
    process = gitlab.start(project)
    with ended(process, when_done=False):
        until(lambda: "not delivered yet" in gitlab.log(project), "an attempt to deliver", process)
        find(process, "send").terminate()  # it would go on trying for 20 seconds
    first = gitlab.end(project, process)
    assert first.job_exit_code == 0 and "wait for a later run" in first.log, first.log
    made_t = (gitlab.cache / MADE_OF).stat().st_mtime

    with carbon(port) as (port, taken):
        second = gitlab.run()
    assert second.job_exit_code == 0, second.log
    assert (gitlab.cache / MADE_OF).stat().st_mtime == made_t, "the helper was installed again"
    starts = {int(line.split()[2]) for line in taken if line.split()[0].endswith(".run.heartbeat")}
    assert starts == {int(one.results.start_t) for one in (first, second)}
