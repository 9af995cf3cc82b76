"""Whose fault is it? Turns what a step ran into into an outcome (the table "Which outcome" of the design).

``failed`` is the cloud's fault, ``error`` is the probe's: bad configuration, no permission, no quota, our own bug.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from keystoneauth1 import exceptions as keystone_errors
from openstack import exceptions as sdk_errors

from stackprobe.credentials.held_token import Lease
from stackprobe.engine.activity import Activity, Call

PASSED, FAILED, ERROR, SKIPPED = "passed", "failed", "error", "skipped"

_QUOTA = re.compile(r"quota|OverLimit|LimitExceeded|maximum number of (ports|volumes)|exceeds allowed", re.IGNORECASE)
_NAME_RESOLUTION = re.compile(
    r"NameResolutionError|Failed to resolve|Name or service not known|Temporary failure in name resolution|nodename nor"
)
_PROXY = re.compile(r"ProxyError|Cannot connect to proxy|Tunnel connection failed")
_UNTRUSTED = re.compile(r"self.signed|unable to get (local )?issuer|unable to get issuer", re.IGNORECASE)

ABANDONED = "given up, since the scenario ended before"
GIVEN_UP = "given up, since what goes on beside it went wrong"
"""Why a step in the background was ended."""


class StepError(Exception):
    """The step itself cannot be executed: missing or wrong arguments. Outcome ``error``."""


class StepFailure(Exception):
    """The cloud broke its promise in a way that raised nothing: wrong content, wrong state. Outcome ``failed``."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Unanswered(Exception):
    """A watched host or a name server, no API of the cloud, did not answer or could not be reached.

    Outcome ``failed``, unless the control target does not answer either.
    """


class DeadlinePassed(StepFailure):
    """The step's time was over before the cloud did what was expected."""


class StepSkipped(Exception):
    """A precondition of the step is absent. Outcome ``skipped``."""


@dataclass(frozen=True)
class Verdict:
    """An outcome with its reason, what to do about it, and the HTTP status that decided it."""

    outcome: str
    message: str
    remedy: str | None = None
    status: int | None = None


def control_target_answers(target: str | None, timeout_s: float = 5.0) -> bool | None:
    """Whether a TCP connection to the control target (``host:port`` or a URL) comes up; None if none is configured."""
    if not target:
        return None
    try:
        socket.create_connection(_host_and_port(target), timeout_s).close()
    except OSError:
        return False
    return True


def has_name(target: str | None) -> bool:
    """Whether name resolution takes part in reaching the control target: it is configured, and not by an IP address."""
    host = _host_and_port(target)[0] if target else ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return bool(host)
    return False


def _host_and_port(target: str) -> tuple[str, int]:
    split = urlsplit(target if "//" in target else f"//{target}")
    return split.hostname or "", split.port or {"https": 443}.get(split.scheme, 80)


