"""Plausible journals for tests: the records that the step engine writes, made up from a fixed seed."""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

START = 1_790_000_000.25
RUN = "7f3a9c21"

Record = dict[str, Any]

#: Scenario, its service, and its steps: name, kind, service of the call, method, resource, typical ms.
STORIES: dict[str, tuple[str, list[tuple[str, str, str, str, str, float]]]] = {
    "identity": (
        "identity",
        [
            ("Get a token by password", "token", "identity", "POST", "tokens", 180),
            ("Get a token from the token", "token", "identity", "POST", "tokens", 120),
            ("Validate the token", "call", "identity", "GET", "tokens", 60),
            ("Read the catalog", "call", "identity", "GET", "catalog", 45),
            ("Revoke the token", "call", "identity", "DELETE", "tokens", 50),
        ],
    ),
    "image": (
        "image",
        [
            ("Create the image", "call", "image", "POST", "images", 140),
            ("Upload the image", "call", "image", "PUT", "file", 900),
            ("Wait until the image is active", "wait", "image", "GET", "images", 1200),
            ("Download and compare", "check", "image", "GET", "file", 700),
            ("Delete the image", "delete", "image", "DELETE", "images", 150),
        ],
    ),
    "network": (
        "network",
        [
            ("Create the network", "call", "network", "POST", "networks", 320),
            ("Create the IPv4 subnet", "call", "network", "POST", "subnets", 410),
            ("Create the router", "call", "network", "POST", "routers", 780),
            ("Create the security group", "call", "network", "POST", "security_groups", 160),
            ("Create the port", "call", "network", "POST", "ports", 520),
            ("Associate the floating IP", "call", "network", "PUT", "floatingips", 460),
            ("Delete the router", "delete", "network", "DELETE", "routers", 510),
            ("Delete the network", "delete", "network", "DELETE", "networks", 340),
        ],
    ),
    "volume": (
        "block-storage",
        [
            ("Create the volume", "call", "block-storage", "POST", "volumes", 260),
            ("Wait until the volume is available", "wait", "block-storage", "GET", "volumes", 2600),
            ("Extend the volume", "call", "block-storage", "POST", "action", 140),
            ("Create the snapshot", "call", "block-storage", "POST", "snapshots", 210),
            ("Delete the volume", "delete", "block-storage", "DELETE", "volumes", 180),
        ],
    ),
    "compute": (
        "compute",
        [
            ("Create the keypair", "call", "compute", "POST", "os-keypairs", 190),
            ("Create the server", "call", "compute", "POST", "servers", 880),
            ("Wait until the server is active", "wait", "compute", "GET", "servers", 9500),
            ("Set metadata", "call", "compute", "POST", "metadata", 120),
            ("Read the console log", "call", "compute", "POST", "action", 240),
            ("Reboot the server", "wait", "compute", "POST", "action", 5200),
            ("Delete the server", "delete", "compute", "DELETE", "servers", 2100),
        ],
    ),
}


