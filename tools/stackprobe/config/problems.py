"""Finds what is wrong with a configuration, in words for the person who wrote it."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import jsonschema

from stackprobe.address import parse_address
from stackprobe.errors import UsageError
from stackprobe.redact import Scrubber, is_secret_name
from stackprobe.suggest import did_you_mean, listed
from stackprobe.yamlfile import Document

Path = tuple[str | int, ...]

_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "empty",
}


@dataclass(frozen=True)
class Known:
    """The scenarios that exist, to tell a misspelt name from a good one.

    :param scenarios: names of scenarios, each with the names of its options.
    :param tags: the tags that some scenario has.
    """

    scenarios: Mapping[str, Collection[str]] = field(default_factory=dict)
    tags: Collection[str] = ()


def problems_of(document: Document, schema: Mapping[str, Any], known: Known | None) -> list[UsageError]:
    """Every mistake of a configuration, in the order of its lines."""
    found = [*document.duplicate_keys, *_odd_values(document, document.data, ())]
    if not found:
        for error in _schema_errors(document.data, schema):
            found += _unknown_keys(document, error) or [_described(document, error)]
    if not found:
        found = [*_contradictions(document), *_addresses(document), *_secrets(document, document.data, ())]
        if known is not None:
            found += _unknown_names(document, known)
    return sorted(found, key=lambda error: (error.line or 0, error.column or 0))


def _odd_values(document: Document, value: Any, path: Path) -> Iterator[UsageError]:
    """What YAML can say and JSON cannot."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if isinstance(key, str):
                yield from _odd_values(document, item, (*path, key))
            else:
                yield document.error(path, f"the key `{key}` is no text", remedy="put it in quotes")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _odd_values(document, item, (*path, index))
    elif isinstance(value, float) and not math.isfinite(value):
        yield document.error(path, f"{_place(path)} must be a finite number")
    elif value is not None and not isinstance(value, (str, int, float)):
        yield document.error(
            path, f"YAML takes {_place(path)} for a {type(value).__name__}", remedy="put it in quotes if it is text"
        )


def _schema_errors(data: Any, schema: Mapping[str, Any]) -> list[Any]:
    return list(jsonschema.Draft202012Validator(schema).iter_errors({} if data is None else data))


def _unknown_keys(document: Document, error: Any) -> list[UsageError]:
    if error.validator != "additionalProperties":
        return []
    path: Path = tuple(error.absolute_path)
    known = list(error.schema.get("properties", {}))
    where = f" in {_place(path)}" if path else ""
    return [
        document.error(
            (*path, key),
            f"unknown key `{key}`{where}{did_you_mean(key, known)}",
            remedy=f"known keys there are {listed(known)}",
            at_key=True,
        )
        for key in error.instance
        if key not in known
    ]


def _described(document: Document, error: Any) -> UsageError:
    path: Path = tuple(error.absolute_path)
    place, value, wanted = _place(path), error.instance, error.validator_value
    unit = error.schema.get("x-unit") if isinstance(error.schema, Mapping) else None
    suffix = f" {unit}" if unit else ""
    if "propertyNames" in error.absolute_schema_path:
        words = error.schema.get("x-pattern-words", "a name")
        return document.error((*path, value), f"the key `{value}` in {place} must be {words}", at_key=True)
    if error.validator == "type":
        types = [wanted] if isinstance(wanted, str) else wanted
        message = f"{place} must be {' or '.join(_TYPES[name] for name in types)}"
        if value is None:
            return document.error(path, f"{message}, but is empty", remedy="fill it in or remove the key")
        message += f", not {_named(value)}"
        if "string" in types and not isinstance(value, (dict, list)):
            written = document.as_written(path)
            return document.error(path, message, remedy=f"write '{written}' with the quotes")
        return document.error(path, message)
    if error.validator == "minimum":
        return document.error(path, f"{place} must be at least {wanted}{suffix}, not {value}")
    if error.validator == "maximum":
        return document.error(path, f"{place} must be at most {wanted}{suffix}, not {value}")
    if error.validator == "pattern":
        return document.error(path, f"{place} must be {error.schema['x-pattern-words']}, not `{value}`")
    if error.validator == "enum":
        return document.error(
            path,
            f"{place} cannot be `{value}`{did_you_mean(str(value), wanted)}",
            remedy=f"it is one of {listed(wanted)}",
        )
    if error.validator == "required":
        missing = next(key for key in wanted if key not in value)
        return document.error(path, f"{place} lacks `{missing}`", at_key=True)
    if error.validator == "uniqueItems":
        double = next(index for index, item in enumerate(value) if item in value[:index])
        return document.error((*path, double), f"{place} names `{value[double]}` twice")
    if error.validator in ("minItems", "minLength", "minProperties"):
        return document.error(path, f"{place} must not be empty", remedy="remove the key to have its default")
    return document.error(path, f"{place} is wrong: {error.message}")


