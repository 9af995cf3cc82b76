"""How the figures of several steps lie, as figures of the step that joins them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from stackprobe.engine.classify import StepError
from stackprobe.results.statistics import percentile


def spread(wanted: Any, measured: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Smallest, median, 95th percentile and largest value of figures that steps share, and of how many steps.

    :param wanted: a mapping of what the new figures are called to the figure of the steps, which ends with its unit:
        ``{login: since_ms}`` gives ``login_min_ms``, ``login_median_ms``, …
    :param measured: the figures of each step; one that has not the figure is left out.
    :raises StepError: ``wanted`` is no such mapping.
    """
    if wanted in (None, ""):
        return {}
    if not isinstance(wanted, Mapping) or not all(isinstance(one, str) and "_" in one for one in wanted.values()):
        raise StepError(f"`spread` must be a mapping of names to figures of the joined steps, not {wanted!r}")
    steps = list(measured)
    found: dict[str, float] = {}
    for name, figure in wanted.items():
        values = sorted(step[figure] for step in steps if figure in step)
        if not values:
            continue
        unit = figure.rpartition("_")[2]
        found |= {
            f"{name}_min_{unit}": values[0],
            f"{name}_median_{unit}": percentile(values, 0.5),
            f"{name}_p95_{unit}": percentile(values, 0.95),
            f"{name}_max_{unit}": values[-1],
            f"{name}_count": float(len(values)),
        }
    return found
