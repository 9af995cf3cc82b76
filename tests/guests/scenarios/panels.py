"""What dashboards for guests ask for, held against the metrics of a run."""

from __future__ import annotations

from dashboards.generator.guest_pages import GUEST_PAGES
from tests.guests.scenarios.probing import GuestsRun
from tests.support.graphite_patterns import asked_for, each_word, matching

TARGETS = {
    f"{page.uid.removeprefix('stackprobe-')}: {panel.title} {number}": target
    for page in GUEST_PAGES
    for panel in page.panels
    for number, target in enumerate(panel.targets)
}
"""The queries, by names of their own."""


def is_measured(target: str, *runs: GuestsRun) -> None:
    """Assert that runs measure, together, all that a query asks for."""
    lines = [line for run in runs for line in (run.output / "metrics.txt").read_text(encoding="utf-8").splitlines()]
    names = {line.split()[0].split(".", 3)[3] for line in lines}  # from the scenario's on
    patterns = [word for pattern in asked_for(target) for word in each_word(pattern)]
    assert patterns
    for pattern in patterns:
        # a step has a zone where its scenario was ordered for several, which this run has not done with each
        alone = pattern.replace(".*.", ".", 1) if pattern.count(".") == 3 and ".*." in pattern else pattern
        assert matching(pattern, names) or matching(alone, names), f"nobody measures {pattern}"
