"""One run on one cloud, from the first authentication to the last teardown; Ansible is its client."""

from __future__ import annotations

import concurrent.futures
import importlib.metadata
import platform
import socket
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stackprobe import __version__, cloud, naming, scenarios, vendor
from stackprobe.config.model import Target
from stackprobe.engine import http
from stackprobe.engine.attachments import Attachments
from stackprobe.engine.breaker import CircuitBreaker
from stackprobe.engine.classify import Judge, Verdict, control_target_answers, has_name
from stackprobe.engine.core import Engine
from stackprobe.engine.ledger import Ledger
from stackprobe.engine.performing import GRACE_S
from stackprobe.engine.preparation import Preparation
from stackprobe.engine.recorder import Recorder
from stackprobe.engine.requests import Requests
from stackprobe.engine.room import Room
from stackprobe.engine.server import Server
from stackprobe.engine.state import RUN
from stackprobe.engine.teardown import tear_down
from stackprobe.engine.throttle import Throttle
from stackprobe.engine.unit import units_of
from stackprobe.engine.urls import EndpointMap
from stackprobe.errors import UsageError
from stackprobe.journal import FILENAME, FORMAT, Journal
from stackprobe.liveness import RunLock
from stackprobe.redact import Scrubber
from stackprobe.results import Outcome, exit_code, worst_of
from stackprobe.scenarios import Scenario

_MOST_ENDING = 64
"""How many scenarios are torn down at a time when the run ends before them."""


@dataclass(frozen=True)
class Order:
    """What is to be run.

    :param output: the directory of the results; exists and is empty.
    :param ci: what the CI says about this build (``build_url``, ``pipeline``, …).
    :param trigger_t: when the run should have started, unix seconds, if the CI says so.
    :param metrics_prefix: how metric names begin; None: as those of resources.
    :param metrics_naming: what metrics are called, by names of namings; empty: as by default.
    """

    target: Target
    scenarios: list[Scenario]
    output: Path
    config: Path | None = None
    ci: dict[str, str] = field(default_factory=dict)
    trigger_t: float | None = None
    ansible: str | None = None
    metrics_prefix: str | None = None
    metrics_naming: tuple[str, ...] = ()


