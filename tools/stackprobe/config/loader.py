"""Reads probes.yaml into a :class:`Config`; the schema beside it holds the defaults, so that there is one source."""

from __future__ import annotations

import functools
import importlib.resources
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stackprobe.address import parse_address
from stackprobe.config.model import Config, Graphite, Selection, Target
from stackprobe.config.problems import Known, problems_of
from stackprobe.errors import UsageError
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

    :param known: the scenarios there are; without it, names of scenarios, tags and options are not checked.
    :raises InvalidConfig: it has mistakes; all of them are listed.
    :raises UsageError: it cannot be read, or is no YAML.
    """
    if file is None:
        return _config({}, None)
    document = Document.read(file, "configuration")
    problems = problems_of(document, schema(), known)
    if problems:
        raise InvalidConfig(problems)
    return _config(document.data or {}, file)


@functools.cache
def schema() -> Mapping[str, Any]:
    """The JSON Schema of probes.yaml."""
    text = importlib.resources.files("stackprobe.config").joinpath("probes.schema.json").read_text(encoding="utf-8")
    loaded: Mapping[str, Any] = json.loads(text)
    return loaded


def _config(data: Mapping[str, Any], file: Path | None) -> Config:
    properties = schema()["properties"]
    general = {key: data.get(key, properties[key].get("default")) for key in properties}
    targets = []
    for cloud, own in (data.get("clouds") or {}).items():
        settings = general | {key: value for key, value in (own or {}).items() if key != "options"}
        settings["options"] = _merged(data.get("options", {}), (own or {}).get("options", {}))
        given = set(data) | set(own or {})
        targets += [_target(cloud, region, settings, given) for region in settings.get("regions", [None])]
    anywhere = _target("", None, general | {"options": data.get("options", {})}, set(data))
    return Config(file=file, graphite=_graphite(data.get("graphite")), targets=tuple(targets), anywhere=anywhere)


def _target(cloud: str, region: str | None, settings: Mapping[str, Any], given: set[str]) -> Target:
    reserve = settings["teardown_reserve_s"]
    if "teardown_reserve_s" not in given:  # the default must not eat up a short deadline
        reserve = min(reserve, settings["deadline_s"] // 2)
    selection = settings.get("scenarios") or {}
    return Target(
        cloud=cloud,
        region=region,
        prefix=settings["prefix"],
        deadline_s=settings["deadline_s"],
        teardown_reserve_s=reserve,
        poll_interval_s=settings["poll_interval_s"],
        max_leftovers=settings["max_leftovers"],
        control_target=settings["control_target"],
        services=tuple(settings.get("services", ())),
        selection=Selection(**{key: frozenset(words) for key, words in selection.items()}),
        options=settings["options"],
    )


def _graphite(data: Mapping[str, Any] | None) -> Graphite | None:
    if data is None:
        return None
    properties = schema()["properties"]["graphite"]["properties"]
    return Graphite(
        address=parse_address(data["address"]),
        prefix=data.get("prefix", properties["prefix"]["default"]),
    )


def _merged(general: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    return {scenario: {**general.get(scenario, {}), **own.get(scenario, {})} for scenario in {**general, **own}}
