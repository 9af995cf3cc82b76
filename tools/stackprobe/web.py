"""One bounded HTTP GET: by a deadline, by a size, never to another place than asked for.

The address may be a secret, so no message of this module holds more of it than its host.
"""

from __future__ import annotations

import http.client
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import IO, Any

from stackprobe import __version__
from stackprobe.errors import UsageError

_CHUNK = 64 * 1024


class FetchFailed(Exception):
    """No usable answer came: unreachable, too slow, too large, or an HTTP status that is no success.

    :ivar status: the HTTP status, None when no answer came.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Answer:
    """A successful answer.

    :ivar server_t: what the server's clock said, unix seconds, or None when it sends no ``Date``.
    """

    body: bytes
    content_type: str
    server_t: float | None


def check_address(url: str, what: str, example: str) -> str:
    """The address, if it is one of http or https with a host and without a password.

    :param what: whose address it is, for the message; the address itself is not shown, it may hold a secret.
    :raises UsageError: it is none.
    """
    try:
        parts = urllib.parse.urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
        valid = valid and (parts.port or 1) > 0  # reading the port raises where it is none
    except ValueError:
        valid = False
    if not valid or not url.isascii() or any(character.isspace() or not character.isprintable() for character in url):
        raise UsageError(f"the address of {what} is malformed", remedy=f"give one such as {example}")
    return url


def fetch(
    url: str, *, timeout_s: float, largest: int = 32 * 1024 * 1024, other_hosts: bool = False, data: bytes | None = None
) -> Answer:
    """Get an address, or post to it where there is ``data``.

    :param timeout_s: for everything together, name resolution and redirects included.
    :param largest: most bytes of the body.
    :param other_hosts: whether a redirect may lead to another host, or from https to http.
    :raises FetchFailed: see there; a body that is too large counts as none.
    """
    outcome: list[Answer | FetchFailed] = []
    deadline = time.monotonic() + timeout_s

    def work() -> None:
        try:
            outcome.append(_fetch(url, deadline, largest, other_hosts, data))
        except FetchFailed as error:
            outcome.append(error)
        except Exception as error:
            outcome.append(FetchFailed(_reason(error)))

    # A socket's timeout starts anew with every byte, and resolving a name has none: only a thread can be left behind.
    thread = threading.Thread(target=work, name="fetch", daemon=True)
    thread.start()
    thread.join(timeout_s)
    answer = outcome[0] if outcome else FetchFailed(f"no whole answer within {timeout_s:g} s")
    if isinstance(answer, FetchFailed):
        raise answer
    return answer


def _fetch(url: str, deadline: float, largest: int, other_hosts: bool, data: bytes | None) -> Answer:
    opener = urllib.request.build_opener(_Redirects(other_hosts))
    request = urllib.request.Request(url, data, headers={"User-Agent": f"stackprobe/{__version__}"})
    try:
        with opener.open(request, timeout=max(deadline - time.monotonic(), 0.001)) as answer:
            body = _read(answer, deadline, largest)
            return Answer(body, answer.headers.get("Content-Type", ""), _moment(answer.headers.get("Date")))
    except urllib.error.HTTPError as error:
        with error:
            raise FetchFailed(f"HTTP {error.code}", error.code) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise FetchFailed(_reason(error)) from None


def _read(answer: http.client.HTTPResponse, deadline: float, largest: int) -> bytes:
    parts, size = [], 0
    while chunk := answer.read(_CHUNK):
        parts.append(chunk)
        size += len(chunk)
        if size > largest:
            raise FetchFailed(f"the answer is larger than {largest} bytes")
        if time.monotonic() > deadline:
            raise FetchFailed("no whole answer in time")
    if answer.length:  # what its Content-Length promised and did not come: reading by pieces does not say so itself
        raise FetchFailed("the answer ends early")
    return b"".join(parts)


class _Redirects(urllib.request.HTTPRedirectHandler):
    def __init__(self, other_hosts: bool) -> None:
        self._other_hosts = other_hosts

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        old, new = urllib.parse.urlsplit(req.full_url), urllib.parse.urlsplit(newurl)
        if new.scheme not in ("http", "https"):
            raise FetchFailed("it redirects to something that is not HTTP", code)
        if not self._other_hosts:
            if new.hostname != old.hostname:
                raise FetchFailed("it redirects to another host", code)
            if old.scheme == "https" and new.scheme == "http":
                raise FetchFailed("it redirects from https to http", code)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _reason(error: Exception) -> str:
    """Why, without the address: only messages of the operating system and of TLS are passed on."""
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, TimeoutError):
        return "no answer in time"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return type(cause).__name__ if isinstance(cause, Exception) else type(error).__name__


def _moment(date: str | None) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp() if date else None
    except (TypeError, ValueError):
        return None
