"""What the thin client, which is Ansible's side, can ask of a session."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from stackprobe.credentials.redactions import taken_apart
from stackprobe.engine.classify import ERROR, Verdict
from stackprobe.engine.preparation import Preparation
from stackprobe.engine.room import Room
from stackprobe.engine.state import ScenarioState
from stackprobe.engine.steps import KINDS, Step
from stackprobe.redact import Scrubber
from stackprobe.scenarios import Scenario

Request = dict[str, Any]
Answer = dict[str, Any]


class Requests:
    """Answers the requests of one session's thin client.

    :param await_plan: waits until it is known what runs: scenarios, each with each of its repetitions.
    :param finish: tears a scenario down and ends it; told what ended it without a step of its own that says so.
    :param scrub: takes the secrets out of answers.
    :param directory: where variables of scenarios are written to; private.
    """

    def __init__(
        self,
        preparation: Preparation,
        room: Room,
        await_plan: Callable[[], Iterable[tuple[Scenario, str]]],
        finish: Callable[[str, str | None], None],
        scrub: Scrubber,
        directory: Path,
    ) -> None:
        self._preparation, self._room, self._scrub, self._directory = preparation, room, scrub, directory
        self._engine, self._await_plan, self._finish = preparation.engine, await_plan, finish
        self.operations: dict[str, Callable[[Request], Answer]] = {
            "plan": self._tell_plan,
            "turn": self._await_turn,
            "step": self._execute,
            "finish": self._end_scenario,
            "task_failed": self._take_failed_task,
            "hide": self._hide,
            "end": lambda _: {},
        }
        """What can be asked for; whoever conducts the run may replace ``end``."""

    def handle(self, request: Request) -> Answer:
        """Answer one request."""
        operation = self.operations.get(str(request.get("op")))
        if operation is None:
            return {"outcome": ERROR, "fatal": True, "message": f"unknown operation {request.get('op')!r}"}
        return operation(request)

    def _tell_plan(self, _request: Request) -> Answer:
        return {"scenarios": [self._host(scenario, unit) for scenario, unit in self._await_plan()]}

    def _host(self, scenario: Scenario, unit: str) -> dict[str, Any]:
        """What the playbook needs for the pseudo-host of a scenario's repetition; its variables go through a file."""
        target, catalog = self._preparation.target, self._preparation.catalog
        variables: dict[str, Any] = {
            "probe_name": f"{self._engine.own_prefix}{unit}",
            "probe_scenario": scenario.name,
            "probe_cloud": target.cloud,
            "probe_region": self._preparation.facts.region,
            "probe_services": sorted(catalog),
        }
        for option, value in target.options.get(scenario.name, {}).items():
            variables[scenario.variable(option)] = value
        file = self._directory / f"{unit}.json"
        file.write_text(json.dumps(variables), encoding="utf-8")
        return {
            "name": unit,
            "role": scenario.role_name,
            "folder": str(scenario.role.resolve()),
            "variables": str(file),
            "waits": self._room.must_wait(unit),
        }

    def _await_turn(self, request: Request) -> Answer:
        """Answer when the scenario may begin, or when that is out of the question."""
        return {"refused": self._room.take_turn(str(request["scenario"]))}

    def _hide(self, request: Request) -> Answer:
        """Learn what else is secret: scenarios of a CI can quote more of its secrets than this cloud's."""
        for secret in taken_apart(request["secrets"]):
            self._scrub.add(secret)
        return {}

    def _execute(self, request: Request) -> Answer:
        arguments = request.get("arguments") or {}
        step = Step(
            kind=str(request["kind"]),
            scenario=str(request["scenario"]),
            name=str(request["name"]),
            arguments=arguments,
            zone=str(arguments["zone"]) if arguments.get("zone") not in (None, "") else None,
            file=request.get("file"),
            line=request.get("line"),
        )
        answer = self._engine.execute(step)
        if state := self._engine.scenarios.find(step.scenario):
            state.stopped_by_step = bool(answer.get("fatal"))
            if state.stopped_by_step:
                state.fatal_steps.add(step.name)
        answered: Answer = self._scrub(answer)
        return answered

    def _take_failed_task(self, request: Request) -> Answer:
        """A task failed that is no step, or a step before it could be executed: an undefined variable, say."""
        name = str(request["scenario"])
        state = self._engine.scenarios.begin(name)
        kind = str(request["action"]).removeprefix("probe_")
        if kind in KINDS or request.get("ignored"):
            message = " ".join(str(request.get("message", "")).split())[:1000]
            if "not supported between instances" in message and "'bool'" in message:
                message += '. YAML reads a name `on`, `off`, `yes` or `no` as a truth value: write "on"'
            step = Step(
                kind if kind in KINDS else "task",
                name,
                str(request["name"]),
                {},
                file=request.get("file"),
                line=request.get("line"),
            )
            self._engine.reject(step, Verdict(ERROR, message))
            state.stopped_by_step = not request.get("ignored")
        else:
            state.failed_at = f"{request.get('file')}:{request.get('line')}"
        return {}

    def _end_scenario(self, request: Request) -> Answer:
        name = str(request["scenario"])
        self._finish(name, _problem(request, self._engine.scenarios.find(name)))
        return {}


def _problem(request: Request, state: ScenarioState | None) -> str | None:
    """What ended a scenario that no step of it reports: a task of Ansible's own."""
    task = request.get("failed_task")
    if not task or (state is not None and (state.stopped_by_step or state.cut or task in state.fatal_steps)):
        return None
    where = f" ({state.failed_at})" if state is not None and state.failed_at else ""
    return f"the task “{task}”{where} failed: {' '.join(str(request.get('failed_message', '')).split())[:1000]}"