class Journals:
    """Builds one journal record by record; every random figure comes from the seed."""

    def __init__(self, seed: int = 1, scenarios: Iterable[str] = STORIES, start: float = START) -> None:
        self.random = random.Random(seed)
        self.names = list(scenarios)
        self.records: list[Record] = []
        self.seq = 0
        self.start = self.now = start
        self.repetition = 1

    def add(self, type: str, **fields: Any) -> Record:
        if self.repetition > 1 and fields.get("scenario"):
            fields["repetition"] = self.repetition
        record = {"type": type, "t": round(self.now, 6), **fields}
        self.records.append(record)
        return record

    def run(self, **changes: Any) -> None:
        fields = {
            "version": "1.1",
            "run": RUN,
            "cloud": "demo",
            "region": "RegionOne",
            "prefix": "stackprobe",
            "stackprobe": "0.1.0",
            "deadline_s": 1800,
            "config": "probes.yaml",
            "scenarios": [
                {
                    "name": name,
                    "description": f"What a customer does with {self._story(name)[0]}",
                    "tags": ["quick"],
                    "services": [self._story(name)[0]],
                    "file": f"roles/probe_{name}/tasks/main.yaml",
                }
                for name in self.names
            ],
            "verify": True,
            "ci": {"build_url": "https://zuul.example.org/build/1", "pipeline": "periodic"},
            "trigger_t": self.start - 2.5,
            "start_delay_ms": 2500.0,
            "ansible": "2.19.14",
            "python": "3.11.7",
            "openstacksdk": "4.17.0",
            "host": "runner-1",
        }
        self.add("run", **(fields | changes))

    def _story(self, name: str) -> tuple[str, list[tuple[str, str, str, str, str, float]]]:
        return STORIES[name.partition("_")[0]]

    def call(
        self, scenario: str, step: str, seq: int, service: str, method: str, resource: str, **changes: Any
    ) -> Record:
        fields = {
            "scenario": scenario,
            "step": step,
            "seq": seq,
            "service": service,
            "method": method,
            "url": f"/v2/{resource}/{{id}}",
            "resource": resource,
            "status": {"POST": 201, "DELETE": 204}.get(method, 200),
            "error": None,
            "duration_ms": round(self.random.uniform(20, 400), 3),
            "connect_ms": None,
            "tls_ms": None,
            "request_id": f"req-{self.random.getrandbits(64):016x}",
            "attempt": 1,
            "start_t": round(self.now, 6),
        }
        return self.add("call", **(fields | changes))

    def step(self, scenario: str, name: str, kind: str = "call", duration_ms: float = 100.0, **changes: Any) -> Record:
        start_t = self.now
        self.now += duration_ms / 1000
        fields = {
            "scenario": scenario,
            "step": name,
            "key": name.lower().replace(" ", "_"),
            "zone": None,
            "kind": kind,
            "seq": self.seq,
            "start_t": round(start_t, 6),
            "outcome": "passed",
            "duration_ms": round(duration_ms, 3),
            "message": None,
            "remedy": None,
            "file": f"roles/probe_{scenario}/tasks/main.yaml",
            "line": 4 + 9 * (self.seq % 12),
            "limit_ms": None,
            "deadline_ms": 60000.0,
            "retries": 0,
            "scheduling_ms": round(self.random.uniform(0, 4), 3),
            "starved": False,
            "precision_ms": 250.0 if kind == "wait" else None,
            "polls": 5 if kind == "wait" else None,
            "http_status": None,
            "request_id": None,
        }
        self.seq += 1
        return self.add("step", **(fields | changes))

    def scenario(self, name: str, fault: str | None = None, at: int = 1) -> None:
        """One whole scenario; `fault` is what happens to the step number `at`."""
        begin = self.now
        self.add("scenario_start", scenario=name)
        story = self._story(name)[1]
        outcome = "passed"
        for index, (step, kind, service, method, resource, typical_ms) in enumerate(story):
            broken = fault if index == at else None
            duration_ms = max(self.random.gauss(typical_ms, typical_ms / 6), 1)
            changes: Record = {}
            call: Record = {"duration_ms": round(duration_ms * 0.9, 3)}
            if broken == "unfinished":
                self.call(name, step, self.seq, service, method, resource, status=None, error="killed")
                return
            if broken == "http":
                call |= {"status": 503}
                changes = {
                    "outcome": "failed",
                    "message": "HTTP 503 Service Unavailable: the server is <busy> & \x1b[31mred\x1b[0m",
                    "http_status": 503,
                    "request_id": "req-503",
                }
            elif broken == "error":
                call |= {"status": 403}
                changes = {
                    "outcome": "error",
                    "message": "the policy forbids it (HTTP 403)",
                    "remedy": "give the probe's user the role member",
                    "http_status": 403,
                }
            elif broken == "slow":
                duration_ms = 65_432.1
                call |= {"duration_ms": 65_000.0}
                changes = {"outcome": "failed", "message": "took 65.4 s, limit 30 s", "limit_ms": 30000.0}
            elif broken == "skipped":
                changes = {"outcome": "skipped", "message": "the service is not in the catalog"}
            elif broken == "retry":
                self.call(name, step, self.seq, service, method, resource, status=503)
                call |= {"attempt": 2}
                changes = {"retries": 1}
            elif broken == "starved":
                changes = {"starved": True, "scheduling_ms": 900.0}
            elif broken == "check":
                changes = {"outcome": "failed", "message": "the content differs"}
            if kind == "call" and method == "POST":
                self._resource(name, resource, step, "intended")
            self.call(name, step, self.seq, service, method, resource, **call)
            seq = self.seq
            record = self.step(name, step, kind, duration_ms, **changes)
            if kind == "call" and method == "POST":
                self._resource(name, resource, step, "created")
            if broken == "check":
                self.add(
                    "check", scenario=name, step=step, seq=seq, check="sha256", outcome="failed",
                    expected="e3b0c442", actual="98fc1c14",
                )  # fmt: skip
            if record["outcome"] in ("failed", "error") and outcome != "failed":
                outcome = record["outcome"]
        for step, kind, _, method, resource, _ in story:
            if kind == "call" and method == "POST":
                self._resource(name, resource, step, "deleted")
        if fault == "skipped":
            outcome = "skipped" if len(story) == 1 else outcome
        self.add("scenario_end", scenario=name, outcome=outcome, duration_ms=(self.now - begin) * 1000, message=None)

    def _resource(self, scenario: str, kind: str, step: str, state: str) -> None:
        later = f"-r{self.repetition}" if self.repetition > 1 else ""
        name = f"stackprobe-{RUN}-{scenario}{later}-{step.rpartition(' ')[2].lower()}"
        identity = None if state == "intended" else f"{zlib.crc32(name.encode()):012x}"
        self.add("resource", scenario=scenario, kind=kind, name=name, id=identity, state=state)

    def end(self, outcome: str, **changes: Any) -> None:
        code = {"passed": 0, "failed": 1}.get(outcome, 2)
        duration_ms = (self.now - self.start) * 1000
        fields = {"outcome": outcome, "exit_code": code, "duration_ms": duration_ms, "leftovers": 0, "reason": None}
        self.add("end", **(fields | changes))

    def lines(self) -> bytes:
        return b"".join(json.dumps(record, separators=(",", ":")).encode() + b"\n" for record in self.records)

    def write(self, directory: Path) -> Path:
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / "journal.jsonl"
        path.write_bytes(self.lines())
        return path


