"""Which of a run's steps are the metrics that ApiMon's playbooks report by their tags ``metric=`` and ``az=``."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from stackprobe.results import Outcome, Results, Step

#: Metric by scenario (``*``: any) and step. Steps of one metric are added up to one event: a server is there
#: when its request was answered *and* it is active, which is what ApiMon's one task measures.
_METRICS = {
    ("run", "authenticate"): "get_token",
    ("identity", "get_a_token_with_the_credentials"): "get_token",
    ("image", "upload_the_image"): "image_upload",
    ("image", "wait_until_the_image_is_active"): "image_upload",
    ("image", "delete_the_image"): "image_delete",
    ("*", "wait_until_the_server_is_active"): "create_server",
    ("*", "create_a_server_that_keeps_the_volume"): "create_server",
    ("*", "create_a_server_that_takes_the_volume_along"): "create_server",
    ("*", "delete_the_server_that_keeps_the_volume"): "delete_server",
    ("*", "delete_the_server_that_takes_the_volume_along"): "delete_server",
    ("availability_zones", "wait_until_the_volume_is_available"): "create_volume",
    ("volume_types", "wait_until_the_volume_is_available"): "create_volume",
    ("volume", "create_a_snapshot"): "create_volume_snapshot",
    ("volume", "delete_the_snapshot"): "delete_volume_snapshot",
    ("volume", "create_a_volume_from_the_snapshot"): "create_volume",
    ("volume", "delete_the_copy"): "delete_volume",
    ("volume_backup", "back_the_volume_up"): "create_volume_backup",
    ("volume_backup", "restore_the_backup"): "restore_volume_backup",
    ("volume_backup", "delete_the_backup"): "delete_volume_backup",
    ("volume_backup", "delete_the_restored_volume"): "delete_volume",
}
#: Metrics that are steps' own names already, as those of other people's playbooks are.
_KNOWN = set(_METRICS.values()) | {"image_upload", "image_delete"}
#: ``Create the router`` is ``create_router``, and so on.
_MADE = re.compile(r"(create|delete)_(?:(?:the|a|an)_)?([a-z0-9]+(?:_[a-z0-9]+){0,2})")
#: Scenarios whose zones are none: a type of volumes belongs to the metric's name, a number of a server nowhere.
_TYPED = {"volume_types"}
_NUMBERED = {"server_batch", "server_batch_login"}
#: The kind of steps that a recorded or imported playbook has.
_RECORDED = "task"


@dataclass(frozen=True)
class Event:
    """One time that a metric was taken.

    :ivar name: the metric with what follows it, such as ``create_server`` or ``curl.home``.
    :ivar status: what ends the name: ``passed``, ``failed``, ``failedignored`` or ``skipped``.
    :ivar duration_ms: None: the runner itself starved, and it says nothing about the cloud.
    """

    name: tuple[str, ...]
    status: str
    duration_ms: float | None


#: What the probe could not judge is no failure of the cloud: counted, but where no threshold of failures looks.
_STATUS = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "failed",
    Outcome.ERROR: "failedignored",
    Outcome.SKIPPED: "skipped",
}
#: Of a task that failed although its playbook passed.
_HANDLED = {"ignored": "failedignored", "rescued": "failed"}
_WORST_FIRST = ("failed", "failedignored", "passed", "skipped")


def events(results: Results) -> Iterator[Event]:
    """Every time that a metric was taken in a run."""
    groups: dict[tuple[tuple[str, ...], str, int, str | None, int], list[Step]] = {}
    for suite in results.suites:
        seen: Counter[tuple[int, str, str | None]] = Counter()
        for step in suite.steps:
            names = _names(step)
            if not names:
                continue
            seen[step.repetition, step.key, step.zone] += 1
            # the second server's wait belongs to the second server's request
            number = seen[step.repetition, step.key, step.zone]
            for name in names:
                groups.setdefault((name, suite.name, step.repetition, step.zone, number), []).append(step)
    for (name, *_), steps in groups.items():
        found = {_HANDLED.get(step.handled or "") or _STATUS[step.outcome] for step in steps}
        yield Event(name, min(found, key=_WORST_FIRST.index), _time(steps))


def _time(steps: Iterable[Step]) -> float | None:
    steps = list(steps)
    return None if any(step.starved for step in steps) else sum(step.duration_ms for step in steps)


def _names(step: Step) -> list[tuple[str, ...]]:
    """The names of a step's metrics. A task of somebody's playbook says by its tags which ones it has, if any."""
    if step.kind == _RECORDED or step.metrics:
        return [(metric,) if step.zone is None else (metric, step.zone) for metric in step.metrics]
    name = _name(step)
    return [] if name is None else [name]


def _name(step: Step) -> tuple[str, ...] | None:
    """The name of a step's metric, or None: ApiMon has none for it."""
    if (step.scenario, step.key) == ("http_watch", "ask_the_address"):
        return ("curl", step.zone or "address")
    if (step.scenario, step.key) == ("dns_resolve", "resolve_the_name"):
        record, _, server = (step.zone or "name").rpartition("@")
        return ("dns", server, record) if record else ("dns", "default", server)
    metric = _metric(step)
    if metric is None or step.zone is None or step.scenario in _NUMBERED:
        return None if metric is None else (metric,)
    return (f"{metric}_{step.zone}",) if step.scenario in _TYPED else (metric, step.zone)


def _metric(step: Step) -> str | None:
    for scenario in (step.scenario, "*"):
        if (scenario, step.key) in _METRICS:
            return _METRICS[scenario, step.key]
    if step.key in _KNOWN:
        return step.key
    made = _MADE.fullmatch(step.key)
    return f"{made[1]}_{made[2]}" if made else None
