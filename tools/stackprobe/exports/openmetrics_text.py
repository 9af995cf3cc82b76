"""The text of OpenMetrics 1.0: metric families, labels, the time of a sample."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stackprobe.outputs.clean import one_line
from stackprobe.outputs.metrics import number
from stackprobe.results import Outcome, Results

LONGEST_LABEL = 200
SECONDS = "seconds"

Labels = tuple[tuple[str, str], ...]
Sample = tuple[Labels, float]


class Writer:
    """Writes metric families of one cloud at one time."""

    def __init__(self, results: Results) -> None:
        self._place: Labels = (
            ("cloud", results.label or results.cloud),
            ("region", results.region_label or results.region or "default"),
        )
        self._time = f" {number(round(results.start_t, 3))}" if results.start_t else ""

    def gauge(self, name: str, told: str, samples: Iterable[Sample], unit: str = "") -> Iterator[str]:
        full = f"stackprobe_{name}_{unit}" if unit else f"stackprobe_{name}"
        yield f"# TYPE {full} gauge\n"
        if unit:
            yield f"# UNIT {full} {unit}\n"
        yield f"# HELP {full} {told}.\n"
        for labels, value in samples:
            yield self._line(full, labels, value)

    def states(self, name: str, told: str, outcome: Outcome) -> Iterator[str]:
        full = f"stackprobe_{name}"
        yield f"# TYPE {full} stateset\n# HELP {full} {told}.\n"
        for one in Outcome:
            yield self._line(full, ((full, one.value),), int(one is outcome))

    def info(self, results: Results) -> Iterator[str]:
        full = "stackprobe_run"
        facts = {"run": results.run_id, "environment": results.environment, "zone": results.zone}
        facts |= {"stackprobe": results.stackprobe, "openstacksdk": results.openstacksdk}
        yield f"# TYPE {full} info\n# HELP {full} What ran.\n"
        yield self._line(f"{full}_info", tuple((name, value) for name, value in facts.items() if value), 1)

    def _line(self, name: str, labels: Labels, value: float) -> str:
        inside = ",".join(f'{label}="{_escaped(text)}"' for label, text in (*self._place, *labels))
        return f"{name}{{{inside}}} {number(value)}{self._time}\n"


def _escaped(text: str) -> str:
    return one_line(text, LONGEST_LABEL).replace("\\", r"\\").replace('"', r"\"")


class Distinct:
    """Label values that differ also after what a line cannot carry was taken out of them."""

    def __init__(self) -> None:
        self._given: dict[Labels, Labels] = {}
        self._taken: set[Labels] = set()

    def give(self, labels: Labels, last: str) -> Labels:
        """The labels; where they are taken, the value of the label `last` gets a number."""
        if labels not in self._given:
            shown, count = tuple((name, one_line(value, LONGEST_LABEL)) for name, value in labels), 1
            wanted = shown
            while shown in self._taken:
                count += 1
                shown = tuple(
                    (name, f"{value[: LONGEST_LABEL - 8]} ({count})" if name == last else value)
                    for name, value in wanted
                )
            self._taken.add(shown)
            self._given[labels] = shown
        return self._given[labels]
