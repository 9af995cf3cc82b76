"""The whole JSON Schema of probes.yaml: the file beside this one, and what the scenarios that exist add to it."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from typing import Any

from stackprobe.config.known import TOTAL, Known

Schema = dict[str, Any]


def complete(base: Mapping[str, Any], known: Known, *, steps_of: Collection[str] | None = None) -> Schema:
    """The schema with the names of scenarios, tags, options and steps.

    ``x-unknown`` begins the message about a name that is none of them, ``x-there-are`` the remedy that lists them.

    :param base: the schema that knows no scenario.
    :param steps_of: the scenarios whose steps are of interest; None: all. Reading them takes a while.
    """
    whole = copy.deepcopy(dict(base))
    parts = whole["$defs"]
    names = {"enum": sorted(known.scenarios), "x-unknown": "there is no scenario", "x-there-are": "there are"}
    tags = {"enum": sorted(known.tags), "x-unknown": "there is no tag", "x-there-are": "there are"}
    selection = parts["selection"]["properties"]
    for key, items in (("names", names), ("skip_names", names), ("tags", tags), ("skip_tags", tags)):
        selection[key] = {**selection[key], **parts["words"], "items": items}
        selection[key].pop("$ref", None)
    scenarios = sorted(known.scenarios)
    _name(parts["options"], {name: _options(name, known) for name in scenarios}, "there is no scenario")
    _name(parts["common"], _common(known), "no scenario has an option")
    _name(parts["repeat"], {name: {"$ref": "#/$defs/times"} for name in scenarios}, "there is no scenario")
    limits = parts["within"]["additionalProperties"]
    _name(
        parts["within"],
        {name: _limits(name, known) if steps_of is None or name in steps_of else limits for name in scenarios},
        "there is no scenario",
    )
    return whole


def _name(part: Schema, properties: Schema, unknown: str, there_are: str = "there are") -> None:
    """Let a mapping have these keys alone."""
    part.pop("propertyNames", None)
    part.update(
        {
            "properties": properties,
            "additionalProperties": False,
            "x-unknown": unknown,
            "x-there-are": there_are,
        }
    )


def _options(scenario: str, known: Known) -> Schema:
    part: Schema = {"type": "object"}
    options = dict(known.scenarios[scenario].options)
    _name(part, options, f"the scenario `{scenario}` has no option", "it has")
    return part


def _common(known: Known) -> Schema:
    """Every option that some scenario has: its value must suit each of them."""
    found: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for scenario in sorted(known.scenarios):
        for option, schema in known.scenarios[scenario].options.items():
            found.setdefault(option, []).append((scenario, schema))
    return {option: _for_all(found[option]) for option in sorted(found)}


def _for_all(schemas: list[tuple[str, Mapping[str, Any]]]) -> Schema:
    users = ", ".join(scenario for scenario, _ in schemas)
    distinct: list[tuple[str, Schema]] = []
    for scenario, schema in schemas:
        bare = {key: value for key, value in schema.items() if key not in ("description", "default")}
        if bare not in [one for _, one in distinct]:
            distinct.append((scenario, bare))
    if len(distinct) == 1:
        return {"description": f"For {users}.", **distinct[0][1]}
    return {"description": f"For {users}.", "allOf": [{**one, "x-for": scenario} for scenario, one in distinct]}


def _limits(scenario: str, known: Known) -> Schema:
    part: Schema = {"type": "object"}
    steps = known.scenarios[scenario].steps()
    limits: Schema = {TOTAL: {"description": "The whole scenario, teardown included.", "$ref": "#/$defs/limit"}}
    for key, name in steps.names.items():
        limits[key] = {"description": name, "$ref": "#/$defs/limit"}
        limits[name] = {"$ref": "#/$defs/limit"}
    _name(part, limits, f"the scenario `{scenario}` has no step", "it has")
    part["x-listed"] = [*steps.names, TOTAL]
    if not steps.complete:
        part["additionalProperties"] = {"$ref": "#/$defs/limit"}
    return part
