"""The legs of a matrix."""

from __future__ import annotations

import itertools
from typing import Any

from tests.github.runner.errors import WorkflowError
from tests.github.runner.expressions import as_text

Leg = dict[str, Any]


def legs(matrix: Any) -> list[Leg]:
    """The legs, `exclude` taken away and `include` added as GitHub does it.

    :raises WorkflowError: there is none, or a vector is no list.
    """
    if not isinstance(matrix, dict):
        raise WorkflowError(f"strategy.matrix: a mapping is expected, not {matrix!r}")
    vectors = {name: values for name, values in matrix.items() if name not in ("include", "exclude")}
    for name, values in vectors.items():
        if not isinstance(values, list):
            raise WorkflowError(f"strategy.matrix.{name}: a list is expected, not {values!r}")
        if not values:
            raise WorkflowError(f"Matrix vector '{name}' does not contain any values")
    product = (
        [dict(zip(vectors, values, strict=True)) for values in itertools.product(*vectors.values())] if vectors else []
    )
    kept = [leg for leg in product if not any(_matches(leg, one) for one in matrix.get("exclude") or [])]
    extended, added = [dict(leg) for leg in kept], []
    for one in matrix.get("include") or []:
        if not isinstance(one, dict):
            raise WorkflowError(f"strategy.matrix.include: a list of mappings is expected, not {one!r}")
        fitting = [
            i for i, leg in enumerate(kept) if all(leg[name] == value for name, value in one.items() if name in leg)
        ]
        for index in fitting:
            extended[index] |= one
        if not fitting:
            added.append(dict(one))
    found = extended + added
    if not found:
        raise WorkflowError("Matrix must define at least one vector")
    return found


def suffix(leg: Leg) -> str:
    """What GitHub adds to the name of a job for its leg."""
    return (
        f" ({', '.join(as_text(value) for value in leg.values() if not isinstance(value, dict | list))})" if leg else ""
    )


def _matches(leg: Leg, wanted: Leg) -> bool:
    return all(leg.get(name) == value for name, value in wanted.items())
