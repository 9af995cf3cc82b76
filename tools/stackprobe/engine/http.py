"""Measures every HTTP request to the cloud where it happens, below openstacksdk and keystoneauth.

The session's transport replaces that of requests and the connections of urllib3: so each attempt is seen, also those
that fail, those of the authentication itself, and those that the SDK repeats on its own.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import requests
import urllib3
from keystoneauth1 import session as keystone_session
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

from stackprobe.engine import activity as activities
from stackprobe.engine import urls
from stackprobe.engine.throttle import Throttle

CONNECT_TIMEOUT_S = 10.0
"""How long a TCP connection may take to come up, in seconds; a step's own deadline may be shorter."""
READ_TIMEOUT_S = 60.0
"""How long the cloud may be silent within one answer, in seconds; a step's own deadline may be shorter."""


class _Timed:
    """Measures a urllib3 connection's TCP and TLS set-up and tells the thread's activity which socket is in use."""

    def connect(self) -> None:
        self._use()
        start = time.monotonic()
        super().connect()  # type: ignore[misc]
        connection: Any = self
        connection.stackprobe_connect_s = getattr(connection, "stackprobe_tcp_s", None) or time.monotonic() - start
        total = time.monotonic() - start
        connection.stackprobe_tls_s = (
            total - connection.stackprobe_connect_s if isinstance(self, HTTPSConnection) else None
        )
        if isinstance(self, HTTPSConnection):  # kept here, since the socket may be closed with the answer
            connection.stackprobe_certificate = connection.sock.getpeercert(binary_form=True)

    def _new_conn(self) -> Any:
        start = time.monotonic()
        try:
            return super()._new_conn()  # type: ignore[misc]
        finally:
            self.stackprobe_tcp_s = time.monotonic() - start

    def request(self, *args: Any, **kwargs: Any) -> Any:
        self._use()
        return super().request(*args, **kwargs)  # type: ignore[misc]

    def _use(self) -> None:
        activity = activities.current()
        self.stackprobe_user = activity
        if activity is not None:
            activity.connection = self


class _TimedHTTPConnection(_Timed, HTTPConnection):
    pass


class _TimedHTTPSConnection(_Timed, HTTPSConnection):
    pass


class _TimedHTTPPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _TimedHTTPConnection


class _TimedHTTPSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _TimedHTTPSConnection


_POOLS = {"http": _TimedHTTPPool, "https": _TimedHTTPSPool}


class _TimedAdapter(keystone_session.TCPKeepAliveAdapter):
    """keystoneauth's transport (TCP keep-alive, no Nagle) with measured connections, direct and through a proxy."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = HTTPAdapter.proxy_manager_for(self, *args, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager


class MeasuredRequests(requests.Session):
    """A requests session that reports each request as a :class:`~stackprobe.engine.activity.Call`.

    :param endpoints: tells the service of a URL.
    :param on_call: told of every finished or failed call, with its activity (None outside any step).
    :param throttle: holds requests back where there would be too many.
    """

    def __init__(
        self,
        endpoints: urls.EndpointMap,
        on_call: Callable[[activities.Call, activities.Activity | None], None],
        throttle: Throttle | None = None,
    ) -> None:
        super().__init__()
        self._endpoints, self._on_call, self._throttle = endpoints, on_call, throttle or Throttle(None)
        self.date_header: str | None = None
        for scheme in ("http://", "https://"):
            self.mount(scheme, _TimedAdapter(pool_connections=32, pool_maxsize=64))

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send a request within the time of this thread's activity, held back by the throttle, and record it.

        :raises requests.RequestException: as of requests; it is recorded, too.
        """
        activity = activities.current()
        url, method = request.url or "", request.method or ""
        service = self._endpoints.service(url)
        path = urls.template(url, service)
        held_s = self._throttle.hold(activity)
        call = activities.Call(service, method, path, urls.resource(path), time.time(), held_s=held_s)
        if activity is not None:
            call.attempt = activity.next_attempt(method, path)
            kwargs["timeout"] = _within(kwargs.get("timeout"), activity)
            activity.connection, activity.sending = None, call
        call.began = time.monotonic()
        try:
            response = super().send(request, **kwargs)
            call.status = response.status_code
            call.request_id = response.headers.get("x-openstack-request-id") or response.headers.get(
                "x-compute-request-id"
            )
            call.malformed = not kwargs.get("stream") and _malformed(request, response)
            self.date_header = response.headers.get("Date") or self.date_header
            return response
        except Exception as error:
            call.error = f"{type(error).__name__}: {_root(error)}"
            raise
        finally:
            call.ended = time.monotonic()
            call.duration_ms = (call.ended - call.began) * 1000
            if activity is not None:
                self._add_set_up(call, activity)
                activity.sending = None
                if not kwargs.get("stream"):  # the content of a stream is still to come
                    activity.connection = None
                activity.calls.append(call)
            self._on_call(call, activity)

    @staticmethod
    def _add_set_up(call: activities.Call, activity: activities.Activity) -> None:
        """Connection and TLS set-up are counted once: for the request that had to wait for them."""
        connection = activity.connection
        tcp, tls = (getattr(connection, name, None) for name in ("stackprobe_connect_s", "stackprobe_tls_s"))
        if tcp is not None:
            call.connect_ms = tcp * 1000
            call.tls_ms = tls * 1000 if tls is not None else None
            connection.stackprobe_connect_s = connection.stackprobe_tls_s = None


def session_class(
    endpoints: urls.EndpointMap,
    on_call: Callable[[activities.Call, activities.Activity | None], None],
    throttle: Throttle | None = None,
) -> Callable[..., keystone_session.Session]:
    """A constructor of measured keystoneauth sessions, for openstacksdk's ``session_constructor``."""

    def construct(*args: Any, **kwargs: Any) -> keystone_session.Session:
        kwargs["session"] = MeasuredRequests(endpoints, on_call, throttle)
        return keystone_session.Session(*args, **kwargs)

    return construct


def _within(configured: Any, activity: activities.Activity) -> tuple[float, float]:
    """(connect, read) time-outs in seconds: the configured one (``api_timeout``), never more than the step has left."""
    remaining = activity.remaining()
    if remaining <= 0:
        raise requests.exceptions.Timeout("the step's time was over before the request was sent")
    connect, read = configured if isinstance(configured, tuple) else (configured, configured)
    return min(float(connect or CONNECT_TIMEOUT_S), remaining), min(float(read or READ_TIMEOUT_S), remaining)


def _malformed(request: requests.PreparedRequest, response: requests.Response) -> bool:
    """Whether a successful answer that must be JSON is not. The SDK passes over that and keeps stale values."""
    if not response.ok or response.status_code == 204 or not response.content or request.method == "HEAD":
        return False
    accepted = str(request.headers.get("Accept", ""))
    content_type = response.headers.get("Content-Type", "")
    if "json" not in accepted and "json" not in content_type:
        return False
    if "octet-stream" in content_type:
        return False
    try:
        json.loads(response.content)
    except ValueError:
        return True
    return False


def _root(error: BaseException) -> str:
    """The innermost reason: requests and urllib3 wrap it three times over."""
    seen = error
    while True:
        inner = getattr(seen, "reason", None) or next(
            (arg for arg in seen.args if isinstance(arg, BaseException)), None
        )
        if not isinstance(inner, BaseException) or inner is seen:
            return str(seen)
        seen = inner
