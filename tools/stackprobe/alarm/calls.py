"""Calls to GitHub's API that wait out its limits and try again what may be tried again, and no more.

PyGithub's own retries are not used: they repeat a POST after a 5xx, and the first may have made an issue all the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import TypeVar

import github
import requests

from stackprobe.errors import UsageError

T = TypeVar("T")

TRIES = 5
SECONDARY_WAIT_S = 60.0
"""A secondary rate limit that names no time ends after a minute at the earliest (GitHub's documentation)."""
BETWEEN_WRITES_S = 1.0
"""GitHub asks for a second between requests that create something."""
PERMISSIONS = "give the job `permissions: {issues: write, contents: read}`"


class GithubUnavailable(Exception):
    """GitHub does not answer, or wants to be left alone for longer than there is patience. The message says so."""


class Uncertain(Exception):
    """A request that must not be repeated blindly was sent, and nobody knows whether it took effect."""


class Caller:
    """Makes calls.

    :param longest_wait_s: gives up where GitHub wants more patience than this for all calls together (s).
    :param sleep: waits so many seconds.
    """

    def __init__(self, longest_wait_s: float, sleep: Callable[[float], None] = time.sleep) -> None:
        self._left_s, self._sleep = longest_wait_s, sleep
        self._wrote = False

    def read(self, what: str, call: Callable[[], T]) -> T:
        """Make a call that may be repeated.

        :param what: what it does, for messages: ``list the issues``.
        :raises GithubUnavailable: it did not work in the end.
        :raises UsageError: GitHub refuses it.
        """
        return self._try(what, call, repeatable=True)

    def write(self, what: str, call: Callable[[], T], *, repeatable: bool = False) -> T:
        """Make a call that changes something.

        :param repeatable: doing it twice is doing it once.
        :raises Uncertain: it is not repeatable, and it may have taken effect or not.
        """
        if self._wrote:
            self._sleep(BETWEEN_WRITES_S)
        self._wrote = True
        return self._try(what, call, repeatable=repeatable)

    def _try(self, what: str, call: Callable[[], T], *, repeatable: bool) -> T:
        for attempt in range(TRIES):
            try:
                return call()
            except github.RateLimitExceededException as error:
                trouble, wait_s = "GitHub's rate limit is used up", _limit_s(error)
            except github.GithubException as error:
                if error.status == 429:
                    trouble, wait_s = "GitHub's rate limit is used up", _limit_s(error)
                elif error.status >= 500:
                    if not repeatable:
                        raise Uncertain(f"GitHub answered {error.status}") from error
                    trouble, wait_s = f"GitHub answered {error.status}", 2.0**attempt
                elif error.status == 409:
                    trouble, wait_s = f"GitHub answered {error.status} (conflict)", 2.0**attempt
                else:
                    raise _refused(what, error) from error
            except requests.RequestException as error:
                if not repeatable:
                    raise Uncertain(f"the connection broke ({type(error).__name__})") from error
                trouble, wait_s = f"GitHub cannot be reached ({type(error).__name__})", 2.0**attempt
            if attempt + 1 < TRIES:
                self._wait(what, trouble, wait_s)
        raise GithubUnavailable(f"cannot {what}: {trouble}, {TRIES} times")

    def _wait(self, what: str, trouble: str, wait_s: float) -> None:
        if wait_s > self._left_s:
            raise GithubUnavailable(
                f"cannot {what}: {trouble}, and it would take {wait_s:.0f} s; the next run does it (see --wait)"
            )
        self._left_s -= wait_s
        self._sleep(wait_s)


def _limit_s(error: github.GithubException) -> float:
    """How long to wait: as ``Retry-After`` says, or until ``x-ratelimit-reset`` by GitHub's own clock, or a minute."""
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    if (after := headers.get("retry-after", "")).isdigit():
        return max(float(after), 1.0)
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and reset.isdigit():
        return max(float(reset) - _clock(headers), 0.0) + 1.0
    return SECONDARY_WAIT_S


def _clock(headers: Mapping[str, str]) -> float:
    try:
        return parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, ValueError):
        return time.time()


def _refused(what: str, error: github.GithubException) -> UsageError:
    said = error.data.get("message") if isinstance(error.data, dict) else None
    message = f"GitHub does not let it {what}: {error.status}" + (f" {said}" if said else "")
    if error.status == 401:
        return UsageError(message, remedy="give a valid token in the environment as GITHUB_TOKEN")
    if error.status in (403, 404):
        remedy = (
            f"check the name of the repository, and {PERMISSIONS}; a token of your own needs Issues: read and write"
        )
        return UsageError(message, remedy=remedy)
    if error.status == 410:
        return UsageError(message, remedy="switch issues on in the settings of the repository")
    return UsageError(message, remedy="see the message of GitHub")
