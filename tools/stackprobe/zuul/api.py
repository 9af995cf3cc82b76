"""The client: every answer is checked for its shape, and bounded in time and size."""

from __future__ import annotations

import json
import urllib.parse
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from stackprobe.web import FetchFailed, fetch
from stackprobe.zuul.place import Place

#: Results that say that the job has come to a verdict. All others say that there is none.
JUDGEMENTS = ("SUCCESS", "FAILURE")


class ZuulUnusable(Exception):
    """Zuul does not answer, or not as one.

    :ivar status: the HTTP status, where one came.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Artifact:
    """What a build published.

    :ivar url: absolute where Zuul knew the place of the build's logs, else as the job returned it.
    :ivar type: ``metadata.type``, or an empty text.
    """

    name: str
    url: str
    type: str


@dataclass(frozen=True)
class Build:
    """A build. Times are unix seconds of Zuul's clock.

    :ivar result: None while it runs, and for good when it was tried again (then `end_t` is known).
    :ivar event_t: when its trigger fired; time spent waiting, for a semaphore say, comes after that.
    :ivar start_t: when an executor began with it.
    :ivar queue: pipeline, project and branch: of one such, Zuul's timer keeps a single item alive at a time.
    """

    uuid: str
    job: str
    pipeline: str
    result: str | None
    event_t: float | None
    start_t: float | None
    end_t: float | None
    log_url: str | None
    artifacts: tuple[Artifact, ...] = field(default_factory=tuple)
    queue: tuple[str, ...] = field(default_factory=tuple)

    @property
    def judged(self) -> bool:
        """Whether it came to a verdict."""
        return self.result in JUDGEMENTS

    @property
    def running(self) -> bool:
        """Whether it is still in progress."""
        return self.result is None and self.end_t is None

    @property
    def due_t(self) -> float | None:
        """When it was meant to start."""
        return self.event_t if self.event_t is not None else self.start_t


class Zuul:
    """One tenant of a Zuul.

    :param timeout_s: for one request.
    """

    def __init__(self, place: Place, timeout_s: float = 10.0) -> None:
        self.place = place
        self._timeout_s = timeout_s
        self.now_t: float | None = None
        """What Zuul's clock said with the last answer, unix seconds, or None when it did not."""

    def build(self, uuid: str) -> Build:
        """A build, finished or not.

        :raises ZuulUnusable: it does not answer, or knows no such build (404).
        """
        answer = self._ask(f"build/{urllib.parse.quote(uuid, safe='')}")
        if not isinstance(answer, dict):
            raise self._nonsense("build")
        return self._build(answer)

    def builds(
        self,
        job: str,
        *,
        pipeline: str | None = None,
        project: str | None = None,
        branch: str | None = None,
        complete: bool | None = None,
        limit: int = 50,
        skip: int = 0,
    ) -> list[Build]:
        """Builds of a job, the newest first.

        :param complete: only such that have a result, or only such that have none.
        :raises ZuulUnusable: it does not answer.
        """
        query = {"job_name": job, "pipeline": pipeline, "project": project, "branch": branch}
        query |= {"limit": str(limit), "skip": str(skip)}
        if complete is not None:
            query["complete"] = "true" if complete else "false"
        answer = self._ask("builds", {name: value for name, value in query.items() if value})
        if not isinstance(answer, list):
            raise self._nonsense("builds")
        return [self._build(entry) for entry in answer]

    def has_job(self, job: str) -> bool:
        """Whether the tenant's configuration has a job of this name.

        :raises ZuulUnusable: it does not answer.
        """
        try:
            answer = self._ask(f"job/{urllib.parse.quote(job, safe='')}")
        except ZuulUnusable as error:
            if error.status == 404:
                return False
            raise
        return isinstance(answer, list) and bool(answer)

    def waiting(self, job: str, pipeline: str | None = None) -> list[str]:
        """Why queued builds of a job do not start, in Zuul's own words, such as ``semaphores: probe-demo``.

        :raises ZuulUnusable: it does not answer.
        """
        answer = self._ask("status")
        reasons: list[str] = []
        try:
            for one in answer["pipelines"]:
                if pipeline not in (None, one["name"]):
                    continue
                items = [item for queue in one["change_queues"] for head in queue["heads"] for item in head]
                for entry in (entry for item in items for entry in item["jobs"]):
                    if entry["name"] == job and entry.get("waiting_status"):
                        reasons.append(str(entry["waiting_status"]))
        except (TypeError, KeyError, AttributeError):
            raise self._nonsense("status") from None
        return reasons

    def _ask(self, path: str, query: dict[str, str] | None = None) -> Any:
        url = f"{self.place.api}/{path}" + (f"?{urllib.parse.urlencode(query)}" if query else "")
        try:
            answer = fetch(url, timeout_s=self._timeout_s)
        except FetchFailed as error:
            raise ZuulUnusable(f"{self.place.api}/{path}: {error}", error.status) from None
        self.now_t = answer.server_t
        try:
            return json.loads(answer.body)
        except (ValueError, RecursionError):
            raise self._nonsense(path) from None

    def _nonsense(self, path: str) -> ZuulUnusable:
        return ZuulUnusable(f"{self.place.api}/{path}: the answer is not one of Zuul's API; check the address")

    def _build(self, fields: Any) -> Build:
        try:
            artifacts = fields.get("artifacts") or []
            return Build(
                uuid=str(fields["uuid"]),
                job=str(fields["job_name"]),
                pipeline=str(fields.get("pipeline") or ""),
                result=str(fields["result"]) if fields["result"] is not None else None,
                event_t=_moment(fields.get("event_timestamp")),
                start_t=_moment(fields["start_time"]),
                end_t=_moment(fields["end_time"]),
                log_url=str(fields["log_url"]) if fields.get("log_url") else None,
                artifacts=tuple(_artifact(entry) for entry in artifacts),
                queue=_queue(fields),
            )
        except (TypeError, KeyError, AttributeError, ValueError):
            raise self._nonsense("build") from None


def _artifact(entry: Any) -> Artifact:
    metadata = entry.get("metadata")
    return Artifact(
        str(entry["name"]), str(entry["url"]), str(metadata.get("type", "")) if isinstance(metadata, dict) else ""
    )


def _queue(fields: dict[str, Any]) -> tuple[str, ...]:
    ref = fields.get("ref")
    ref = ref if isinstance(ref, dict) else fields  # before Zuul 10 these stood beside it
    return tuple(str(part) for part in (fields.get("pipeline"), ref.get("project"), ref.get("branch")))


def _moment(text: str | None) -> float | None:
    """``2026-01-31T12:34:56`` of UTC, as Zuul writes it.

    :raises ValueError: it is none.
    """
    if text is None:
        return None
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


__all__ = ["JUDGEMENTS", "Artifact", "Build", "Zuul", "ZuulUnusable"]
