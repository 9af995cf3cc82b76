"""Files of results as Zuul and Ansible's json callback write them, made up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from stackprobe.cli import main
from stackprobe.results import Results, from_directory

SAMPLE = Path(__file__).parent / "samples" / "json-callback.txt"


def at(second: float, minute: int = 0) -> str:
    """A time of the run."""
    return f"2026-01-31T12:{minute:02d}:{second:09.6f}Z"


def task(name: str, start: float = 1, end: float = 2, **hosts: Any) -> dict[str, Any]:
    """A task with a result on each host."""
    return {
        "task": {"name": name, "id": f"0000-{name}", "duration": {"start": at(start), "end": at(end)}},
        "hosts": hosts,
    }


def play(name: str, *tasks: dict[str, Any]) -> dict[str, Any]:
    """A play."""
    return {"play": {"name": name, "id": "1", "duration": {"start": at(0), "end": at(30)}}, "tasks": list(tasks)}


def stats(**counted: int) -> dict[str, Any]:
    """What Ansible counted on localhost."""
    nothing = dict.fromkeys(("ok", "changed", "failures", "unreachable", "skipped", "rescued", "ignored"), 0)
    return {"localhost": nothing | counted}


def ansible(*plays: dict[str, Any], **counted: int) -> dict[str, Any]:
    """What the json callback prints."""
    return {"plays": list(plays), "stats": stats(**counted), "custom_stats": {}, "global_custom_stats": {}}


def zuul(*plays: dict[str, Any], phase: str = "run", name: str = "probe/run", **counted: int) -> dict[str, Any]:
    """One playbook of a job-output.json."""
    return {
        "branch": "master",
        "index": "0",
        "phase": phase,
        "playbook": f"example.org/project/playbooks/{name}.yaml",
        "plays": list(plays),
        "stats": stats(**counted),
        "trusted": False,
    }


OK = {"changed": False, "action": "debug", "msg": "fine"}
SKIPPED = {"changed": False, "action": "debug", "skipped": True, "skip_reason": "Conditional result was False"}


def failed(message: str = "out of luck", action: str = "fail", **more: Any) -> dict[str, Any]:
    """The result of a task that failed."""
    return {"changed": False, "failed": True, "msg": message, "action": action, **more}


def imported(directory: Path, *contents: Any, options: tuple[str, ...] = ()) -> Results:
    """The results after `stackprobe import` of files with these contents: text, bytes, or data for JSON."""
    files = []
    for number, content in enumerate(contents):
        file = directory / f"file-{number}.json"
        if isinstance(content, bytes):
            file.write_bytes(content)
        else:
            file.write_text(content if isinstance(content, str) else json.dumps(content, indent=4))
        files.append(str(file))
    assert main(["import", *files, "--output", str(directory / "out"), "--cloud", "demo", *options]) == 0
    return from_directory(directory / "out")


def told(results: Results) -> dict[tuple[str, str], tuple[str, str | None]]:
    """How each step ended, by scenario and step."""
    return {(one.scenario, one.name): (str(one.outcome), one.handled) for one in results.steps}