class Judge:
    """Judges exceptions of steps.

    :param control_target: tells the cloud's silence from the runner's own broken network.
    :param by_name: the control target has a name, so that its answer tells that the runner's name resolution works.
    """

    def __init__(self, control_target: Callable[[], bool | None] = lambda: None, *, by_name: bool = False) -> None:
        self._control_target, self._by_name = control_target, by_name
        self.authenticated = False
        self.roles: tuple[str, ...] = ()
        """What the token's roles are called."""
        self.lease: Lease | None = None
        """How long the run's token lives, where it cannot be renewed."""

    def judge(self, error: BaseException, activity: Activity) -> Verdict:
        """The verdict on a step that ended with ``error`` after the calls in ``activity``."""
        error = _unwrapped(error)
        if isinstance(error, StepError):
            return Verdict(ERROR, str(error))
        if isinstance(error, StepSkipped):
            return Verdict(SKIPPED, str(error))
        if activity.aborted in (ABANDONED, GIVEN_UP):
            return Verdict(SKIPPED, activity.aborted)
        if activity.aborted and activity.aborted != "deadline":
            return Verdict(ERROR, f"interrupted: {activity.aborted}")
        last = activity.sending or activity.last_call()
        status = status_of(error)
        ran_out = isinstance(error, DeadlinePassed) or not (isinstance(error, StepFailure) or status is not None)
        if activity.cut_by_run and ran_out and activity.remaining() <= 0:
            return Verdict(
                ERROR, f"the run's time was over before the step's{_while(last)}", "give the run a longer deadline_s"
            )
        if isinstance(error, StepFailure):
            return Verdict(FAILED, str(error), status=error.status if error.status is not None else _status(last))
        if status is not None:
            return self._by_status(status, describe(error), last)
        if isinstance(error, Unanswered):
            return self._unanswered(str(error))
        if activity.remaining() <= 0:
            if last is None and activity.doing:
                return self._unanswered(f"deadline passed while {activity.doing}")
            if last is None:
                return Verdict(ERROR, "the deadline passed before the probe sent anything", "look at the runner's load")
            seen = f"; last seen: {activity.seen}" if activity.seen else ""
            message = f"deadline passed{_while(last)}{seen}"
            if last.status is None and self._control_target() is False:
                return _runner_offline(message)
            return Verdict(FAILED, message, status=_status(last))
        if isinstance(error, keystone_errors.SSLError):
            return self._tls(error)
        if isinstance(error, keystone_errors.ConnectFailure | keystone_errors.UnknownConnectionError | OSError):
            return self._no_answer(error, last)
        if isinstance(error, sdk_errors.InvalidRequest | sdk_errors.InvalidResourceQuery):
            return Verdict(ERROR, f"openstacksdk refuses it: {describe(error)}", "check the step's arguments")
        if isinstance(error, sdk_errors.ResourceTimeout):
            return Verdict(FAILED, describe(error), status=_status(last))
        if isinstance(error, sdk_errors.ResourceFailure):
            return Verdict(FAILED, describe(error), status=_status(last))
        broken = next((call for call in reversed(activity.calls) if call.broken), None)
        if broken is not None:
            return self._broken_call(broken)
        if isinstance(error, keystone_errors.MissingRequiredOptions | keystone_errors.AuthPluginException):
            return Verdict(ERROR, describe(error), "check the auth section of this cloud in clouds.yaml")
        if isinstance(error, keystone_errors.EndpointNotFound | sdk_errors.EndpointNotFound):
            return Verdict(ERROR, describe(error), "check region_name and interface of this cloud in clouds.yaml")
        if activity.calls and _raised_by_sdk(error):
            return Verdict(FAILED, f"the answer was not understood: {describe(error)}", status=_status(last))
        return Verdict(ERROR, f"the probe itself broke: {type(error).__name__}: {error}{_where(error)}")

    def _by_status(self, status: int, message: str, last: Call | None) -> Verdict:
        if status == 401 and not self.authenticated:
            return Verdict(
                ERROR,
                f"authentication refused: {message}",
                "check the credentials in clouds.yaml, and that they have not expired",
                status,
            )
        if self.lease is not None and self.lease.over and (status == 401 or _is_exchange(status, last)):
            remedy = (
                "give the run a shorter deadline_s, or let the cloud's tokens live longer, or probe with the password"
            )
            return Verdict(ERROR, f"the run's token has expired ({self.lease.text}): {message}", remedy, status)
        if status == 404 and not self.authenticated:
            remedy = "check the auth_url in clouds.yaml, and the token if one stands there"
            return Verdict(ERROR, f"there is no Keystone, or it does not know the token: {message}", remedy, status)
        if status in (403, 409, 413) and _QUOTA.search(message):
            return Verdict(ERROR, f"no quota left: {message}", "raise the project's quota or free what it uses", status)
        if status == 403:
            has = f"; in the project it has {' and '.join(self.roles)}" if self.roles else ""
            return Verdict(
                ERROR, f"refused by policy: {message}", f"give the user the role that this step needs{has}", status
            )
        if status == 400 or status in (405, 406, 411, 415, 422, 431):
            return Verdict(ERROR, f"the request was not accepted: {message}", "check the step's arguments", status)
        if status == 407:
            return Verdict(ERROR, f"the proxy refused: {message}", "check the runner's proxy settings", status)
        return Verdict(FAILED, message, status=status)

    def _broken_call(self, call: Call) -> Verdict:
        if call.malformed:
            return Verdict(FAILED, f"malformed answer to {call.method} {call.url}: not JSON", status=call.status)
        if call.status is not None:
            return Verdict(FAILED, f"HTTP {call.status} to {call.method} {call.url}", status=call.status)
        return self._no_answer(ConnectionError(call.error or "no answer"), call)

    def malformed(self, activity: Activity) -> Verdict | None:
        """The verdict on a step that the SDK believes in although an answer that it got was no JSON."""
        call = activity.unrecovered()
        return self._broken_call(call) if call is not None else None

    def _no_answer(self, error: BaseException, last: Call | None) -> Verdict:
        message = (last.error if last and last.error else None) or describe(error)
        reachable = self._control_target()
        if reachable is False:
            return _runner_offline(message)
        if not (reachable and self._by_name) and _NAME_RESOLUTION.search(message):
            return Verdict(ERROR, f"name resolution failed: {message}", "check the runner's DNS and the auth_url")
        if _PROXY.search(message):
            return Verdict(ERROR, f"the proxy does not work: {message}", "check the runner's proxy settings")
        return Verdict(FAILED, f"no answer{_while(last)}: {message}")

    def _unanswered(self, message: str) -> Verdict:
        return _runner_offline(message) if self._control_target() is False else Verdict(FAILED, message)

    def _tls(self, error: BaseException) -> Verdict:
        message = describe(error)
        if _UNTRUSTED.search(message) and not self.authenticated:
            return Verdict(ERROR, f"TLS: {message}", "name the cloud's CA with cacert in clouds.yaml")
        return Verdict(FAILED, f"TLS: {message}")


