"""Gets and revokes tokens, and tells whose fault it is when that fails, as a run would."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from typing import Any

import keystoneauth1.exceptions
from keystoneauth1.identity.base import BaseIdentityPlugin

from stackprobe.cloud import Sources, open_cloud, secrets_of
from stackprobe.credentials.held_token import about_itself
from stackprobe.engine import http
from stackprobe.engine.activity import Activity
from stackprobe.engine.classify import (
    FAILED,
    Judge,
    StepFailure,
    Verdict,
    control_target_answers,
    has_name,
    status_of,
)
from stackprobe.engine.performing import perform
from stackprobe.engine.urls import EndpointMap
from stackprobe.errors import UsageError
from stackprobe.redact import Scrubber


class CloudFault(Exception):
    """The cloud did not do what was asked of it, and that is not the fault of who asked."""


@dataclass(frozen=True)
class Issued:
    """A token.

    :param scope: what of ``auth`` names its scope: ``project_id``, ``domain_id`` or ``system_scope``.
    :param method: by which of Keystone's methods it was got (``password``, ``application_credential``).
    :param expires: the end of its life, ISO 8601, UTC.
    """

    token: str
    scope: dict[str, str]
    method: str
    expires: str


class Keystone:
    """Asks the Keystone of a cloud, with a time limit.

    :param control_target: tells the cloud's silence from the runner's own broken network, as in a configuration.
    :param timeout_s: how long each question may take (s).
    :raises UsageError: the cloud cannot be opened.
    """

    def __init__(
        self, name: str, region: str | None, sources: Sources, *, timeout_s: float, control_target: str | None = None
    ) -> None:
        self._timeout_s = timeout_s
        logging.getLogger("keystoneauth").addHandler(logging.NullHandler())  # what counts of it is in the verdict
        self.connection = open_cloud(
            name,
            region,
            sources=sources,
            session_factory=http.session_class(EndpointMap(), lambda call, activity: None),
        )
        self._scrub = Scrubber(secrets_of(self.connection))
        self._judge = Judge(lambda: control_target_answers(control_target), by_name=has_name(control_target))

    def issue(self) -> Issued:
        """A token for the credentials.

        :raises UsageError: the credentials are at fault.
        :raises CloudFault: Keystone is.
        """
        session: Any = self.connection.session
        auth_type = str(self.connection.config.config.get("auth_type"))
        if auth_type.endswith("token") or not isinstance(session.auth, BaseIdentityPlugin):
            raise UsageError(
                f"the credentials are of the auth_type {auth_type}, for which Keystone gives no token",
                remedy="leave out --token: they are used as they are",
            )
        got = self._ask(lambda: _issued(session))
        if not isinstance(got, Issued):
            raise UsageError("the token has no scope", remedy="name the project in the auth section of the secret")
        return got

    def revoke(self, token: str) -> bool:
        """Revoke a token with itself, and look whether it is; False when Keystone knew none such any more.

        :raises CloudFault: it is not revoked, or nobody knows.
        """
        session: Any = self.connection.session
        auth_url = str(self.connection.config.config["auth"]["auth_url"])

        def work() -> bool:
            if not _accepted(session, auth_url, token, "DELETE"):
                return False
            if _accepted(session, auth_url, token, "GET"):
                raise StepFailure("Keystone says that it revoked the token, and still accepts it")
            return True

        self._scrub.add(token)
        self._judge.authenticated = True
        try:
            return bool(self._ask(work))
        except UsageError as error:
            raise CloudFault(str(error)) from None

    def _ask(self, work: Callable[[], Any]) -> Any:
        activity = Activity(time.monotonic() + self._timeout_s)
        answer, verdict = perform(activity, work, self._judge)
        verdict = verdict or self._judge.malformed(activity)
        if verdict is not None:
            raise self._error(verdict)
        return answer

    def _error(self, verdict: Verdict) -> Exception:
        message = str(self._scrub(verdict.message)).rstrip(". ")
        if verdict.outcome == FAILED:
            return CloudFault(message)
        return UsageError(message, remedy=(verdict.remedy or "").replace("clouds.yaml", "the secret"))


def _issued(session: Any) -> Issued | None:
    access = session.auth.get_access(session)
    if not access.auth_token:
        raise StepFailure("Keystone's answer holds no token")
    scope = {"project_id": access.project_id, "domain_id": access.domain_id if access.domain_scoped else None}
    if access.system_scoped:
        scope = {"system_scope": "all"}
    named = {key: str(value) for key, value in scope.items() if value}
    if not named:
        return None
    methods = [str(one) for one in access._data["token"].get("methods") or []]
    method = "application_credential" if "application_credential" in methods else "+".join(methods) or "password"
    return Issued(str(access.auth_token), named, method, f"{access.expires.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")


def _accepted(session: Any, auth_url: str, token: str, method: str) -> bool:
    try:
        about_itself(session, auth_url, token, method)
    except keystoneauth1.exceptions.HttpError as error:
        if status_of(error) in (401, 404):
            return False
        raise
    return True
