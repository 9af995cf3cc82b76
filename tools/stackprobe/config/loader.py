"""Reads probes.yaml into a :class:`Config`; the schema beside it holds the defaults, so that there is one source."""

from __future__ import annotations

import functools
import importlib.resources
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from stackprobe.config.destinations import destinations, names
from stackprobe.config.known import Known
from stackprobe.config.levels import Level, Settings, targets
from stackprobe.config.model import Config, Graphite, Past, Target
from stackprobe.config.problems import problems_of
from stackprobe.config.selecting import idle, selection
from stackprobe.errors import UsageError
from stackprobe.maintenance import planned, span_s
from stackprobe.metricname import key_of
from stackprobe.yamlfile import Document


class InvalidConfig(UsageError):
    """A configuration with mistakes; its text lists them all, one a line."""

    def __init__(self, problems: list[UsageError]) -> None:
        self.problems = problems
        first = problems[0]
        super().__init__(first.message, remedy=first.remedy, file=first.file, line=first.line, column=first.column)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


def load_config(file: Path | None = None, *, known: Known | None = None) -> Config:
    """The configuration in ``file``, or the one of defaults alone.

    :param known: the scenarios there are; without it, names of scenarios, tags, options and steps are not checked, and
        common options are given to none.
    :raises InvalidConfig: it has mistakes; all of them are listed.
    :raises UsageError: it cannot be read, or is no YAML.
    """
    if file is None:
        return _config({}, None)
    document = Document.read(file, "configuration")
    problems = problems_of(document, schema(), known)
    if problems:
        raise InvalidConfig(problems)
    config = _config(document.data or {}, file, known)
    return config if known is None else replace(config, warnings=tuple(idle(document, known)))


@functools.cache
def schema() -> Mapping[str, Any]:
    """The JSON Schema of probes.yaml, as far as it goes without knowing the scenarios."""
    text = importlib.resources.files("stackprobe.config").joinpath("probes.schema.json").read_text(encoding="utf-8")
    loaded: Mapping[str, Any] = json.loads(text)
    return loaded


def _config(data: Settings, file: Path | None, known: Known | None = None) -> Config:
    general = Level((), data)
    found = [_target(level, known) for level in targets(data)]
    return Config(
        file=file,
        graphite=_graphite(data.get("graphite"), file),
        targets=tuple(found),
        anywhere=_target(general, known),
        history=_history(data.get("history", {}), file),
    )


def _target(level: Level, known: Known | None) -> Target:
    given, properties = level.settings, schema()["properties"]
    settings = {key: given.get(key, part.get("default")) for key, part in properties.items()}
    reserve = settings["teardown_reserve_s"]
    if "teardown_reserve_s" not in given:  # the default must not eat up a short deadline
        reserve = min(reserve, settings["deadline_s"] // 2)
    of_cloud = level.outer[-1] if level.region is not None else level
    return Target(
        cloud=level.cloud or "",
        region=level.region,
        prefix=settings["prefix"],
        deadline_s=settings["deadline_s"],
        teardown_reserve_s=reserve,
        poll_interval_s=settings["poll_interval_s"],
        max_leftovers=settings["max_leftovers"],
        parallel=settings["parallel"],
        requests_per_second=settings["requests_per_second"],
        control_target=settings["control_target"],
        services=tuple(given.get("services", ())),
        selection=selection(settings["scenarios"], settings["guests"]),
        options=_options(given.get("common", {}), given.get("options", {}), known),
        within={name: _by_key(limits) for name, limits in given.get("within", {}).items()},
        repeat=given.get("repeat", {}),
        label=of_cloud.own.get("label"),
        region_label=level.own.get("label") if level.region is not None else None,
        environment=settings["environment"],
        zone=settings["zone"],
        service_levels={name: rule for name, rule in (given.get("service_levels") or {}).items() if rule is not None},
        verdict=settings["verdict"],
        objective_percent=float(settings["objective"]),
        damping=settings["damping"],
        every_s=None if settings["every"] is None else span_s(settings["every"], "every"),
        maintenance=tuple(map(planned, level.gathered("maintenance"))),
    )


def _options(common: Settings, options: Settings, known: Known | None) -> dict[str, dict[str, Any]]:
    """Options by scenario: what is common to all that have it, less what is said for one of them."""
    shared = {
        name: {option: value for option, value in common.items() if option in scenario.options}
        for name, scenario in (known.scenarios if known is not None and common else {}).items()
    }
    whole = {name: {**shared.get(name, {}), **options.get(name, {})} for name in {**shared, **options}}
    return {name: own for name, own in whole.items() if own or name in options}


def _by_key(limits: Settings) -> dict[str, float]:
    return {key_of(step): float(limit) for step, limit in limits.items()}


def _graphite(data: Settings | None, file: Path | None) -> Graphite | None:
    if data is None:
        return None
    properties = schema()["properties"]["graphite"]["properties"]
    found = destinations(data, file.parent if file else Path())
    return Graphite(
        address=found[0].address,
        prefix=data.get("prefix", properties["prefix"]["default"]),
        url=data.get("url"),
        naming=names(data.get("naming")),
        destinations=found,
    )


def _history(data: Settings, file: Path | None) -> Past:
    properties = schema()["properties"]["history"]["properties"]
    directory = Path(data["directory"]).expanduser() if "directory" in data else None
    return Past(
        directory=file.parent / directory if file and directory else directory,
        timeout_s=float(data.get("timeout_s", properties["timeout_s"]["default"])),
    )