def _contradictions(document: Document) -> Iterator[UsageError]:
    data = document.data or {}
    clouds = {name: cloud or {} for name, cloud in data.get("clouds", {}).items()}
    places: list[tuple[Path, Mapping[str, Any]]] = [((), data)]
    places += [(("clouds", name), cloud) for name, cloud in clouds.items()]
    for path, settings in places:
        selection = settings.get("scenarios", {})
        for wanted, skipped in (("names", "skip_names"), ("tags", "skip_tags")):
            for index, word in enumerate(selection.get(skipped, [])):
                if word in selection.get(wanted, []):
                    yield document.error(
                        (*path, "scenarios", skipped, index),
                        f"`{word}` stands in `{wanted}` and in `{skipped}`",
                        remedy="remove it from one of them",
                    )
        deadline = settings.get("deadline_s", data.get("deadline_s", 3600))
        reserve = settings.get("teardown_reserve_s", data.get("teardown_reserve_s", min(600, deadline / 2)))
        if reserve >= deadline and {"deadline_s", "teardown_reserve_s"} & set(settings):
            key = "teardown_reserve_s" if "teardown_reserve_s" in settings else "deadline_s"
            yield document.error(
                (*path, key),
                f"no time is left for probing: of {deadline} s, {reserve} s are kept for teardown",
                remedy="make `deadline_s` larger or `teardown_reserve_s` smaller",
            )


def _addresses(document: Document) -> Iterator[UsageError]:
    data = document.data or {}
    if "graphite" in data:
        try:
            parse_address(data["graphite"]["address"])
        except UsageError as error:
            yield document.error(("graphite", "address"), error.message, remedy=error.remedy)
    for path in [(), *(("clouds", name) for name in data.get("clouds", {}))]:
        settings: Any = data
        for part in path:
            settings = settings[part] or {}
        target = settings.get("control_target")
        if target is not None and not is_control_target(target):
            yield document.error(
                (*path, "control_target"),
                f"`{Scrubber()(target)}` is neither a URL nor HOST:PORT",
                remedy="write it as in https://example.org/ or example.org:443",
            )


def is_control_target(text: str) -> bool:
    """Whether ``text`` is an http(s) URL or HOST:PORT."""
    if "://" not in text:
        try:
            parse_address(text)
        except UsageError:
            return False
        return True
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _secrets(document: Document, value: Any, path: Path) -> Iterator[UsageError]:
    """Secrets do not belong here: this file is committed to repositories and shown in reports."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if is_secret_name(key) and item is not None and not isinstance(item, (bool, Mapping)):
                yield document.error((*path, key), f"`{key}` looks like a secret", remedy=_NO_SECRETS, at_key=True)
            else:
                yield from _secrets(document, item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _secrets(document, item, (*path, index))
    elif isinstance(value, str) and Scrubber()(value) != value:
        yield document.error(path, f"{_place(path)} holds a secret", remedy=_NO_SECRETS)


_NO_SECRETS = "secrets belong in clouds.yaml or secure.yaml, never in this file"


def _unknown_names(document: Document, known: Known) -> Iterator[UsageError]:
    data = document.data or {}
    for path in [(), *(("clouds", name) for name in data.get("clouds", {}))]:
        settings: Any = data
        for part in path:
            settings = settings[part] or {}
        selection = settings.get("scenarios", {})
        for key, words in (
            ("names", known.scenarios),
            ("skip_names", known.scenarios),
            ("tags", known.tags),
            ("skip_tags", known.tags),
        ):
            for index, word in enumerate(selection.get(key, [])):
                if word not in words:
                    what = "tag" if key.endswith("tags") else "scenario"
                    yield document.error(
                        (*path, "scenarios", key, index),
                        f"there is no {what} `{word}`{did_you_mean(word, words)}",
                        remedy=f"there are {listed(sorted(words))}",
                    )
        for scenario, options in settings.get("options", {}).items():
            place = (*path, "options", scenario)
            if scenario not in known.scenarios:
                yield document.error(
                    place,
                    f"there is no scenario `{scenario}`{did_you_mean(scenario, known.scenarios)}",
                    remedy=f"there are {listed(sorted(known.scenarios))}",
                    at_key=True,
                )
                continue
            for option in options:
                if option not in known.scenarios[scenario]:
                    yield document.error(
                        (*place, option),
                        f"the scenario `{scenario}` has no option `{option}`"
                        + did_you_mean(option, known.scenarios[scenario]),
                        remedy=f"it has {listed(sorted(known.scenarios[scenario])) or 'none'}",
                        at_key=True,
                    )


def _place(path: Path) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return f"`{text.lstrip('.')}`" if text else "the configuration"


def _named(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    return "text" if isinstance(value, str) else "a list" if isinstance(value, list) else "a mapping"
