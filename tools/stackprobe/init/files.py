"""All texts that are asked for, and the proof that the configuration among them is one."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from stackprobe.config import Known
from stackprobe.config.loader import schema
from stackprobe.config.problems import problems_of
from stackprobe.init.github import workflow
from stackprobe.init.plan import Plan
from stackprobe.init.probes import probes_yaml
from stackprobe.init.zuul import zuul_yaml
from stackprobe.yamlfile import Document


def texts(plan: Plan, config: str, *, zuul: Path | None, github: Path | None, day: str) -> dict[str, str]:
    """Text by file: the configuration, and what else is named."""
    found = {config: probes_yaml(plan, config, day)}
    if zuul:
        found[str(zuul)] = zuul_yaml(plan)
    if github:
        place = PurePosixPath(config)
        found[str(github)] = workflow(place.name if place.is_absolute() else str(place))
    return found


def prove(text: str, file: str, known: Known) -> None:
    """Look whether a run would take the configuration.

    :raises RuntimeError: it would not, which is a mistake of stackprobe.
    """
    mistakes = problems_of(Document(text, file), schema(), known)
    if mistakes:
        raise RuntimeError(f"init would have written a configuration with mistakes: {mistakes[0]}")
