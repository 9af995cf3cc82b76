"""Plays, tasks and results as files of results have them; what is of the wrong type is left out, and noted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stackprobe.importing.document import CUT


@dataclass
class Task:
    """A task and its result on each host. Times are unix seconds, None where the file has none.

    :ivar cut: the file ends within it: other hosts may have been there.
    """

    name: str
    start_t: float | None
    end_t: float | None
    results: dict[str, Mapping[str, Any]]
    tags: Any = None
    path: str | None = None
    cut: bool = False


@dataclass
class Play:
    """A play."""

    name: str
    start_t: float | None
    end_t: float | None
    tasks: list[Task] = field(default_factory=list)
    cut: bool = False


@dataclass
class Playbook:
    """A playbook, or what of it is known.

    :ivar stats: of each host how many tasks ended how; None where the file ends before.
    """

    source: Path
    file: str | None
    plays: list[Play]
    stats: Mapping[str, Any] | None
    cut: bool = False


def read_plays(data: Mapping[str, Any], source: Path, notes: list[str]) -> list[Play]:
    """The plays under ``plays``, in their order."""
    found = []
    for raw in _mappings(data.get("plays"), source, "play", notes):
        about = _mapping(raw.get("play"))
        start_t, end_t = _times(about)
        tasks = [_task(one, source, notes) for one in _mappings(raw.get("tasks"), source, "task", notes)]
        name = _text(about.get("name")) or "play"
        found.append(Play(name, start_t, end_t, tasks, cut=CUT in raw or CUT in about))
    return found


def read_stats(data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What Ansible counted, when all of it is there."""
    stats = data.get("stats")
    return stats if isinstance(stats, Mapping) and CUT not in stats else None


def _task(raw: Mapping[str, Any], source: Path, notes: list[str]) -> Task:
    about = _mapping(raw.get("task"))
    hosts = _mapping(raw.get("hosts"))
    results: dict[str, Mapping[str, Any]] = {}
    for host, result in hosts.items():
        if host == CUT:
            continue
        if isinstance(result, Mapping):
            results[str(host)] = result
        else:
            notes.append(f"{source.name}: the result of a task on {host} is none, and counts as an error")
            results[str(host)] = {CUT: True}
    role = _text(_mapping(raw.get("role")).get("name"))
    name = _text(about.get("name")) or next((_text(one.get("action")) for one in results.values()), "") or "task"
    start_t, end_t = _times(about)
    return Task(
        f"{role} : {name}" if role and not name.startswith(f"{role} : ") else name,
        start_t,
        end_t,
        results,
        about.get("tags"),
        _text(about.get("path")) or None,
        cut=any(CUT in one for one in (raw, about, hosts)),
    )


def _mappings(value: Any, source: Path, what: str, notes: list[str]) -> Iterator[Mapping[str, Any]]:
    if value is not None and not isinstance(value, list):
        notes.append(f"{source.name}: where {what}s should be is something else")
    for one in value if isinstance(value, list) else []:
        if isinstance(one, Mapping):
            yield one
        else:
            notes.append(f"{source.name}: a {what} is none, and is left out")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    return "" if value is None else " ".join(str(value).split())


def _times(about: Mapping[str, Any]) -> tuple[float | None, float | None]:
    duration = _mapping(about.get("duration"))
    return _moment(duration.get("start")), _moment(duration.get("end"))


def _moment(value: Any) -> float | None:
    """Unix seconds of a time as Ansible's callbacks write it; without a zone it is UTC."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
        seconds = (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
    return seconds if seconds >= 0 else None
