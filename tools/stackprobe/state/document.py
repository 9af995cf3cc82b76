"""The state as JSON, for programs. Times are ISO 8601 in UTC, spans seconds, shares percent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from stackprobe.maintenance import Window
from stackprobe.state.model import Availability, CloudState, Incident, Phase, ServiceState

FORMAT = "stackprobe-status/1"


def document(clouds: Sequence[CloudState]) -> dict[str, Any]:
    """Everything about some clouds."""
    return {"format": FORMAT, "clouds": [cloud(one) for one in clouds]}


def cloud(state: CloudState) -> dict[str, Any]:
    """Everything about one."""
    return {
        "cloud": state.cloud,
        "region": state.region,
        "time": moment(state.now_t),
        "status": state.status,
        "level": int(state.level),
        "trouble": state.trouble,
        "last_run": moment(state.seen_t),
        "objective_percent": state.objective_percent,
        "services": [_service(one, state.objective_percent) for one in state.services],
        "maintenance": [_window(one) for one in state.maintenance],
    }


def moment(t: float | None) -> str | None:
    """``2026-12-01T21:00:00Z``."""
    return None if t is None else datetime.fromtimestamp(t, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _service(state: ServiceState, objective_percent: float) -> dict[str, Any]:
    health = state.health
    return {
        "service": state.service,
        "status": health.status,
        "level": int(health.level),
        "reason": health.reason,
        "last_judged": moment(health.seen_t),
        "maintenance": _window(health.maintenance) if health.maintenance else None,
        "scenarios": list(state.scenarios),
        "availability": {name: _availability(one, objective_percent) for name, one in state.windows.items()},
        "incidents": [_incident(one) for one in state.incidents],
    }


def _availability(found: Availability, objective_percent: float) -> dict[str, Any]:
    return {
        "percent": _rounded(found.percent),
        "coverage_percent": _rounded(found.coverage_percent),
        "known_s": round(found.known_s),
        "bad_s": round(found.bad_s),
        "maintenance_s": round(found.maintained_s),
        "error_budget_s": round(found.budget_s(objective_percent)),
        "error_budget_left_percent": _rounded(found.left_percent(objective_percent)),
    }


def _incident(incident: Incident) -> dict[str, Any]:
    return {
        "from": moment(incident.from_t),
        "until": moment(incident.until_t),
        "worst": incident.worst.word,
        "events": [_event(phase) for phase in incident.phases],
    }


def _event(phase: Phase) -> dict[str, Any]:
    return {
        "status": phase.level.word,
        "from": moment(phase.from_t),
        "until": moment(phase.until_t),
        "causes": list(phase.causes),
    }


def _window(window: Window) -> dict[str, Any]:
    return {
        "from": moment(window.from_t),
        "until": moment(window.until_t),
        "reason": window.reason,
        "services": sorted(window.services),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
