"""The options of a scenario: a JSON Schema of each, from its role's defaults and what scenario.yaml adds.

The type of an option is that of its default; an empty text is a text that may stay empty, except that a time
(``…deadline``, ``…limit``) takes a number of seconds. The comment above a default is the option's description, and a
unit at its beginning (``s: …``, ``GB: …``) the option's unit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stackprobe.errors import UsageError
from stackprobe.suggest import did_you_mean
from stackprobe.yamlfile import Document

_KEY = re.compile(r"([A-Za-z_][A-Za-z0-9_]*):")
_UNIT = re.compile(r"(s|ms|min|h|d|B|KiB|MiB|GiB|KB|MB|GB|MiB/s|Mbit/s|%)[:;] *")
_SECONDS = ("deadline", "limit")
_LIMIT = {
    "type": ["number", "string"],
    "exclusiveMinimum": 0,
    "maxLength": 0,
    "x-words": "a number of seconds, or empty",
}


def read(role: Path, scenario: Document) -> dict[str, dict[str, Any]]:
    """The schema of each option of a role, by its name without the role's prefix.

    :param scenario: its scenario.yaml; what stands under ``options`` there goes before what the defaults tell.
    :raises UsageError: the defaults cannot be read, or scenario.yaml describes an option that there is not, or badly.
    """
    file = role / "defaults" / "main.yaml"
    defaults = Document.read(file, "role defaults") if file.exists() else Document("", file)
    data = defaults.data or {}
    if not isinstance(data, Mapping):
        raise UsageError("the defaults of a role must be a mapping", file=file, line=1)
    comments = _comments(defaults.text)
    prefix = f"{role.name}_"
    options = {
        str(key).removeprefix(prefix): _schema(str(key), value, comments.get(str(key), ""))
        for key, value in data.items()
    }
    for option, described in ((scenario.data or {}).get("options") or {}).items():
        if option not in options:
            raise scenario.error(
                ["options", option],
                f"there is no option `{option}` in {file.relative_to(role)}{did_you_mean(str(option), options)}",
                at_key=True,
            )
        options[option] = {**options[option], **_checked(scenario, option, described)}
    return options


def _schema(name: str, default: Any, comment: str) -> dict[str, Any]:
    schema = {**_typed(name, default), "default": default}
    unit = _UNIT.match(comment)
    if unit:
        schema["x-unit"], comment = unit[1], comment[unit.end() :]
    if comment:
        schema["description"] = comment[:1].upper() + comment[1:]
    return schema


def _typed(name: str, default: Any) -> dict[str, Any]:
    is_time = name.endswith(_SECONDS)
    if isinstance(default, bool):
        return {"type": "boolean"}
    if isinstance(default, int | float):
        if is_time:
            return {"type": "number", "exclusiveMinimum": 0}
        return {"type": "integer" if isinstance(default, int) else "number"}
    if isinstance(default, str):
        if "{{" in default or "{%" in default:
            return {}
        return dict(_LIMIT) if is_time and not default else {"type": "string"}
    if isinstance(default, list):
        texts = bool(default) and all(isinstance(item, str) for item in default)
        mappings = bool(default) and all(isinstance(item, Mapping) for item in default)
        items = {"type": "string"} if texts else {"type": "object"} if mappings else None
        return {"type": "array", "items": items} if items else {"type": "array"}
    return {"type": "object"} if isinstance(default, Mapping) else {}


def _checked(scenario: Document, option: str, described: Any) -> Mapping[str, Any]:
    """A description of scenario.yaml.

    :raises UsageError: it is no JSON Schema.
    """
    import jsonschema  # noqa: PLC0415  # few scenarios describe options

    try:
        if not isinstance(described, Mapping):
            raise jsonschema.SchemaError("it must be a mapping")
        jsonschema.Draft202012Validator.check_schema(described)
    except jsonschema.SchemaError as error:
        raise scenario.error(
            ["options", option, *error.absolute_path], f"this is no JSON Schema of the option: {error.message}"
        ) from None
    return described


def _comments(text: str) -> dict[str, str]:
    """The comment above each key at the beginning of a line, or above those right before it."""
    found: dict[str, str] = {}
    block: list[str] = []
    fresh = True  # the block is still being read
    for line in text.splitlines():
        if line.startswith("#"):
            block = [*block, line[1:].strip()] if fresh else [line[1:].strip()]
            fresh = True
        elif not line.strip():
            block, fresh = [], True
        elif key := _KEY.match(line):
            found[key[1]] = " ".join(part for part in block if part)
            fresh = False
    return found
