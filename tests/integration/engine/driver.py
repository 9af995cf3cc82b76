"""Drives a session in process: steps without Ansible around them, and the journal that they leave."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jsonschema
import yaml
from stackprobe.config.model import Selection, Target
from stackprobe.engine import session as session_module
from stackprobe.engine.classify import Verdict
from stackprobe.engine.session import Order, Session
from stackprobe.scenarios import Scenario

SCHEMA = jsonschema.Draft202012Validator(
    json.loads((Path(session_module.__file__).parents[1] / "journal" / "schema.json").read_text())
)
Record = dict[str, Any]


def target(cloud: str = "demo", **changes: Any) -> Target:
    """Settings for a short run."""
    settings: dict[str, Any] = {
        "cloud": cloud,
        "region": None,
        "prefix": "stackprobe",
        "deadline_s": 60,
        "teardown_reserve_s": 20,
        "poll_interval_s": 1.0,
        "max_leftovers": 1000,
        "control_target": None,
        "services": (),
        "selection": Selection(),
        "options": {},
    }
    return Target(**(settings | changes))


def scenario(name: str = "one", services: Iterable[str] = (), creates: bool = False) -> Scenario:
    """A scenario without a role: its steps come from the test."""
    return Scenario(name, Path(f"probe_{name}"), "A test", tuple(services), frozenset(), False, creates, {})


class Probe:
    """A run in this process.

    :param directory: an empty one for its socket and its results.
    """

    def __init__(self, directory: Path, *scenarios: Scenario, **changes: Any) -> None:
        self.output = directory / "out"
        self.output.mkdir()
        order = Order(target(**changes), list(scenarios) or [scenario()], self.output)
        self.session = Session(order, directory / "socket")
        self.session.open()
        self.verdict: Verdict | None = None
        self.code: int | None = None

    def prepare(self) -> Probe:
        self.verdict = self.session.prepare()
        return self

    def name(self, what: str, of: str = "one") -> str:
        """A name that this run may give to what it creates."""
        return f"{self.session.own_prefix}{of}-{what}"

    def step(
        self, kind: str, given: str | Record | None = None, /, name: str = "Step", of: str = "one", **arguments: Any
    ) -> Record:
        """Execute a step as the thin client asks for it.

        :param given: its name, or arguments that are called like one of these.
        """
        if isinstance(given, str):
            name, given = given, None
        everything = {**(given or {}), **arguments}
        request = {"op": "step", "kind": kind, "scenario": of, "name": name, "arguments": everything}
        return self.session.requests.handle({**request, "file": "roles/probe_one/tasks/main.yaml", "line": 7})

    def call(self, method: str, args: Any = None, **arguments: Any) -> Record:
        return self.step("call", call=method, args=args, **arguments)

    def finish(self, of: str = "one", **request: Any) -> None:
        self.session.requests.handle({"op": "finish", "scenario": of, **request})

    def close(self, reason: str | None = None, problem: str | None = None) -> int:
        """End the run; its exit code. A second call does nothing."""
        if self.code is None:
            self.code = self.session.close(reason, problem)
            self.session.server.stop()
        return self.code

    def records(self, type: str, **wanted: Any) -> list[Record]:
        """The journal's records of a type, each of which follows the schema."""
        found = [json.loads(line) for line in (self.output / "journal.jsonl").read_text().splitlines()]
        for record in found:
            SCHEMA.validate(record)
        return [
            one for one in found if one["type"] == type and all(one.get(key) == value for key, value in wanted.items())
        ]

    def one(self, type: str, **wanted: Any) -> Record:
        """The only such record."""
        found = self.records(type, **wanted)
        assert len(found) == 1, found
        return found[0]


def changed_clouds(source: Path, place: Path, **changes: Any) -> Path:
    """A copy of a clouds.yaml in which ``demo`` has other settings; ``auth`` is merged, None removes a key."""
    data = yaml.safe_load(source.read_text())
    demo = data["clouds"]["demo"]
    auth = changes.pop("auth", {})
    demo["auth"] = {key: value for key, value in {**demo["auth"], **auth}.items() if value is not None}
    demo.update(changes)
    place.write_text(yaml.safe_dump({"clouds": {"demo": demo}}))
    return place