class Session:
    """Serves one run.

    :param socket_path: where to listen; its directory is private and removed by whoever made it.
    :raises UsageError: the cloud cannot be opened.
    """

    def __init__(self, order: Order, socket_path: Path) -> None:
        self.order, self.target = order, order.target
        scenarios.learn_resources(order.scenarios)
        self.started, self.started_t = time.monotonic(), time.time()
        self.ends = self.started + self.target.deadline_s
        self.run_id = naming.new_run_id(self.started_t, self.target.deadline_s)
        self.own_prefix = f"{self.target.prefix}-{self.run_id}-"
        self.scrubber = Scrubber()
        self._endpoints = EndpointMap()
        throttle = Throttle(self.target.requests_per_second)
        measured = http.session_class(self._endpoints, self._on_call, throttle)
        self.connection = cloud.open_cloud(self.target.cloud, self.target.region, session_factory=measured)
        self.connection.cache_enabled = False  # a cached answer says nothing about the cloud
        for secret in cloud.secrets_of(self.connection):
            self.scrubber.add(secret)
        self.facts = cloud.facts(self.connection)
        self.lock = RunLock(self.run_id, f"{self.target.cloud}/{self.facts.region or ''}")
        self.recorder = Recorder(Journal(order.output / FILENAME, self.scrubber), self._went_blind)
        self.judge = Judge(
            lambda: control_target_answers(self.target.control_target), by_name=has_name(self.target.control_target)
        )
        self.breaker = CircuitBreaker(
            self.connection,
            self.target.prefix,
            self.target.max_leftovers,
            self.target.cloud,
            lambda message: self._note("warning", message),
        )
        self.engine = Engine(
            self.connection,
            self.recorder,
            own_prefix=self.own_prefix,
            ends=self.ends - self.target.teardown_reserve_s,
            judge=self.judge,
            ledger=Ledger(self.recorder),
            hide=self.scrubber.add,
            before_creation=self.breaker.before_creation,
            attachments=Attachments(order.output, self.scrubber.text),
            poll_interval_s=self.target.poll_interval_s,
            within=self.target.within,
        )
        self.preparation = Preparation(self.engine, self.target, self.ends, self._endpoints, self.scrubber, self._note)
        self.room = Room(self.engine, self.target, self._all_units, self._note)
        self.requests = Requests(
            self.preparation, self.room, self._await_plan, self._finish, self.scrubber, socket_path.parent
        )
        self.server = Server(socket_path, self.requests.handle)
        self.runnable: list[Scenario] = []
        self._prepared = threading.Event()
        units = [unit for one in order.scenarios for unit in self._all_units(one)]
        self._closing: dict[str, threading.Lock] = {unit: threading.Lock() for unit in units}

    # --- the life of a run

    def open(self) -> None:
        """Take the lock, write the first record and serve requests."""
        self.lock.__enter__()
        self.recorder.write(
            "run",
            version=FORMAT,
            run=self.run_id,
            cloud=self.target.cloud,
            region=self.facts.region,
            label=self.target.label,
            region_label=self.target.region_label,
            environment=self.target.environment,
            zone=self.target.zone,
            prefix=self.target.prefix,
            metrics_prefix=self.order.metrics_prefix or self.target.prefix,
            metrics_naming=list(self.order.metrics_naming),
            stackprobe=__version__,
            deadline_s=self.target.deadline_s,
            config=str(self.order.config) if self.order.config else None,
            scenarios=[
                {
                    "name": one.name,
                    "description": one.description,
                    "tags": sorted(one.tags),
                    "services": list(one.services),
                    "file": one.file,
                    "repeat": self._times(one),
                }
                for one in self.order.scenarios
            ],
            verify=self.facts.verify,
            service_levels=dict(self.target.service_levels),
            verdict=self.target.verdict,
            ci=self.order.ci,
            trigger_t=self.order.trigger_t,
            start_delay_ms=(self.started_t - self.order.trigger_t) * 1000 if self.order.trigger_t else None,
            ansible=self.order.ansible,
            python=platform.python_version(),
            openstacksdk=importlib.metadata.version("openstacksdk"),
            host=socket.gethostname(),
        )
        if not self.facts.verify:
            self._note("warning", "verify: false in clouds.yaml: the cloud's TLS certificates were not verified")
        if problem := vendor.problem_of(self.connection):
            self._note("warning", problem)
        if self.lock.problem:
            self._note("warning", f"no lock could be taken, sweeps will go by the run's deadline: {self.lock.problem}")
        self.engine.heartbeat.start()
        self.server.start()

    def prepare(self) -> Verdict | None:
        """Authenticate, look at the catalog, decide what can run. The verdict, if it ends the run here."""
        try:
            verdict = self.preparation.authenticate()
            if verdict is None:
                self.runnable = self.preparation.plan(self.order.scenarios)
                self.room.plan(self.runnable, self.preparation.catalog)
                threading.Thread(target=self.preparation.warm_up, args=[self.runnable], daemon=True).start()
                if any(scenario.creates for scenario in self.runnable):
                    self.breaker.start()
            else:
                for scenario in self.order.scenarios:
                    self.engine.skip(scenario.name, "not run, since there is no token")
            return verdict
        finally:
            self._prepared.set()

    def close(self, reason: str | None = None, problem: str | None = None) -> int:
        """End whatever is still open, tear it down, write the last record. The run's exit code. The server stays up.

        :param reason: why the run ended before its time (``SIGTERM``, ``deadline``).
        :param problem: what the scenarios that did not end are told.
        """
        if reason or not self._prepared.is_set():
            self.engine.performer.interrupt(reason or problem or "Ansible ended")
            self._prepared.wait(GRACE_S + 0.5)  # the authentication notices
            self._prepared.set()
        self.lock.state("ending")
        unfinished = [
            unit
            for one in self.order.scenarios
            for unit in self._units(one)
            if not self.engine.scenarios.finished(unit)
        ]
        with concurrent.futures.ThreadPoolExecutor(max_workers=min(max(1, len(unfinished)), _MOST_ENDING)) as pool:
            list(
                pool.map(
                    lambda name: self._finish(name, f"unfinished: {problem or reason or 'Ansible ended'}"), unfinished
                )
            )
        outcome = self._outcome()
        code = exit_code(outcome)
        leftovers = self.engine.ledger.count()
        self.recorder.write(
            "end",
            outcome=outcome.value,
            exit_code=code,
            duration_ms=(time.monotonic() - self.started) * 1000,
            leftovers=leftovers,
            reason=reason or self.recorder.blind,
        )
        if leftovers:
            self.lock.leave_for_sweep()
        self.engine.heartbeat.stop()
        self.lock.__exit__(None, None, None)
        self.recorder.close()
        return 2 if self.recorder.blind and code == 0 else code

    def _outcome(self) -> Outcome:
        """The worst of all parts; where every scenario was skipped nothing was proven, which is an error."""
        run = self.engine.scenarios.find(RUN)
        states = [self.engine.scenarios.find(unit) for one in self.order.scenarios for unit in self._units(one)]
        scenarios = worst_of([Outcome(outcome) for state in states if state for outcome in state.outcomes])
        of_run = [Outcome(outcome) for outcome in run.outcomes] if run else []
        return worst_of([Outcome.ERROR if scenarios is Outcome.SKIPPED else scenarios, *of_run])

    # --- scenarios

    def _await_plan(self) -> list[tuple[Scenario, str]]:
        """The scenarios that are to run, each with each of its repetitions, as soon as that is known."""
        self._prepared.wait()
        return [
            (one, unit)
            for one in self.runnable
            for unit in self._units(one)
            if not self.engine.scenarios.finished(unit)
        ]

    def _finish(self, scenario: str, problem: str | None) -> None:
        """Tear down what a scenario left, and end it, unless that was done before.

        :param problem: what ended it without a step of its own that says so.
        """
        with self._closing.setdefault(scenario, threading.Lock()):
            if not self.engine.scenarios.finished(scenario):
                self.engine.scenarios.begin(scenario)
                tear_down(self.engine, scenario, self.ends)
                self.engine.scenarios.end(scenario, problem)
                self.room.release(scenario)

    def _times(self, scenario: Scenario) -> int:
        return self.target.repeat.get(scenario.name, 1)

    def _all_units(self, scenario: Scenario) -> list[str]:
        return units_of(scenario.name, self._times(scenario))

    def _units(self, scenario: Scenario) -> list[str]:
        """The repetitions of a scenario; the first alone where it was closed before it."""
        first = self.engine.scenarios.find(scenario.name)
        return [scenario.name] if first is not None and first.skipped else self._all_units(scenario)

    # --- records

    def _on_call(self, call: Any, activity: Any) -> None:
        self.recorder.call(call, activity)

    def _note(self, level: str, message: str) -> None:
        self.recorder.write("note", scenario=None, level=level, message=message)

    def _went_blind(self, reason: str) -> None:
        self.engine.performer.interrupt(f"the journal cannot be written: {reason}")


__all__ = ["Order", "Session", "UsageError"]
