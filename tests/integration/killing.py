"""``stackprobe run`` to be killed at a certain moment."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from pocketcloud.cloud import Cloud

PATIENCE_S = 60.0
POLL_S = 0.1
Journal = list[dict[str, Any]]


@dataclass
class Killable:
    """``stackprobe run`` as an operator starts it, in a directory of its own."""

    cloud: Cloud
    directory: Path
    cloud_name: str = "demo"
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def output(self) -> Path:
        return self.directory / "out"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "OS_CLIENT_CONFIG_FILE": str(self.cloud.clouds_yaml),
            "XDG_STATE_HOME": str(self.directory.parent / "state"),
        }

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "stackprobe", *arguments]

    def start(self, *scenarios: str) -> psutil.Popen:
        self.directory.mkdir(parents=True)
        config = self.directory / "probes.yaml"
        config.write_text(json.dumps({"options": self.options}), encoding="utf-8")
        selection = [part for scenario in scenarios for part in ("--scenario", scenario)]
        with open(self.directory / "run.log", "wb") as log:
            return psutil.Popen(
                self.command(
                    "run", "--cloud", self.cloud_name, "--config", str(config), "--output", str(self.output), *selection
                ),
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def progress(self) -> int:
        """How many steps it has done and states of resources it has met, however often it asked."""
        try:
            journal = (self.output / "journal.jsonl").read_bytes()
        except FileNotFoundError:
            return 0
        return journal.count(b'{"type":"step"') + journal.count(b'{"type":"resource"')

    def records(self) -> Journal:
        """The journal so far; a line that is being written is left out."""
        try:
            lines = (self.output / "journal.jsonl").read_bytes().split(b"\n")[:-1]
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in lines]

    def stackprobe(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments), env=self.environment, capture_output=True, text=True, check=False, timeout=180
        )


def kill_all(run: psutil.Popen) -> None:
    """SIGKILL to the run and everything it started, at once."""
    family = [run, *run.children(recursive=True)]
    for process in family:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    run.wait(PATIENCE_S)
    psutil.wait_procs(family[1:], PATIENCE_S)


def until(condition: Callable[[], Any], what: str, patience_s: float = PATIENCE_S) -> Any:
    """What ``condition`` returns as soon as it is true."""
    end = time.monotonic() + patience_s
    while not (value := condition()):
        assert time.monotonic() < end, f"in vain: {what}"
        time.sleep(POLL_S)
    return value


def creation(journal: Journal, scenario: str, kind: str) -> dict[str, Any]:
    """The rule that lets the cloud do a scenario's first creation of ``kind``, but keeps the answer back.

    :param journal: of an undisturbed run that had this scenario.
    """
    records = [record for record in journal if record.get("scenario") == scenario]
    name = next(
        record["name"]
        for record in records
        if (record["type"], record.get("state"), record.get("kind")) == ("resource", "intended", kind)
    )
    created = next(
        index
        for index, record in enumerate(records)
        if (record["type"], record.get("state"), record.get("name")) == ("resource", "created", name)
    )
    calls = (record for record in reversed(records[:created]) if record["type"] == "call")
    call = next(one for one in calls if one["method"] == "POST")
    path = re.escape(call["url"]).replace(re.escape("{id}"), "[^/]+") + "$"
    what = name.split("-", 2)[2]  # of <prefix>-<run id>-<what>
    return {"service": call["service"], "method": "POST", "path": path, "sent": f'-{re.escape(what)}"', "hang": "after"}
