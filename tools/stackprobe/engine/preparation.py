"""What comes before the first scenario: the authentication, a look at the catalog, and what can run on such a cloud."""

from __future__ import annotations

import contextlib
import importlib
import time
from collections.abc import Callable, Iterable
from typing import Any

from os_service_types import ServiceTypes

from stackprobe import cloud
from stackprobe.config.model import Target
from stackprobe.credentials.held_token import lease_of
from stackprobe.engine.activity import Activity, under_way
from stackprobe.engine.classify import ERROR, FAILED, PASSED, SKIPPED, Verdict
from stackprobe.engine.core import Engine
from stackprobe.engine.state import RUN
from stackprobe.engine.steps import Step
from stackprobe.engine.urls import EndpointMap
from stackprobe.redact import Scrubber
from stackprobe.scenarios import Scenario

AUTHENTICATION_DEADLINE_S = 60.0
_LEASE_TOLERANCE = 0.05
"""What of a run's deadline its token may lack without a word."""
Note = Callable[[str, str], None]


class Preparation:
    """Prepares one run.

    :param ends: when the run must be over, teardown included, monotonic seconds.
    :param endpoints: is told which service each URL of the catalog belongs to.
    :param hide: is told the token.
    :param note: writes a note of a level (``warning``) into the journal.
    """

    def __init__(
        self,
        engine: Engine,
        target: Target,
        ends: float,
        endpoints: EndpointMap,
        hide: Scrubber,
        note: Note,
    ) -> None:
        self.engine, self.target, self._ends = engine, target, ends
        self._connection, self._judge = engine.connection, engine.judge
        self._endpoints, self._scrubber, self._note = endpoints, hide, note
        self.facts = cloud.facts(engine.connection)
        self.catalog: set[str] = set()
        """The official types of the services that the region has."""

    def authenticate(self) -> Verdict | None:
        """Get a token and read the catalog that comes with it; the verdict, if that ends the run."""
        step = Step("auth", RUN, "Authenticate", {})
        execution = self.engine.execution(step)
        activity = execution.activity
        execution.allow(AUTHENTICATION_DEADLINE_S, self.engine.ends)
        self._endpoints.add(str(self.facts.auth_url or ""), "identity")
        token, verdict = self.engine.performer.perform(activity, self._connection.session.get_token, stoppable=True)
        if verdict is None:
            verdict = self._judge.malformed(activity)
        if verdict is None:
            self._scrubber.add(str(token))
            self._judge.authenticated = True
            self._look_at_lease()
            read, broken = self.engine.performer.perform(activity, self._read_catalog, stoppable=True)
            verdict = broken or read
        final = verdict or Verdict(PASSED, "", status=activity.calls[-1].status if activity.calls else None)
        execution.measure(final.outcome)
        self.engine.record(execution, final)
        return verdict

    def _look_at_lease(self) -> None:
        """A token that cannot be renewed may end before the run does.

        Clouds' tokens and runs have an hour by default: that the one was got a moment before the other is no news.
        """
        self._judge.lease = lease = lease_of(self._connection)
        if lease is not None and lease.ends < self._ends - _LEASE_TOLERANCE * self.target.deadline_s:
            self._note(
                "warning",
                f"the token of clouds.yaml expires in {lease.remaining_s():.0f} s ({lease.text}), before the run's "
                f"deadline in {max(0.0, self._ends - time.monotonic()):.0f} s: what meets its end will be an error",
            )

    def _read_catalog(self) -> Verdict | None:
        session: Any = self._connection.session
        access = session.auth.get_access(session)
        self._judge.roles = tuple(sorted(access.role_names or ()))
        catalog, region = access.service_catalog, self.facts.region
        types = ServiceTypes()
        regions: set[str] = set()
        for service in catalog.catalog if catalog else []:
            official = types.get_service_type(service.get("type", "")) or service.get("type", "")
            for endpoint in service.get("endpoints", []):
                self._endpoints.add(str(endpoint.get("url", "")), official)
                regions |= {str(endpoint.get("region_id") or endpoint.get("region"))}
                if region in (None, "", endpoint.get("region_id"), endpoint.get("region")):
                    self.catalog.add(official)
        if not regions:
            return _without_catalog(access)
        if region and region not in regions:
            return Verdict(
                ERROR,
                f"the catalog has no region {region}, it has {', '.join(sorted(regions))}",
                "correct region_name in clouds.yaml or --region",
            )
        return None

    def plan(self, scenarios: Iterable[Scenario]) -> list[Scenario]:
        """Those whose services the catalog has; the others are closed."""
        runnable: list[Scenario] = []
        needed: set[str] = set()
        for scenario in scenarios:
            needed.update(scenario.services)
            missing = [service for service in scenario.services if service not in self.catalog]
            promised = [service for service in missing if service in self.target.services]
            if promised:
                reason = f"the configuration promises the service {promised[0]}, but it is not in the catalog"
                self.engine.skip(scenario.name, reason, FAILED)
            elif missing:
                self.engine.skip(scenario.name, f"the catalog has no service {missing[0]}", SKIPPED)
            else:
                runnable.append(scenario)
        for service in self.target.services:
            if service not in self.catalog and service not in needed:
                step = Step("plan", RUN, f"Service {service} is in the catalog", {})
                verdict = Verdict(
                    FAILED, f"the configuration promises the service {service}, but it is not in the catalog"
                )
                self.engine.reject(step, verdict)
        return runnable

    def warm_up(self, scenarios: Iterable[Scenario]) -> None:
        """Version discovery of the services to come: work of a fresh client, no scenario's first step. So is the
        loading of what logs in to guests.
        """
        scenarios = list(scenarios)
        if any("guests" in scenario.tags for scenario in scenarios):
            importlib.import_module("stackprobe.engine.ssh.login")
        for service in sorted({service for scenario in scenarios for service in scenario.services}):
            with contextlib.suppress(Exception), under_way(Activity(time.monotonic() + 20.0, RUN, "Discover")):
                getattr(self._connection, service.replace("-", "_"))


def _without_catalog(access: Any) -> Verdict:
    if access.project_scoped or access.domain_scoped or access.system_scoped:
        return Verdict(FAILED, "Keystone's token holds no catalog: no service can be reached")
    return Verdict(ERROR, "the token has no scope", "name the project in the auth section of clouds.yaml")
