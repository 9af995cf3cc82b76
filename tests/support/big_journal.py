"""A journal as large as a run can make it: very many steps, each with its calls, some of them bad."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

START_T = 1_790_000_000.25
#: Every so many steps, one fails; its message is as long as a gateway's error page.
BAD_EVERY = 10
_PAGE = "<html><body>502 Bad Gateway " + "upstream prematurely closed connection; " * 30 + "</body></html>"


def write(directory: Path, steps: int, scenarios: int = 25, calls: int = 2, bad_every: int = BAD_EVERY) -> Path:
    """Write `steps` steps of `calls` calls each, spread over `scenarios`, and return the journal's path."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "journal.jsonl"
    with path.open("w", encoding="utf-8") as file:

        def add(type: str, t: float, **fields: Any) -> None:
            file.write(json.dumps({"type": type, "t": t, **fields}, separators=(",", ":")) + "\n")

        names = [f"scenario_{number:02d}" for number in range(scenarios)]
        plans = [{"name": name, "description": "", "tags": [], "services": ["compute"]} for name in names]
        add("run", START_T, version="1.1", run="b16b16", cloud="demo", region="RegionOne", verify=True, scenarios=plans,
            prefix="stackprobe", stackprobe="0.1.0", deadline_s=86400, host="runner-1", ci={})  # fmt: skip
        seq, t = 0, START_T
        for index, name in enumerate(names):
            begin = t
            add("scenario_start", t, scenario=name)
            for number in range(index, steps, scenarios):
                bad = bool(bad_every) and seq % bad_every == 0
                _step(add, name, number, seq, t, bad, calls)
                seq += 1
                t += 0.1
            add("scenario_end", t, scenario=name, outcome="failed" if bad_every else "passed",
                duration_ms=(t - begin) * 1000, message=None)  # fmt: skip
        add("end", t, outcome="failed" if bad_every else "passed", exit_code=int(bool(bad_every)),
            duration_ms=(t - START_T) * 1000, leftovers=0, reason=None)  # fmt: skip
    return path


def _step(add: Any, scenario: str, number: int, seq: int, t: float, bad: bool, calls: int) -> None:
    """One step: a create, so it has a resource too."""
    step, key = f"Create the server {number}", f"create_the_server_{number}"
    resource = {"scenario": scenario, "kind": "server", "name": f"stackprobe-b16b16-{seq}"}
    add("resource", t, **resource, id=None, state="intended")
    for call in range(calls):
        add("call", t, scenario=scenario, step=step, seq=seq, service="compute", method="POST", url="/v2.1/servers",
            resource="servers", status=502 if bad else 202, error=None, duration_ms=40.125 + seq % 977,
            connect_ms=None, tls_ms=None, request_id=f"req-{seq:032x}{call}", attempt=call + 1, start_t=t)  # fmt: skip
    add("step", t, scenario=scenario, step=step, key=key, zone=None, kind="call", seq=seq, start_t=t,
        outcome="failed" if bad else "passed", duration_ms=90.5 + seq % 977, message=_PAGE if bad else None,
        remedy=None, file=f"roles/probe_{scenario}/tasks/main.yaml", line=4 + number % 300, limit_ms=30000.0,
        deadline_ms=60000.0, retries=max(calls - 1, 0), scheduling_ms=0.5, starved=False, precision_ms=None, polls=None,
        http_status=502 if bad else None, request_id=None)  # fmt: skip
    add("resource", t, **resource, id=f"{seq:032x}", state="created")
    add("check", t, scenario=scenario, step=step, seq=seq, check="status", outcome="failed" if bad else "passed",
        expected="ACTIVE", actual="ERROR" if bad else "ACTIVE")  # fmt: skip
    add("resource", t, **resource, id=f"{seq:032x}", state="deleted")