def fair(scenarios: Iterable[str] = STORIES, seed: int = 1, start: float = START) -> Journals:
    """Everything passes."""
    journals = Journals(seed, scenarios, start)
    journals.run()
    authenticate(journals)
    for name in journals.names:
        journals.scenario(name)
    journals.end("passed")
    return journals


def authenticate(journals: Journals) -> None:
    journals.call("run", "Authenticate", journals.seq, "identity", "POST", "tokens", connect_ms=0.4, tls_ms=3.2)
    journals.step("run", "Authenticate", "auth", 210.0)


def mixed(seed: int = 2, start: float = START) -> Journals:
    """One of everything: failures, an error, a retry, a starved sample, a skip, an unfinished scenario, leftovers."""
    names = ["identity", "image", "network", "volume", "compute", "compute_az2", "volume_slow"]
    journals = Journals(seed, names, start)
    journals.run(verify=False)
    authenticate(journals)
    begin = journals.now
    for name, fault, at in (
        ("identity", "retry", 1),
        ("image", "check", 3),
        ("network", "http", 2),
        ("volume", "error", 3),
        ("compute", "starved", 2),
        ("volume_slow", "slow", 1),
        ("compute_az2", "unfinished", 2),
    ):
        journals.now = begin
        journals.scenario(name, fault, at)
    journals.now = begin + 80
    journals.add("note", scenario=None, level="warning", message="the runner's clock is 3.2 s behind the cloud's")
    journals.end("failed", leftovers=2, reason="deadline")
    return journals


def repeated(faults: Sequence[str | None], at: int = 1, seed: int = 4, planned: int | None = None) -> Journals:
    """One scenario, once for each fault; None is a repetition in fair weather.

    :param planned: how many times it was to run, if that is not how many times it did.
    """
    journals = Journals(seed, ["network"])
    journals.run(label="cloud1", environment="production", zone="eu-1")
    journals.records[0]["scenarios"][0]["repeat"] = len(faults) if planned is None else planned
    authenticate(journals)
    for number, fault in enumerate(faults, 1):
        journals.repetition = number
        journals.scenario("network", fault, at)
    journals.repetition = 1
    return journals


def thirty(seed: int = 3) -> Journals:
    """Thirty scenarios side by side, a few of them bad."""
    names = [f"{list(STORIES)[index % len(STORIES)]}_{index:02d}" for index in range(30)]
    journals = Journals(seed, names)
    journals.run()
    authenticate(journals)
    begin = journals.now
    latest = begin
    for index, name in enumerate(names):
        journals.now = begin + index * 0.15
        journals.scenario(name, {4: "http", 11: "slow", 17: "error", 20: "retry"}.get(index))
        latest = max(latest, journals.now)
    journals.now = latest
    journals.end("failed")
    return journals
