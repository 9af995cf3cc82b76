"""Finds what is wrong with a configuration, in words for the person who wrote it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema

from stackprobe.config import complete, rules
from stackprobe.config.known import Known
from stackprobe.config.levels import Path, levels
from stackprobe.config.wording import TYPES, named, place
from stackprobe.errors import UsageError
from stackprobe.suggest import did_you_mean, listed
from stackprobe.yamlfile import Document

_MOST_LISTED = 40
_MANY = 12
"""Of more names than this, none is listed beside the one that was probably meant."""


def problems_of(document: Document, schema: Mapping[str, Any], known: Known | None) -> list[UsageError]:
    """Every mistake of a configuration, in the order of its lines.

    :param schema: the one that knows no scenario.
    :param known: the scenarios there are; without it, names of scenarios, tags, options and steps are not checked.
    """
    found = [*document.duplicate_keys, *_odd_values(document, document.data, ())]
    if not found:
        if known is not None:
            schema = complete.complete(schema, known, steps_of=_limited(document.data))
        for error in _schema_errors(document.data, schema):
            found += _unknown_keys(document, error) or [_described(document, error)]
    if not found:
        found = [*rules.problems_of(document, known)]
    return sorted(_distinct(found), key=lambda error: (error.line or 0, error.column or 0))


def _distinct(errors: list[UsageError]) -> list[UsageError]:
    """One error each: an anchor, or an option of many scenarios, repeats itself."""
    return list({str(error): error for error in errors}.values())


def _limited(data: Any) -> set[str]:
    """The scenarios with limits, as far as the data has the right shape."""
    try:
        return {scenario for level in levels(data or {}) for scenario in level.own.get("within", {})}
    except (AttributeError, TypeError):
        return set()


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
        yield document.error(path, f"{place(path)} must be a finite number")
    elif value is not None and not isinstance(value, (str, int, float)):
        yield document.error(
            path, f"YAML takes {place(path)} for a {type(value).__name__}", remedy="put it in quotes if it is text"
        )


def _schema_errors(data: Any, schema: Mapping[str, Any]) -> list[Any]:
    errors = jsonschema.Draft202012Validator(schema).iter_errors({} if data is None else data)
    return [meant for error in errors for meant in _meant(error)]


def _meant(error: Any) -> list[Any]:
    """The errors in the one alternative that a value of its type can be meant for; else the error itself."""
    if error.validator != "anyOf":
        return [error]
    alternatives: dict[int, list[Any]] = {}
    for one in error.context:
        alternatives.setdefault(one.relative_schema_path[0], []).append(one)
    is_mapping = isinstance(error.instance, Mapping)
    fitting = [
        errors
        for errors in alternatives.values()
        if not any(
            not one.relative_path and (one.validator == "type" or (one.validator in ("enum", "const") and is_mapping))
            for one in errors
        )
    ]
    return fitting[0] if len(fitting) == 1 else [error]


def _unknown_keys(document: Document, error: Any) -> list[UsageError]:
    if error.validator != "additionalProperties" or error.validator_value is not False:
        return []
    path: Path = tuple(error.absolute_path)
    known = list(error.schema.get("properties", {}))
    unknown, there_are = error.schema.get("x-unknown"), error.schema.get("x-there-are")
    where = f" in {place(path)}" if path else ""
    there_are = there_are or "known keys there are"
    return [
        document.error(
            (*path, key),
            (f"{unknown} `{key}`" if unknown else f"unknown key `{key}`{where}") + did_you_mean(key, known),
            remedy=_which(there_are, key, known, error.schema.get("x-listed", known)),
            at_key=True,
        )
        for key in error.instance
        if key not in known
    ]


def _described(document: Document, error: Any) -> UsageError:
    path: Path = tuple(error.absolute_path)
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    what, value, wanted = place(path), error.instance, error.validator_value
    unit = f" {schema['x-unit']}" if "x-unit" in schema else ""
    whose = f" (for the scenario `{schema['x-for']}`)" if "x-for" in schema else ""
    if "propertyNames" in error.absolute_schema_path:
        words = schema.get("x-pattern-words", "a name")
        return document.error((*path, value), f"the key `{value}` in {what} must be {words}", at_key=True)
    if error.validator == "type":
        return _of_wrong_type(document, path, error, whose)
    if error.validator == "minimum":
        return document.error(path, f"{what} must be at least {wanted}{unit}, not {value}{whose}")
    if error.validator == "exclusiveMinimum":
        return document.error(path, f"{what} must be more than {wanted}{unit}, not {value}{whose}")
    if error.validator == "maximum":
        return document.error(path, f"{what} must be at most {wanted}{unit}, not {value}{whose}")
    words = schema.get("x-pattern-words") or schema.get("x-words")
    if error.validator in ("pattern", "maxLength") and words:
        return document.error(path, f"{what} must be {words}, not `{value}`{whose}")
    if error.validator == "enum":
        unknown, there_are = schema.get("x-unknown", f"{what} cannot be"), schema.get("x-there-are", "it is one of")
        known = [str(word) for word in wanted]
        return document.error(
            path,
            f"{unknown} `{value}`{whose}{did_you_mean(str(value), known)}",
            remedy=_which(there_are, str(value), known, known),
        )
    if error.validator == "required":
        missing = next(key for key in wanted if key not in value)
        return document.error(path, f"{what} lacks `{missing}`{whose}", at_key=True)
    if error.validator == "oneOf" and all(set(one) == {"required"} for one in wanted):
        keys = [f"`{one['required'][0]}`" for one in wanted]
        given = [key for key in keys if key.strip("`") in value]
        message = f"{what} has both {' and '.join(given)}" if given else f"{what} lacks {' or '.join(keys)}"
        return document.error(path, f"{message}{whose}", remedy="give one of them", at_key=True)
    if error.validator == "uniqueItems":
        double = next(index for index, item in enumerate(value) if item in value[:index])
        return document.error((*path, double), f"{what} names `{value[double]}` twice{whose}")
    if error.validator in ("minItems", "minLength", "minProperties"):
        return document.error(path, f"{what} must not be empty{whose}", remedy="remove the key to have its default")
    return document.error(path, f"{what} is wrong: {error.message}{whose}")


def _of_wrong_type(document: Document, path: Path, error: Any, whose: str) -> UsageError:
    wanted, value = error.validator_value, error.instance
    types = [wanted] if isinstance(wanted, str) else wanted
    words = error.schema.get("x-words") or " or ".join(TYPES[name] for name in types)
    unit = f" ({error.schema['x-unit']})" if "x-unit" in error.schema and "x-words" not in error.schema else ""
    message = f"{place(path)} must be {words}{unit}"
    if value is None:
        return document.error(path, f"{message}, but is empty{whose}", remedy="fill it in or remove the key")
    message += f", not {named(value)}{whose}"
    written = document.as_written(path)
    if "string" in types and "x-words" not in error.schema and written is not None:
        return document.error(path, message, remedy=f"write '{written}' with the quotes")
    if types == ["array"] and written is not None:
        return document.error(path, message, remedy=f"write [{written}]")
    return document.error(path, message)


def _which(there_are: str, word: str, words: list[str], shown: list[str]) -> str:
    """The remedy that lists the names; where they are many and one is near enough, that one is enough."""
    return "" if len(shown) > _MANY and did_you_mean(word, words) else f"{there_are} {_listed(shown)}"


def _listed(words: list[str]) -> str:
    if not words:
        return "none"
    more = len(words) - _MOST_LISTED
    return listed(words[:_MOST_LISTED]) + (f" and {more} more" if more > 0 else "")
