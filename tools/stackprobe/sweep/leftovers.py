"""Finds what runs have left in a project and judges which of it nobody can need any more."""

from __future__ import annotations

import datetime
import email.utils
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import keystoneauth1.exceptions
import openstack.exceptions
from openstack.connection import Connection

from stackprobe.errors import UsageError
from stackprobe.liveness import Liveness, liveness
from stackprobe.naming import DEFAULT_PREFIX, RunId
from stackprobe.parallel import run_all
from stackprobe.resources import KINDS, Found
from stackprobe.resources.rest import in_catalog, own_project

MARGIN_S = 300.0
"""How long after its deadline the run of another machine is taken for dead: for clocks and slow ends."""
SURVEY_DEADLINE_S = 90.0

Verdict = Literal["remove", "keep", "wait"]


@dataclass(frozen=True)
class Leftover:
    """A resource of a run, and what becomes of it.

    :param run: the run that made it.
    :param liveness: what this machine knows of the run.
    :param age_s: its age by the cloud's clock (s), or its run's where the API does not date it; None when unknown.
    :param verdict: "remove"; "keep"; "wait" for its run, which is ending on this machine.
    :param reason: why, in words.
    """

    found: Found
    run: RunId
    liveness: Liveness
    age_s: float | None
    verdict: Verdict
    reason: str


@dataclass(frozen=True)
class Survey:
    """What is there.

    :param leftovers: every resource whose name is one of a run, those of live runs too.
    :param unlisted: kinds that could not be listed, with the reason.
    """

    leftovers: list[Leftover]
    unlisted: dict[str, Exception]


def find_leftovers(connection: Connection, prefix: str = DEFAULT_PREFIX) -> list[Leftover]:
    """What dead runs of ``prefix`` left in the token's own project; nothing of runs that may still be alive.

    Kinds that cannot be listed within 90 s are left out.

    :raises UsageError, openstack.exceptions.SDKException, keystoneauth1.exceptions.ClientException: see
        :func:`authenticate`.
    """
    authenticate(connection)
    return [leftover for leftover in survey(connection, prefix).leftovers if leftover.verdict == "remove"]


def authenticate(connection: Connection) -> None:
    """Get a token and see that it can be used here.

    :raises UsageError: the credentials are refused, not for a project, or the catalog does not know the region.
    :raises openstack.exceptions.SDKException, keystoneauth1.exceptions.ClientException: Keystone failed.
    """
    name = connection.config.name
    try:
        connection.session.get_token()
    except (keystoneauth1.exceptions.Unauthorized, openstack.exceptions.HttpException) as error:
        if getattr(error, "status_code", getattr(error, "http_status", None)) != 401:
            raise
        raise UsageError(
            f"the cloud `{name}` refuses the credentials (401)", remedy="check `auth` of the cloud in clouds.yaml"
        ) from None
    try:
        own_project(connection)
    except openstack.exceptions.SDKException as error:
        raise UsageError(str(error), remedy=f"add a project to the cloud `{name}` in clouds.yaml") from None
    region = connection.config.get_region_name()
    if region and not any(in_catalog(connection, service) for service in _service_types()):
        raise UsageError(
            f"the catalog of the cloud `{name}` has no region `{region}` for this user",
            remedy="check `region_name` in clouds.yaml; names are case-sensitive",
        )


def survey(connection: Connection, prefix: str, older_than_s: float | None = None) -> Survey:
    """Look for resources of runs, all kinds side by side. A service that fails or hangs hides only its own kinds.

    :param older_than_s: take resources of unknown runs that are older than this (s) for dead, in place of those whose
        run is over by its own deadline.
    """

    def lister(name: str) -> Callable[[], list[Found]]:
        kind = KINDS[name]
        return lambda: kind.leftovers(connection, prefix) if kind.present(connection) else []

    deadline = time.monotonic() + SURVEY_DEADLINE_S
    listed = run_all({name: lister(name) for name in KINDS}, deadline=deadline)
    found = [item for items in listed.done.values() for item in items]
    now = cloud_time(connection) if found else None
    return Survey(judge(found, now, older_than_s), dict(listed.failed))


def cloud_time(connection: Connection) -> float | None:
    """The cloud's own time, seconds since 1970; None when it gives none.

    It is Keystone's ``Date`` header or, where a proxy swallows that, when the token was issued: a little early, which
    makes resources look younger and so errs on the safe side.
    """
    auth: Any = connection.session.auth
    try:
        response = connection.session.get(auth.auth_url, authenticated=False, raise_exc=False)
        return email.utils.parsedate_to_datetime(response.headers["Date"]).timestamp()
    except (AttributeError, KeyError, ValueError, TypeError, keystoneauth1.exceptions.ClientException):
        pass
    try:
        issued: datetime.datetime = auth.get_access(connection.session).issued
        return issued.timestamp()
    except (AttributeError, KeyError, ValueError, keystoneauth1.exceptions.ClientException):
        return None


def judge(
    found: Iterable[Found],
    now: float | None,
    older_than_s: float | None = None,
    known: Callable[[str], Liveness] = liveness,
) -> list[Leftover]:
    """What becomes of each resource of a run.

    :param now: the cloud's time, seconds since 1970.
    :param known: what this machine knows of a run.
    """
    by_run: dict[RunId, list[Found]] = {}
    for item in found:
        if item.owner is not None:
            by_run.setdefault(item.owner, []).append(item)
    judged: list[Leftover] = []
    for run, items in by_run.items():
        alive = known(run.text)
        # the cloud's own dates go before what the run's machine took for the time
        began = min((item.created for item in items if item.created is not None), default=float(run.started))
        for item in items:
            since = began if item.created is None else item.created
            age_s = None if now is None else now - since
            run_age_s = None if now is None else now - began
            verdict, reason = _verdict(run, alive, age_s, run_age_s, older_than_s)
            judged.append(Leftover(item, run, alive, age_s, verdict, reason))
    return sorted(judged, key=lambda one: (one.run.started, one.run.text, KINDS[one.found.kind].order, one.found.name))


def of_runs(leftovers: Collection[Leftover], verdict: Verdict) -> set[str]:
    """The run ids of the leftovers with a verdict."""
    return {leftover.run.text for leftover in leftovers if leftover.verdict == verdict}


def _verdict(
    run: RunId, alive: Liveness, age_s: float | None, run_age_s: float | None, older_than_s: float | None
) -> tuple[Verdict, str]:
    if alive == "alive":
        return "keep", "its run is alive on this machine"
    if alive == "ending":
        return "wait", "its run is ending on this machine"
    if alive == "dead":
        return "remove", "its run was killed on this machine"
    if age_s is None or run_age_s is None:
        return "keep", "the cloud does not tell its time, and the run is not of this machine"
    if older_than_s is not None:
        if age_s > older_than_s:
            return "remove", f"it is {_duration(age_s)} old"
        return "keep", f"it is only {_duration(age_s)} old, and its run is not of this machine"
    left_s = run.deadline_s + MARGIN_S - run_age_s
    if left_s < 0:
        return "remove", f"its run was over {_duration(run_age_s - run.deadline_s)} ago at the latest"
    return "keep", f"its run may be alive on another machine for {_duration(left_s)} more"


def _duration(seconds: float) -> str:
    seconds = int(max(seconds, 0))
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 7200:
        return f"{seconds // 60} min"
    return f"{seconds // 3600} h" if seconds < 172800 else f"{seconds // 86400} d"


def _service_types() -> list[str]:
    services: dict[str, Any] = {kind.service.replace("_", "-"): None for kind in KINDS.values()}
    return list(services)
