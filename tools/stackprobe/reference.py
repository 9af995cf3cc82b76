"""The reference pages of the documentation, written from what the programs themselves go by: schema and scenarios."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from stackprobe.config import schema
from stackprobe.config.complete import complete
from stackprobe.config.model import GUESTS
from stackprobe.config.wording import TYPES
from stackprobe.scenarios import Scenario, discover, known, roles_paths

_ABOUT = {
    "cloud": "Of a cloud",
    "selection": "Of a selection (`scenarios`)",
    "service_level": "Of a rule (`service_levels`)",
    "graphite": "Of `graphite`",
}


def published_schema() -> str:
    """The JSON Schema of probes.yaml with the scenarios that come with stackprobe."""
    return json.dumps(complete(schema(), known(discover(roles_paths()))), indent=2, ensure_ascii=False) + "\n"


def configuration() -> str:
    """Every key of probes.yaml, as tables in Markdown."""
    base = schema()
    parts = base["$defs"]
    general = base["properties"]
    of_cloud = {key: part for key, part in parts["cloud"]["properties"].items() if key not in general}
    lines = [*_table(base, general)]
    lines += ["", f"### {_ABOUT['cloud']}", "", *_table(base, of_cloud), ""]
    rest = [key for key in parts["cloud"]["properties"] if key not in of_cloud]
    lines.append(f"Beside these a cloud has {_words(rest)}, which then go before the general ones.")
    lines.append("A region has the same keys as a cloud, but `regions`.")
    lines += ["", f"### {_ABOUT['selection']}", "", *_table(base, parts["selection"]["properties"])]
    lines += ["", f"### {_ABOUT['service_level']}", "", *_table(base, parts["service_level"]["properties"])]
    lines += ["", f"### {_ABOUT['graphite']}", "", *_table(base, general["graphite"]["properties"])]
    return "\n".join(lines) + "\n"


def scenarios() -> str:
    """Every scenario that comes with stackprobe, as a table in Markdown."""
    found = sorted(discover(roles_paths()).values(), key=lambda one: one.name)
    lines = ["| scenario | what it proves | services | tags | oldest release |", "|---|---|---|---|---|"]
    lines += [_scenario(one) for one in found]
    return "\n".join(lines) + "\n"


def _scenario(one: Scenario) -> str:
    by = f"by name, by the tag `{GUESTS}` or by `guests: true`" if GUESTS in one.tags else "by name"
    opt_in = f" Runs only when it is selected {by}." if one.opt_in else ""
    cells = [
        f"`{one.name}`",
        _text(one.description) + opt_in,
        _words(one.services),
        _words(sorted(one.tags)),
        one.release or "",
    ]
    return f"| {' | '.join(cells)} |"


def _table(base: Mapping[str, Any], properties: Mapping[str, Any]) -> list[str]:
    lines = ["| key | takes | default | meaning |", "|---|---|---|---|"]
    for key, part in properties.items():
        whole = _resolved(base, part)
        default = whole.get("default")
        shown = "" if default in (None, {}, []) else f"`{json.dumps(default)}`"
        lines.append(f"| `{key}` | {_takes(base, whole)} | {shown} | {_text(whole.get('description', ''))} |")
    return lines


def _resolved(base: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    """A part of the schema with what it refers to; what stands beside the reference goes before it."""
    whole: dict[str, Any] = dict(part)
    while "$ref" in whole:
        target: Any = base
        for step in whole.pop("$ref").removeprefix("#/").split("/"):
            target = target[step]
        whole = {**target, **whole}
    return whole


def _takes(base: Mapping[str, Any], part: Mapping[str, Any]) -> str:
    types = [part["type"]] if isinstance(part.get("type"), str) else list(part.get("type", []))
    words = " or ".join(TYPES[one] for one in types if one != "null") or "anything"
    items = part.get("items")
    if types == ["array"] and items:
        words = f"a list of {TYPES[_resolved(base, items)['type']]}"
    unit = f" {part['x-unit']}" if "x-unit" in part else ""
    if "minimum" in part and "maximum" in part:
        words += f", {part['minimum']} to {part['maximum']}{unit}"
    if "x-pattern-words" in part:
        words += f": {part['x-pattern-words']}"
    return words


def _text(text: str) -> str:
    """Plain text for a cell of a table."""
    return " ".join(text.split()).replace("<", "&lt;").replace("|", "&#124;")


def _words(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)
