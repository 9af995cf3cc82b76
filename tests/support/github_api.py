"""A server that answers as GitHub's REST API does for the issues of one repository, for clients where no GitHub is.

Fields, status codes, messages and headers are those of https://docs.github.com/rest/issues and
https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api.
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
import urllib.parse
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

REPOSITORY = "acme/clouds"
TOKEN = "ghs_0123456789abcdefghijklmnopqrstuvwxyzABCD"
Document = dict[str, Any]
Answer = tuple[int, Document, dict[str, str]]

FORBIDDEN: Answer = (403, {"message": "Resource not accessible by integration"}, {})
MISSING: Answer = (404, {"message": "Not Found"}, {})
DISABLED: Answer = (410, {"message": "Issues has been disabled in this repository."}, {})
BROKEN: Answer = (502, {"message": "Server Error"}, {})
CONFLICT: Answer = (409, {"message": "Conflict"}, {})


def used_up(reset_t: float) -> Answer:
    """The primary rate limit is used up until a moment."""
    headers = {"x-ratelimit-limit": "1000", "x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(reset_t))}
    return 403, {"message": "API rate limit exceeded for installation ID 1."}, headers


def too_fast(retry_after: str | None, status: int = 403) -> Answer:
    """A secondary rate limit."""
    message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
    return status, {"message": message}, {"retry-after": retry_after} if retry_after else {}


class GithubApi:
    """One repository on loopback.

    :ivar issues: by number; ``comments`` their comments.
    :ivar requests: method and path of each request, in order.
    :ivar failures: answers in place of the next requests whose method and path match, and whether the request takes
        effect all the same.
    :ivar now_t: GitHub's clock, unix seconds.
    :ivar drops_labels: as for a token that may not set labels of new issues.
    :ivar before_create: is called before an issue is made.
    """

    def __init__(self, now_t: float) -> None:
        self.issues: dict[int, Document] = {}
        self.comments: dict[int, list[Document]] = {}
        self.requests: list[str] = []
        self.failures: list[tuple[str, Answer | None, bool]] = []
        self.now_t = now_t
        self.drops_labels = False
        self.before_create: Callable[[], None] | None = None
        self.most_on_a_page = 100
        self._lock = threading.RLock()
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _any(self) -> None:
                with contextlib.suppress(OSError):
                    api._serve(self)

            do_GET = do_POST = do_PATCH = _any

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads, self.server.block_on_close = True, False
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        """End it."""
        self.server.shutdown()
        self.server.server_close()

    def fail(self, request: str, *answers: Answer | None, took_effect: bool = False) -> None:
        """Answer the next requests so, whose ``METHOD path`` the expression finds; None breaks the connection."""
        self.failures += [(request, answer, took_effect) for answer in answers]

    def add(self, *, body: str, title: str = "x", labels: tuple[str, ...] = ("stackprobe-alarm",), **more: Any) -> int:
        """An issue that is there already."""
        with self._lock:
            issue = self._make({"title": title, "body": body, "labels": list(labels)})
            issue.update(more)
            return int(issue["number"])

    def open(self) -> list[Document]:
        """The open issues, by number."""
        return [one for _, one in sorted(self.issues.items()) if one["state"] == "open"]

    def said(self, number: int) -> list[str]:
        """The comments of an issue."""
        return [one["body"] for one in self.comments.get(number, [])]

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("content-length") or 0)
        data = json.loads(handler.rfile.read(length)) if length else {}
        request = f"{handler.command} {handler.path}"
        with self._lock:
            self.requests.append(request)
            failure = next((one for one in self.failures if re.search(one[0], request)), None)
            if failure is not None:
                self.failures.remove(failure)
        if failure is not None:
            if failure[2]:
                self._answer(handler, data)
            if failure[1] is None:
                handler.close_connection = True
                handler.connection.close()
                return
        if handler.command == "POST" and handler.path.endswith("/issues") and self.before_create and not failure:
            self.before_create()
        status, document, headers = failure[1] if failure and failure[1] else self._answer(handler, data)
        content = json.dumps(document).encode()
        handler.send_response_only(status)
        handler.send_header("Date", formatdate(self.now_t, usegmt=True))
        handler.send_header("Content-Type", "application/json; charset=utf-8")
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def _answer(self, handler: BaseHTTPRequestHandler, data: Document) -> Answer:
        if handler.headers.get("authorization") not in (f"token {TOKEN}", f"Bearer {TOKEN}"):
            return 401, {"message": "Bad credentials"}, {}
        parts = urllib.parse.urlsplit(handler.path)
        base, query = f"/repos/{REPOSITORY}/issues", dict(urllib.parse.parse_qsl(parts.query))
        if not parts.path.startswith(base):
            return MISSING
        rest = [one for one in parts.path.removeprefix(base).split("/") if one]
        with self._lock:
            if not rest:
                if handler.command == "POST":
                    return 201, self._make(data, drop=self.drops_labels), {}
                return self._page(parts.path, query, self._matching(query))
            if not rest[0].isdigit() or (number := int(rest[0])) not in self.issues:
                return MISSING
            if rest[1:] == ["comments"]:
                if handler.command == "POST":
                    return 201, self._comment(number, data["body"]), {}
                since = query.get("since", "")
                return self._page(
                    parts.path, query, [one for one in self.comments.get(number, []) if one["updated_at"] >= since]
                )
            if rest[1:] == ["labels"]:
                names = data["labels"] if isinstance(data, dict) else data
                self.issues[number]["labels"] += [{"name": name} for name in names]
                return 200, self.issues[number]["labels"], {}  # type: ignore[return-value]
            if handler.command == "PATCH":
                return 200, self._edit(number, data), {}
            return 200, self.issues[number], {}

    def _make(self, data: Document, drop: bool = False) -> Document:
        number = len(self.issues) + 1
        now = self._now()
        url = f"{self.url}/repos/{REPOSITORY}/issues/{number}"
        issue = {
            "id": 1000 + number, "number": number, "url": url, "title": data["title"], "body": data.get("body"),
            "state": "open", "state_reason": None, "created_at": now, "updated_at": now, "closed_at": None,
            "labels": [] if drop else [{"name": name} for name in data.get("labels", [])],
            "html_url": f"https://github.com/{REPOSITORY}/issues/{number}", "comments_url": f"{url}/comments",
            "user": {"login": "github-actions[bot]", "id": 1, "type": "Bot"},
        }  # fmt: skip
        self.issues[number] = issue
        return issue

    def _edit(self, number: int, data: Document) -> Document:
        issue = self.issues[number]
        issue.update({key: data[key] for key in ("title", "body", "state", "state_reason") if key in data})
        issue["updated_at"] = self._now()
        issue["closed_at"] = self._now() if issue["state"] == "closed" else None
        return issue

    def _comment(self, number: int, body: str) -> Document:
        now = self._now()
        comment = {"id": sum(map(len, self.comments.values())) + 1, "body": body, "created_at": now, "updated_at": now}
        self.comments.setdefault(number, []).append(comment)
        self.issues[number]["updated_at"] = now
        return comment

    def _matching(self, query: dict[str, str]) -> list[Document]:
        """The newest first, as GitHub lists them."""
        state, labels = query.get("state", "open"), set(filter(None, query.get("labels", "").split(",")))
        return [
            one
            for _, one in sorted(self.issues.items(), reverse=True)
            if state in ("all", one["state"])
            and labels <= {label["name"] for label in one["labels"]}
            and one["updated_at"] >= query.get("since", "")
        ]

    def _page(self, path: str, query: dict[str, str], found: list[Document]) -> Answer:
        size = min(int(query.get("per_page", 30)), self.most_on_a_page)
        page = int(query.get("page", 1))
        headers = {}
        if page * size < len(found):
            more = urllib.parse.urlencode({**query, "page": page + 1})
            headers["Link"] = f'<{self.url}{path}?{more}>; rel="next"'
        return 200, found[(page - 1) * size : page * size], headers  # type: ignore[return-value]

    def _now(self) -> str:
        return datetime.fromtimestamp(self.now_t, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
