"""The machine of a job: its directories and what a step finds in its environment, and nothing of the tests' own."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.github.runner.output import FILES, Output
from tests.github.runner.processes import TRACKING

if TYPE_CHECKING:
    from tests.github.runner.job import Job

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#: What of the `github` context is in the environment (GitHubContext.cs); the token is not.
_EXPOSED = [
    "action",
    "action_path",
    "action_ref",
    "action_repository",
    "actor",
    "api_url",
    "base_ref",
    "event_name",
    "event_path",
    "graphql_url",
    "head_ref",
    "job",
    "ref",
    "ref_name",
    "ref_type",
    "repository",
    "repository_owner",
    "run_attempt",
    "run_id",
    "run_number",
    "server_url",
    "sha",
    "triggering_actor",
    "workflow",
    "workflow_ref",
    "workflow_sha",
    "workspace",
]


@dataclasses.dataclass(frozen=True)
class Machine:
    """A machine that is made for one job; each job has it at the same place, as on GitHub."""

    directory: Path
    repository: str

    @classmethod
    def fresh(cls, directory: Path, repository: str) -> Machine:
        """An empty one; what was in `directory` is gone."""
        if directory.exists():
            shutil.rmtree(directory)
        machine = cls(directory, repository)
        for path in (machine.home, machine.temp, machine.tool_cache, machine.workspace, machine.actions):
            path.mkdir(parents=True)
        return machine

    @property
    def home(self) -> Path:
        """HOME."""
        return self.directory / "home"

    @property
    def temp(self) -> Path:
        """RUNNER_TEMP."""
        return self.directory / "work" / "_temp"

    @property
    def actions(self) -> Path:
        """Where the runner puts the repositories of actions."""
        return self.directory / "work" / "_actions"

    @property
    def tool_cache(self) -> Path:
        """RUNNER_TOOL_CACHE."""
        return self.directory / "toolcache"

    @property
    def workspace(self) -> Path:
        """GITHUB_WORKSPACE."""
        name = self.repository.rpartition("/")[2]
        return self.directory / "work" / name / name

    @property
    def runner(self) -> dict[str, str]:
        """The `runner` context."""
        return {
            "os": "Linux", "arch": "X64", "name": "GitHub Actions 1",
            "environment": "github-hosted",
            "temp": str(self.temp), "tool_cache": str(self.tool_cache), "workspace": str(self.workspace.parent),
        }  # fmt: skip

    def environment(
        self,
        given: Mapping[str, str],
        own: Mapping[str, str],
        path: list[str],
        github: Mapping[str, Any],
        tracking: str,
    ) -> dict[str, str]:
        """All that a process of a step has in its environment.

        :param given: of the machine itself.
        :param own: of the workflow, the job and the step.
        :param path: additions to PATH, the last one first in it.
        """
        found = {"HOME": str(self.home), "PATH": PATH, "LANG": "C.UTF-8", "CI": "true", **given, **own}
        found["PATH"] = ":".join([*reversed(path), found["PATH"]])
        found |= {f"GITHUB_{name.upper()}": str(github[name]) for name in _EXPOSED if github.get(name) is not None}
        found |= {f"GITHUB_{name.upper()}": str(github[name]) for name in FILES if name in github}
        found |= {f"RUNNER_{name.upper()}": value for name, value in self.runner.items()}
        return {**found, "GITHUB_ACTIONS": "true", TRACKING: tracking}


@dataclasses.dataclass
class Call:
    """A call of an action for which there is a stand-in. `inputs` has all inputs that the action knows."""

    job: Job
    uses: str
    inputs: dict[str, str]
    out: Output

    def flag(self, name: str) -> bool:
        """An input that is true or false."""
        return self.inputs[name].lower() == "true"
