"""What the CI says about the build that a run is part of."""

from __future__ import annotations

import math
import os
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from stackprobe.errors import UsageError

#: How long Zuul is given to say when a build was triggered, seconds: the run waits for it.
PATIENCE_S = 5.0
#: Facts that a ``STACKPROBE_*`` variable of the same name states, whatever the CI.
_STATED = ("build_url", "pipeline", "job")
#: Facts of Zuul that are stated the same way: nothing in an Ansible task's environment says them.
_STATED_IN_ZUUL = (*_STATED, "tenant", "build", "attempt")


@dataclass(frozen=True)
class Build:
    """A build.

    :param facts: ``system``, ``build_url``, ``pipeline``, ``job`` and ``attempt``, as far as known; in Zuul ``tenant``
        and ``build`` (its uuid), too.
    :param trigger_t: when the run should have started, unix seconds, if that is known.
    """

    facts: dict[str, str] = field(default_factory=dict)
    trigger_t: float | None = None


def current(environment: dict[str, str] | None = None) -> Build:
    """The build that the environment describes: Zuul, GitHub Actions, GitLab CI, or what ``STACKPROBE_*`` says.

    In Zuul, when a build was triggered is asked of its API at ``STACKPROBE_ZUUL_URL``, in one request of 5 s at most;
    without an answer it is unknown. In GitHub Actions it is the last time that the schedule stands for (of a run that
    is repeated it is unknown), in GitLab when the schedule's pipeline was made.
    ``STACKPROBE_TRIGGER_TIME`` (unix seconds) spares the question. Never raises.
    """
    env = dict(os.environ) if environment is None else environment
    system = ci_system(env)
    facts: dict[str, str] = {}
    stated: tuple[str, ...] = _STATED
    if system == "zuul":
        facts, stated = {"system": "zuul"}, _STATED_IN_ZUUL
    elif system == "github":
        facts = {
            "system": "github",
            "build_url": "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}".format_map(
                defaultdict(str, env)
            ),
            "pipeline": env.get("GITHUB_WORKFLOW", ""),
            "job": env.get("GITHUB_JOB", ""),
            "attempt": env.get("GITHUB_RUN_ATTEMPT", ""),
        }
    elif system == "gitlab":
        facts = {
            "system": "gitlab",
            "build_url": env.get("CI_JOB_URL", ""),
            "pipeline": env.get("CI_PIPELINE_SOURCE", ""),
            "job": env.get("CI_JOB_NAME", ""),
        }
    for key in stated:
        if value := env.get(f"STACKPROBE_{key.upper()}"):
            facts[key] = value
    try:
        stated_t = float(env["STACKPROBE_TRIGGER_TIME"])
    except (KeyError, ValueError):
        stated_t = math.nan
    trigger_t = stated_t if math.isfinite(stated_t) else None
    if facts.get("system") == "zuul" and facts.get("build") and env.get("STACKPROBE_ZUUL_URL"):
        page, asked_t = _ask_zuul(env["STACKPROBE_ZUUL_URL"], facts["build"], wanted=trigger_t is None)
        facts.setdefault("build_url", page)
        trigger_t = asked_t if trigger_t is None else trigger_t
    if trigger_t is None and system == "github" and env.get("GITHUB_RUN_ATTEMPT", "1") == "1":
        from stackprobe.github.schedule import due  # noqa: PLC0415  # only where there is one

        trigger_t = due(env.get("GITHUB_EVENT_PATH", ""), time.time())
    if trigger_t is None and system == "gitlab" and env.get("CI_PIPELINE_SOURCE") == "schedule":
        trigger_t = _moment(env.get("CI_PIPELINE_CREATED_AT", ""))
    return Build({key: value for key, value in facts.items() if value}, trigger_t)


def _moment(text: str) -> float | None:
    """Unix seconds of a time in ISO 8601, if it is one."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None


def ci_system(environment: Mapping[str, str] = os.environ) -> str:
    """``zuul``, ``github``, ``gitlab``, or nothing where no CI is known."""
    if environment.get("STACKPROBE_CI") == "zuul":
        return "zuul"
    for variable, system in (("GITHUB_ACTIONS", "github"), ("GITLAB_CI", "gitlab")):
        if environment.get(variable) == "true":
            return system
    return ""


def _ask_zuul(url: str, uuid: str, wanted: bool) -> tuple[str, float | None]:
    """The page of a build, and when its trigger fired, if that is wanted and Zuul says it."""
    from stackprobe.zuul import Zuul, ZuulUnusable, parse_place  # noqa: PLC0415  # only where there is one

    try:
        place = parse_place(url)
    except UsageError:
        return "", None
    page = place.build_page(uuid)
    try:
        return page, Zuul(place, PATIENCE_S).build(uuid).event_t if wanted else None
    except ZuulUnusable:
        return page, None
