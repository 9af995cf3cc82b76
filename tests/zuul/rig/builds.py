"""What Zuul tells of builds, and what they left in the log store."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.zuul.rig.errors import RigError


@dataclass(frozen=True)
class Item:
    """Something that was enqueued: the jobs of a project in a pipeline, once."""

    tenant: str
    project: str
    pipeline: str
    buildset: str


@dataclass(frozen=True)
class Running:
    """A job of an item that Zuul works on, with the id of its build, if it has one already."""

    tenant: str
    pipeline: str
    project: str
    job: str
    uuid: str | None
    waiting_for: str | None

    @property
    def runs(self) -> bool:
        """Whether an executor has taken it."""
        return self.uuid is not None and self.waiting_for is None


@dataclass(frozen=True)
class Build:
    """A build that has ended. `record` is all that Zuul's API tells of it, `message` what reporters say of the item."""

    tenant: str
    record: Mapping[str, Any]
    message: str
    folder: Path

    @property
    def job(self) -> str:
        """The job's name."""
        return str(self.record["job_name"])

    @property
    def uuid(self) -> str:
        """The build's id."""
        return str(self.record["uuid"])

    @property
    def result(self) -> str:
        """SUCCESS, FAILURE, POST_FAILURE, RETRY_LIMIT, TIMED_OUT, CANCELED…"""
        return str(self.record["result"])

    @property
    def duration_s(self) -> float | None:
        """From start to end, None for one that never started."""
        duration = self.record["duration"]
        return None if duration is None else float(duration)

    @property
    def error_detail(self) -> str:
        """What Zuul shows with the result; empty when there is nothing."""
        return str(self.record["error_detail"] or "")

    @property
    def log_url(self) -> str | None:
        """Where the build says that its logs are."""
        return self.record["log_url"]

    @property
    def artifacts(self) -> dict[str, dict[str, Any]]:
        """What the build returned, by name: each with `url` (absolute) and perhaps `metadata`."""
        return {artifact["name"]: artifact for artifact in self.record["artifacts"]}

    @property
    def warnings(self) -> list[str]:
        """The warnings of all builds of the item, one a line of the message that reporters get."""
        _, found, after = self.message.partition("\nWarning:\n")
        lines = after.partition("\n\n")[0].splitlines() if found else []
        return [line.removeprefix("  ") for line in lines]

    @property
    def logs(self) -> Path:
        """The build's folder in the log store. Raises RigError when it published nothing, as after an abort."""
        if not self.folder.is_dir():
            raise RigError(f"{self.job} ({self.result}) has published no logs; {self.error_detail}")
        return self.folder

    @property
    def console(self) -> str:
        """The whole console: `job-output.txt`."""
        return (self.logs / "job-output.txt").read_text(errors="replace")

    @property
    def job_output_json(self) -> list[dict[str, Any]]:
        """The plays with all tasks and results: `job-output.json`."""
        loaded: list[dict[str, Any]] = json.loads((self.logs / "job-output.json").read_text())
        return loaded

    def fetch(self, artifact: str) -> bytes:
        """An artifact, over HTTP from the address that the build returned for it."""
        with urllib.request.urlopen(
            urllib.parse.quote(self.artifacts[artifact]["url"], safe=":/"), timeout=20
        ) as answer:
            return bytes(answer.read())

    def published(self) -> list[str]:
        """The names of all published files, relative to the folder."""
        return sorted(str(path.relative_to(self.logs)) for path in self.logs.rglob("*") if path.is_file())