def _unwrapped(error: BaseException) -> BaseException:
    """The error of keystoneauth that openstacksdk made into a plain one of its own, in which only a text is left."""
    inner = error.__cause__ or error.__context__
    if type(error) is sdk_errors.SDKException and isinstance(inner, keystone_errors.ClientException):
        return inner
    return error


def status_of(error: BaseException) -> int | None:
    """The HTTP status that an exception of openstacksdk or keystoneauth stands for; None if it is about no answer."""
    for name in ("status_code", "http_status"):
        value = getattr(error, name, None)
        if isinstance(value, int) and value >= 400:
            return value
    return None


def describe(error: BaseException) -> str:
    """One line of at most 500 characters that says what happened."""
    parts = [str(error)]
    details = getattr(error, "details", None)
    if isinstance(details, str) and details not in parts[0]:
        parts.append(details)
    text = " ".join(" ".join(parts).split()) or type(error).__name__
    return text if len(text) <= 500 else f"{text[:400]} … {text[-90:]}"


def _runner_offline(message: str) -> Verdict:
    return Verdict(
        ERROR,
        f"the runner's own network is broken, the control target does not answer either: {message}",
        "check the runner's network, then the control_target of the configuration",
    )


def _is_exchange(status: int, last: Call | None) -> bool:
    """Keystone knew nothing of a token that was to be exchanged."""
    return status == 404 and last is not None and (last.method, last.resource) == ("POST", "tokens")


def _status(call: Call | None) -> int | None:
    return call.status if call else None


def _while(call: Call | None) -> str:
    return f" during {call.method} {call.url}" if call else ""


def _raised_by_sdk(error: BaseException) -> bool:
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and bool(re.search(r"[/\\](openstack|keystoneauth1|requests|json)[/\\]", frames[-1].filename))


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f" ({frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno})" if frames else ""
