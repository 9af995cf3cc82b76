"""Gets a token and reads what it tells, and says whose fault it is when that fails, as a run would."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from os_service_types import ServiceTypes

from stackprobe.cloud import facts, open_cloud, secrets_of
from stackprobe.credentials.keystone import CloudFault
from stackprobe.engine import http
from stackprobe.engine.activity import Activity
from stackprobe.engine.classify import FAILED, Judge, StepError, StepFailure, Verdict
from stackprobe.engine.performing import perform
from stackprobe.engine.urls import EndpointMap
from stackprobe.errors import UsageError
from stackprobe.redact import Scrubber
from stackprobe.suggest import did_you_mean, listed
from stackprobe.survey.model import Cloud, Problem

_LOOK = "See that the auth_url in clouds.yaml is right and can be reached from here, then look at Keystone."


class Asker:
    """Asks a cloud questions, each within a time, and judges what goes wrong.

    :param timeout_s: how long one question may take, with all its requests and their repetitions (s).
    :raises UsageError: the cloud cannot be opened; nothing was sent.
    """

    def __init__(self, name: str, region: str | None, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        logging.getLogger("keystoneauth").addHandler(logging.NullHandler())  # what counts of it is in the verdict
        self.connection = open_cloud(
            name, region, session_factory=http.session_class(EndpointMap(), lambda call, activity: None)
        )
        self._scrub = Scrubber(secrets_of(self.connection))
        self.judge = Judge()

    def ask(self, question: Callable[[], Any]) -> tuple[Any, Problem | None]:
        """The answer to a question, or the problem in place of one."""
        activity = Activity(time.monotonic() + self._timeout_s)
        answer, verdict = perform(activity, question, self.judge)
        verdict = verdict or self.judge.malformed(activity)
        return (answer, None) if verdict is None else (None, self._problem(verdict))

    def _problem(self, verdict: Verdict) -> Problem:
        message = " ".join(str(self._scrub(verdict.message)).split()).rstrip(". ")
        remedy = (verdict.remedy or "").replace("this step needs", "this question needs")
        return Problem(message, remedy, verdict.outcome == FAILED, verdict.status)


def log_in(asker: Asker) -> Cloud:
    """Get a token; what it tells.

    :raises UsageError: credentials, address or region are at fault.
    :raises CloudFault: Keystone is.
    """
    session: Any = asker.connection.session
    wanted = asker.connection.config.get_region_name() or None
    access, problem = asker.ask(lambda: _access(session))
    if problem is not None:
        raise _error(problem, facts(asker.connection).auth_url)
    asker.judge.authenticated = True
    asker.judge.roles = tuple(sorted(access.role_names or ()))
    regions, services = _catalog(access, wanted)
    if wanted and wanted not in regions:
        raise UsageError(
            f"the catalog has no region `{wanted}`{did_you_mean(wanted, regions)}",
            remedy=f"correct region_name in clouds.yaml or --region; the catalog has {listed(sorted(regions))}",
        )
    return Cloud(
        name=str(asker.connection.config.name),
        region=wanted,
        regions=tuple(sorted(regions)),
        services=frozenset(services),
        roles=frozenset(str(role) for role in access.role_names or ()),
        user=access.username,
        project=access.project_name,
    )


def _access(session: Any) -> Any:
    session.get_token()
    access = session.auth.get_access(session)
    if not (access.project_scoped or access.domain_scoped or access.system_scoped):
        raise StepError("the token has no scope: name the project in the auth section of clouds.yaml")
    if not access.service_catalog or not access.service_catalog.catalog:
        raise StepFailure("Keystone's token holds no catalog: no service can be reached")
    return access


def _catalog(access: Any, region: str | None) -> tuple[set[str], set[str]]:
    """The regions of the catalog, and the official types of the services in one of them."""
    types, regions, services = ServiceTypes(), set(), set()
    for service in access.service_catalog.catalog:
        official = types.get_service_type(service.get("type", "")) or service.get("type", "")
        for endpoint in service.get("endpoints", []):
            places = {endpoint.get("region_id"), endpoint.get("region")} - {None, ""}
            regions |= {str(place) for place in places}
            if region is None or region in places:
                services.add(str(official))
    return regions, services


def _error(problem: Problem, address: str | None) -> Exception:
    if problem.cloud_fault:
        return CloudFault(f"Keystone at {address} gives no token: {problem.message}. {_LOOK}")
    return UsageError(problem.message, remedy=problem.remedy)
