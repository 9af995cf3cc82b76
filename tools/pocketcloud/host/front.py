"""What stands between the socket and a service: injected faults, and the token cache of the service's middleware."""

from __future__ import annotations

import json
import logging
import random
import threading
import time
from typing import Any

from pocketcloud.faults.book import RuleBook
from pocketcloud.faults.rewrite import rewritten
from pocketcloud.faults.rules import FaultsError, HttpRule
from pocketcloud.health import HEADER
from pocketcloud.host.httpd import Application, Gone, Request, Response, call, reason

LOG = logging.getLogger(__name__)
POLL_S = 0.1
JSON = [("Content-Type", "application/json")]
HEALTH_KEY = "HTTP_" + HEADER.upper().replace("-", "_")


class TokenCache:
    """The part of memcached's client that keystonemiddleware uses, within the process."""

    LIMIT = 2000

    def __init__(self) -> None:
        self._values: dict[str, tuple[float, Any]] = {}
        self._lock = threading.Lock()

    def get(self, key: str) -> Any:
        """The value, or None when there is none or its time is over."""
        end, value = self._values.get(key, (0.0, None))
        return value if end > time.monotonic() else None

    def set(self, key: str, value: Any, time: int = 0, **_: Any) -> bool:
        """Keep a value for some seconds."""
        now = _now()
        with self._lock:
            if len(self._values) >= self.LIMIT:
                self._values = {k: v for k, v in self._values.items() if v[0] > now}
            self._values[key] = (now + (time or 300), value)
        return True


def _now() -> float:
    return time.monotonic()


class Front:
    """Handles the requests of one listener of a service."""

    def __init__(
        self, service: str, interface: str, application: Application, book: RuleBook, cache: TokenCache
    ) -> None:
        self.service = service
        self.interface = interface
        self.application = application
        self.book = book
        self.cache = cache

    def __call__(self, request: Request) -> Response:
        """Answer a request, genuinely unless a rule says otherwise."""
        request.environ["pocketcloud.cache"] = self.cache
        if request.environ["PATH_INFO"] == "/" and HEALTH_KEY in request.environ:
            return self._genuine(request)  # `status` sees the service, not the faults, and counts for no rule
        try:
            rule = self.book.http_rule(self.service, request.method, request.target, self.interface, request.sent)
        except FaultsError as error:
            if self.interface == "internal":
                return self._genuine(request)
            return _error(500, f"pocketcloud: {error}")
        if rule is None:
            return self._genuine(request)
        LOG.info("%s %s: injected %s", request.method, request.target, rule.key)
        return self._act(request, rule)

    def _genuine(self, request: Request) -> Response:
        return call(self.application, request.environ)

    def _act(self, request: Request, rule: HttpRule) -> Response:
        if rule.delay is not None:
            self._wait(request, rule)
        if rule.action == "status":
            return _made_up(rule)
        if rule.action in ("drop", "hang"):
            if rule.moment == "after":
                _whole(self._genuine(request))
            if rule.action == "hang":
                while self.book.holds(rule) and not request.client_gone():
                    time.sleep(POLL_S)
            raise Gone
        response = self._genuine(request)
        if rule.action == "truncate":
            body = _whole(response)
            return Response(
                response.status, response.headers, [body[: rule.truncate_bytes]], promised_length=len(body), close=True
            )
        if rule.action == "garbage":
            _whole(response)
            headers = [*JSON, ("X-Openstack-Request-Id", _header(response, "x-openstack-request-id"))]
            return Response(reason(200), headers, [str(rule.body).encode()])
        if rule.action == "rewrite":
            return _rewrite(response, rule)
        return response

    def _wait(self, request: Request, rule: HttpRule) -> None:
        """Delay a request.

        When the rule goes meanwhile, the delay is over: a request that still has a client is served, one that has none
        is not, so that it changes nothing in the test that follows.
        """
        end = time.monotonic() + random.uniform(*(rule.delay or (0, 0)))  # noqa: S311
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, POLL_S))
            if not self.book.holds(rule):
                if request.client_gone():
                    raise Gone
                return


def _whole(response: Response) -> bytes:
    """Read an answer to its end: only then has the service done all of its work."""
    try:
        return b"".join(response.body)
    finally:
        close = getattr(response.body, "close", None)
        if close:
            close()


def _header(response: Response, name: str) -> str:
    return next((value for key, value in response.headers if key.lower() == name), "")


def _error(status: int, message: str) -> Response:
    body = {"error": {"code": status, "title": reason(status), "message": message}}
    return Response(reason(status), list(JSON), [json.dumps(body).encode()])


def _made_up(rule: HttpRule) -> Response:
    if rule.body is None and rule.status >= 400:
        response = _error(rule.status, "injected")
    elif rule.body is None:
        response = Response(reason(rule.status), [], [])
    else:
        text = rule.body if isinstance(rule.body, str) else json.dumps(rule.body)
        response = Response(reason(rule.status), list(JSON), [text.encode()])
    given = {name.lower() for name in rule.headers}
    response.headers = [pair for pair in response.headers if pair[0].lower() not in given] + list(rule.headers.items())
    return response


def _rewrite(response: Response, rule: HttpRule) -> Response:
    body = _whole(response)
    try:
        document = json.loads(body)
    except ValueError:
        return Response(response.status, response.headers, [body])
    changed = json.dumps(rewritten(document, rule.changes, rule.removals)).encode()
    headers = [pair for pair in response.headers if pair[0].lower() != "content-length"]
    return Response(response.status, headers, [changed])
