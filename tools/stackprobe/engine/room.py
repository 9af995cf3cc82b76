"""How much room the project's quota has, and how much of it each scenario of a run needs.

Quotas and what needs ask of the cloud are read once, side by side, while Ansible still gets ready. What cannot be read
is not limited, as far as the plan knows: then the cloud itself says so.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Future
from typing import Any

from stackprobe.config.model import Target
from stackprobe.engine.activity import Activity
from stackprobe.engine.admission import Admission
from stackprobe.engine.classify import ERROR
from stackprobe.engine.core import Engine
from stackprobe.engine.ledger import Entry
from stackprobe.engine.state import RUN
from stackprobe.engine.unit import parts_of
from stackprobe.needs import RESOURCES, NeedsError
from stackprobe.needs.facts import Facts, FactUnknown
from stackprobe.quota import NOT_OFFERED, READERS, Quota
from stackprobe.scenarios import Scenario

READING_S = 10.0
"""How long the quotas of a service, or a list that needs ask for, may take, in seconds."""
_OF_KIND = {
    "server": "servers",
    "keypair": "keypairs",
    "server_group": "server_groups",
    "network": "networks",
    "subnet": "subnets",
    "router": "routers",
    "port": "ports",
    "floating_ip": "floating_ips",
    "security_group": "security_groups",
    "security_group_rule": "security_group_rules",
    "volume": "volumes",
    "volume_snapshot": "snapshots",
    "backup": "backups",
    "load_balancer": "load_balancers",
    "zone": "zones",
    "secret": "secrets",
    "share": "shares",
}
"""The resource of which a kind that was left over keeps one."""
_WITH = {
    "servers": ("cores", "ram_mb"),
    "volumes": ("gigabytes",),
    "snapshots": ("gigabytes",),
    "backups": ("backup_gigabytes",),
    "shares": ("share_gigabytes",),
}
"""What else each of them keeps a part of."""


class Room:
    """The room for one run.

    :param units: a scenario's repetitions, the first one bearing its name.
    :param note: writes a note of a level (``info``, ``warning``) into the journal.
    """

    def __init__(
        self, engine: Engine, target: Target, units: Callable[[Scenario], list[str]], note: Callable[[str, str], None]
    ) -> None:
        self._engine, self._target, self._units, self._note = engine, target, units, note
        self.admission = Admission(target.parallel, self._refuse)
        self._facts = Facts(engine.connection, self._perform)
        self._quotas: dict[str, Future[Mapping[str, Quota]]] = {}
        self._needs: dict[str, Mapping[str, int]] = {}

    def plan(self, scenarios: Iterable[Scenario], catalog: Collection[str]) -> None:
        """Queue the scenarios, and find out what they need and what there is, without waiting for either."""
        scenarios = list(scenarios)
        for scenario in scenarios:
            before = None
            for unit in self._units(scenario):
                self.admission.expect(unit, before, scenario.needs.resources)
                before = unit
        wanted = {resource for scenario in scenarios for resource in scenario.needs.resources}
        for service in sorted({RESOURCES[resource] for resource in wanted} & set(catalog) & set(READERS)):
            self._quotas[service] = Future()
            threading.Thread(
                target=self._read, args=[service, wanted], name=f"quotas of {service}", daemon=True
            ).start()
        for scenario in scenarios:
            if scenario.needs.resources & {one for one, service in RESOURCES.items() if service in self._quotas}:
                threading.Thread(target=self._tell_needs, args=[scenario], name="needs", daemon=True).start()
            else:
                self.admission.set_needs({unit: {} for unit in self._units(scenario)})

    def must_wait(self, unit: str) -> bool:
        """Whether the unit has to ask for its turn before its first step."""
        return self.admission.must_wait(unit)

    def take_turn(self, unit: str) -> str | None:
        """Wait until the unit may begin; why it may not, if so."""
        if missing := self.admission.missing(unit):
            self._engine.scenarios.waits(unit, missing)
        waited_s = self.admission.take_turn(unit, self._engine.ends, lambda: self._engine.performer.interrupted)
        if waited_s is None:
            if reason := self._engine.performer.interrupted:
                self._engine.scenarios.begin(unit).cut = reason
            return reason or "there is no room for it"
        self._engine.scenarios.waited(unit, waited_s)
        return None

    def release(self, unit: str) -> None:
        """The unit is over and torn down; what it left over keeps its room."""
        needs, kept = self._needs.get(unit, {}), dict[str, float]()
        for entry in self._engine.ledger.of(unit):
            for resource, part in _kept_by(entry, needs).items():
                kept[resource] = kept.get(resource, 0.0) + part
        amounts = {resource: min(needs.get(resource, 0), round(part)) for resource, part in kept.items()}
        self.admission.release(unit, amounts)

    def _read(self, service: str, wanted: Collection[str]) -> None:
        found: Mapping[str, Quota] = {}
        activity = self._activity()
        answer, verdict = self._engine.performer.perform(
            activity, lambda: READERS[service](self._engine.connection, wanted), stoppable=True
        )
        if verdict is None:
            found = answer
        elif not self._engine.performer.interrupted:
            level = "info" if verdict.status in NOT_OFFERED else "warning"
            self._note(level, f"the quotas of {service} are unknown, the plan goes without them: {verdict.message}")
        self.admission.set_room({name: one.free for name, one in found.items() if one.free is not None})
        self._quotas[service].set_result(found)

    def _tell_needs(self, scenario: Scenario) -> None:
        units, amounts = self._units(scenario), dict[str, int]()
        try:
            options = scenario.defaults | dict(self._target.options.get(scenario.name, {}))
            if scenario.needs.facts:
                self._facts.look_up(scenario.needs.facts)
            for resource in scenario.needs.resources:
                if RESOURCES[resource] in self._quotas:
                    self._quotas[RESOURCES[resource]].result()
            facts = self._facts.of(scenario.needs.facts, options)
            amounts = scenario.needs.amounts(options, scenario.role_name, facts)
        except FactUnknown as error:
            if not self._engine.performer.interrupted:
                self._note("warning", f"what {scenario.name} needs is unknown, the plan goes without it: {error}")
        except NeedsError as error:
            for unit in units:
                self._refuse(unit, str(error), f"correct the options of {scenario.name}, or its scenario.yaml")
        except Exception as error:
            self._note("warning", f"what {scenario.name} needs is unknown: {type(error).__name__}: {error}")
        self._needs.update(dict.fromkeys(units, amounts))
        self.admission.set_needs(dict.fromkeys(units, amounts))

    def _perform(self, work: Callable[[], Any]) -> tuple[Any, str | None]:
        answer, verdict = self._engine.performer.perform(self._activity(), work, stoppable=True)
        return answer, verdict.message if verdict else None

    def _activity(self) -> Activity:
        deadline = min(time.monotonic() + READING_S, self._engine.ends)
        return Activity(deadline, RUN, "Read quotas", latest=self._engine.ends)

    def _refuse(self, unit: str, reason: str, remedy: str) -> None:
        first = self._engine.scenarios.find(parts_of(unit)[0])
        if first is not None and first.skipped:
            return  # so are all its repetitions
        self._engine.skip(unit, reason, ERROR, remedy)


def _kept_by(entry: Entry, needs: Mapping[str, int]) -> dict[str, float]:
    """What of a quota something that was left over keeps, by resource."""
    resource = _OF_KIND.get(entry.kind)
    if resource is None:
        return {}
    kept = {resource: 1.0}
    for other in _WITH.get(resource, ()):
        sharing = sum(needs.get(one, 0) for one, others in _WITH.items() if other in others)
        kept[other] = needs.get(other, 0) / max(1, sharing)
    return kept
