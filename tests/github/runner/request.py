"""What a test asks for: which workflow runs, for which event, with which secrets, and what happens to it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from tests.github.runner.processes import Timing


@dataclasses.dataclass
class Interruption:
    """Cancel the run, or SIGKILL the direct process of the step, when a line of output matches `pattern`; once."""

    pattern: str
    kind: Literal["cancel", "kill"] = "cancel"
    done: bool = False


@dataclasses.dataclass(frozen=True)
class Request:
    """A run of a workflow.

    :ivar repository: the repository whose workflow runs, `OWNER/NAME`; `directory` holds its files.
    :ivar workflow: its path, `.github/workflows/NAME.yaml`.
    :ivar root: a directory of the test; a further run with the same root has its files at the same paths, as on GitHub.
    :ivar event: the payload; `schedule` is the cron line that fires.
    :ivar inputs: of workflow_dispatch, as somebody types them.
    :ivar repositories: other repositories that may be named, each with the directory that stands for any commit of it.
    :ivar machine: what the machine has in the environment of each process, say the address of a package index.
    :ivar python: stands for every Python 3 that actions/setup-python is asked for; None: only its own version will do.
    :ivar permissions: of GITHUB_TOKEN, where the workflow names none.
    :ivar caches: outlives the run; by default `root`/caches.
    """

    repository: str
    directory: Path
    workflow: str
    root: Path
    event_name: str = "workflow_dispatch"
    event: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    inputs: Mapping[str, str] = dataclasses.field(default_factory=dict)
    secrets: Mapping[str, str] = dataclasses.field(default_factory=dict)
    variables: Mapping[str, str] = dataclasses.field(default_factory=dict)
    repositories: Mapping[str, Path] = dataclasses.field(default_factory=dict)
    machine: Mapping[str, str] = dataclasses.field(default_factory=dict)
    python: Path | None = None
    permissions: Mapping[str, str] = dataclasses.field(default_factory=lambda: {"contents": "read", "packages": "read"})
    interruptions: Sequence[Interruption] = ()
    caches: Path | None = None
    timing: Timing = dataclasses.field(default_factory=Timing)
    ref: str = "refs/heads/main"
    sha: str = "c0ffee" + "0" * 34
    actor: str = "octocat"
    run_id: int = 1
    run_number: int = 1
    run_attempt: int = 1
    #: Where repositories and GitHub's API are; a test may have servers of its own.
    server_url: str = "https://github.com"
    api_url: str = "https://api.github.com"
    #: What github.token says; it opens nothing.
    token: str = "ghs_" + "0a1B2c3D4" * 4

    @property
    def known(self) -> dict[str, Path]:
        """All repositories that `uses` may name: the one whose workflow runs, and the others."""
        return {self.repository: self.directory, **self.repositories}
