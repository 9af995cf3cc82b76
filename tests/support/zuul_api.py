"""A server that answers as zuul-web 14.3 does, for clients of its REST API where no Zuul runs.

The documents have exactly the fields that ``BuildConverter.toDict`` (zuul/web/__init__.py) and ``formatStatusJSON``
(zuul/manager/__init__.py) make, and queries filter as ``getBuilds`` (zuul/driver/sql/sqlconnection.py) does.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
import urllib.parse
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TENANT = "acme"
Document = dict[str, Any]


def _time(t: float | None) -> str | None:
    return None if t is None else datetime.fromtimestamp(t, UTC).strftime("%Y-%m-%dT%H:%M:%S")


class ZuulApi:
    """The API of one tenant on loopback.

    :ivar requests: paths that were asked for, in order.
    :ivar answers: other answers than Zuul's for paths that begin so: status, body.
    :ivar delay_s: before every answer.
    :ivar clock: what the ``Date`` header says; None for none.
    """

    def __init__(self) -> None:
        self.built: list[Document] = []
        self.jobs: set[str] = set()
        self.queued: list[Document] = []
        self.files: dict[str, bytes] = {}
        self.requests: list[str] = []
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.delay_s = 0.0
        self.clock: Callable[[], float] | None = time.time
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                with contextlib.suppress(OSError):  # a client may lose patience
                    api._serve(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.root = f"http://127.0.0.1:{self.server.server_port}"
        self.url = f"{self.root}/t/{TENANT}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        """End it."""
        self.server.shutdown()
        self.server.server_close()

    def add(
        self,
        job: str = "probe-demo",
        result: str | None = "SUCCESS",
        *,
        event_t: float | None = None,
        start_t: float | None = None,
        end_t: float | None = None,
        pipeline: str = "periodic",
        project: str = "operator/cloud",
        branch: str = "main",
        artifacts: list[Document] | None = None,
        log_url: str | None = None,
    ) -> Document:
        """A build; without a result and an end it is in progress, without a result it was tried again."""
        self.jobs.add(job)
        event_t = event_t if event_t is not None else time.time()
        start_t = start_t if start_t is not None else event_t + 2
        if end_t is None and result is not None:
            end_t = start_t + 60
        ref = {
            "project": project, "branch": branch, "change": None, "patchset": None, "ref": "refs/heads/main",
            "oldrev": None, "newrev": None, "ref_url": f"https://git.example.org/{project}",
        }  # fmt: skip
        document = {
            "_id": len(self.built) + 1,
            "uuid": uuid.uuid4().hex,
            "job_name": job,
            "result": result,
            "held": None if end_t is None else False,
            "execute_time": _time(start_t - 1),
            "start_time": _time(start_t),
            "end_time": _time(end_t),
            "duration": None if end_t is None else end_t - start_t,
            "voting": True,
            "log_url": log_url,
            "nodeset": "",
            "error_detail": None,
            "final": None if end_t is None else result is not None,
            "artifacts": artifacts or [],
            "provides": [],
            "ref": ref,
            "pipeline": pipeline,
            "event_id": uuid.uuid4().hex,
            "event_timestamp": _time(event_t),
            "queue_item_uuid": uuid.uuid4().hex,
            "buildset": {"uuid": uuid.uuid4().hex},
        }
        self.built.append(document)
        return document

    def queue(self, job: str, waiting_status: str, pipeline: str = "periodic") -> None:
        """A job that waits for something."""
        self.jobs.add(job)
        self.queued.append({"name": job, "waiting_status": waiting_status, "pipeline": pipeline})

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        self.requests.append(handler.path)
        if self.delay_s:
            time.sleep(self.delay_s)
        status, body = self._answer(handler.path)
        handler.send_response_only(status)
        if self.clock is not None:
            handler.send_header("Date", formatdate(self.clock(), usegmt=True))
        handler.send_header("Content-Type", "application/json; charset=utf-8")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def _answer(self, target: str) -> tuple[int, bytes]:
        parts = urllib.parse.urlsplit(target)
        for prefix, answer in self.answers.items():
            if parts.path.startswith(prefix):
                return answer
        if parts.path in self.files:
            return 200, self.files[parts.path]
        for base in (f"/api/tenant/{TENANT}/", "/api/"):
            if parts.path.startswith(base):
                found = self._document(parts.path.removeprefix(base), dict(urllib.parse.parse_qsl(parts.query)))
                return (404, b'{"code": 404}') if found is None else (200, json.dumps(found).encode())
        return 404, b"<html>"

    def _document(self, path: str, query: dict[str, str]) -> Any:
        what, _, name = path.partition("/")
        name = urllib.parse.unquote_plus(name)
        if what == "build":
            return next((_with_refs(build) for build in self.built if build["uuid"] == name), None)
        if what == "job":
            return [{"name": name, "description": None, "variant_description": ""}] if name in self.jobs else None
        if what == "builds":
            return self._builds(query)
        return self._status() if what == "status" else None

    def _builds(self, query: dict[str, str]) -> list[Document]:
        found = []
        for build in reversed(self.built):
            asked = {"job_name": build["job_name"], "pipeline": build["pipeline"]}
            asked |= {name: build["ref"][name] for name in ("project", "branch")}
            wrong = any(name in query and query[name] != value for name, value in asked.items())
            if not wrong and (
                "complete" not in query or (query["complete"] == "true") == (build["result"] is not None)
            ):
                found.append(build)
        skip = int(query.get("skip", 0))
        return found[skip : skip + int(query.get("limit", 50))]

    def _status(self) -> Document:
        pipelines = []
        for name in sorted({job["pipeline"] for job in self.queued} | {"check"}):
            jobs = [
                {
                    "name": job["name"], "dependencies": [], "elapsed_time": None, "remaining_time": None, "url": None,
                    "report_url": None, "result": None, "voting": True, "uuid": None, "execute_time": None,
                    "start_time": None, "end_time": None, "estimated_time": None, "pipeline": None, "canceled": None,
                    "paused": None, "pre_fail": None, "retry": None, "snapshotting": None, "tries": 1, "queued": False,
                    "waiting_status": job["waiting_status"],
                }
                for job in self.queued
                if job["pipeline"] == name
            ]  # fmt: skip
            item = {"active": True, "live": True, "id": uuid.uuid4().hex, "refs": [], "item_ahead": None, "jobs": jobs}
            queues = [{"name": "q", "heads": [[item]], "window": 20, "branch": None}] if jobs else []
            pipelines.append(
                {"name": name, "description": "", "state": "normal", "manager": "independent", "change_queues": queues}
            )
        return {"zuul_version": "14.3.0", "pipelines": pipelines}


def _with_refs(build: Document) -> Document:
    return {**build, "buildset": {**build["buildset"], "refs": [build["ref"]]}}
