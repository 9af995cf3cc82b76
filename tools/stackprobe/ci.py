"""What the CI says about the build that a run is part of."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Build:
    """A build.

    :param facts: ``system``, ``build_url``, ``pipeline``, ``job`` and ``attempt``, as far as known.
    :param trigger_t: when the run should have started, unix seconds, if that is known.
    """

    facts: dict[str, str] = field(default_factory=dict)
    trigger_t: float | None = None


def current(environment: dict[str, str] | None = None) -> Build:
    """The build that the environment describes: GitHub Actions, GitLab CI, or what ``STACKPROBE_*`` variables say."""
    env = dict(os.environ) if environment is None else environment
    facts: dict[str, str] = {}
    if env.get("GITHUB_ACTIONS") == "true":
        facts = {
            "system": "github",
            "build_url": "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}".format_map(
                defaultdict(str, env)
            ),
            "pipeline": env.get("GITHUB_WORKFLOW", ""),
            "job": env.get("GITHUB_JOB", ""),
            "attempt": env.get("GITHUB_RUN_ATTEMPT", ""),
        }
    elif env.get("GITLAB_CI") == "true":
        facts = {
            "system": "gitlab",
            "build_url": env.get("CI_JOB_URL", ""),
            "pipeline": env.get("CI_PIPELINE_SOURCE", ""),
            "job": env.get("CI_JOB_NAME", ""),
        }
    for key in ("build_url", "pipeline", "job"):
        if value := env.get(f"STACKPROBE_{key.upper()}"):
            facts[key] = value
    try:
        trigger_t = float(env["STACKPROBE_TRIGGER_TIME"])
    except (KeyError, ValueError):
        trigger_t = None
    return Build({key: value for key, value in facts.items() if value}, trigger_t)
