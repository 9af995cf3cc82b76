"""``report.html``: the run as one self-contained page, without a script and without an external resource.

It opens from a mail, an artifact or a log server. Everything that folds does so without JavaScript, so that it
also works where a CI server forbids scripts.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from heapq import nlargest
from importlib import resources
from urllib.parse import urlsplit

import jinja2

from stackprobe.outputs import wording
from stackprobe.outputs.changes import changes
from stackprobe.outputs.clean import clean, clip
from stackprobe.outputs.earlier import Earlier
from stackprobe.outputs.html_room import MOST_CHECKS, MOST_LEFTOVERS, MOST_NOTES, MOST_OPERATIONS, choose
from stackprobe.outputs.html_timeline import timeline
from stackprobe.outputs.page_templates import page_environment
from stackprobe.outputs.sparkline import Sparkline, sparkline
from stackprobe.results import Check, Outcome, Results, Scenario, Step
from stackprobe.results.statistics import Statistics, Tally, has_duration, percentile, statistics

FILENAME = "report.html"
SHOWS_EARLIER = True

SIGNS = {Outcome.PASSED: "✓", Outcome.FAILED: "✕", Outcome.ERROR: "!", Outcome.SKIPPED: "–"}
MOST_SLOW_CALLS = 15
LONGEST_TEXT = 4_000


@functools.cache
def _template() -> jinja2.Template:
    environment = page_environment(jinja2.FunctionLoader(_asset))
    environment.filters.update(
        duration=wording.duration,
        moment=wording.moment,
        value=wording.value,
        answer=wording.answer,
        call_time=wording.call_time,
        module=wording.module,
        counted=wording.counted,
        figures=wording.figures,
        attached=wording.attached,
        text=lambda data, longest=LONGEST_TEXT: clip(clean(data), longest),
    )
    environment.globals.update(signs=SIGNS, Outcome=Outcome)
    return environment.from_string(_asset("report.html.j2"))


def render(results: Results, earlier: Earlier | None = None) -> str:
    """The page.

    :param earlier: what runs before this one found: trends, and what changed.
    """
    earlier = earlier or Earlier()
    page = choose(results)
    rows, ticks = timeline(results, [one.suite for one in page.suites])
    levels = results.service_levels
    judged = sorted(call.duration_ms for call in results.calls if not call.starved)
    spreads = statistics([results])
    operations = list(spreads.calls.items())
    leftovers = [item for item in results.resources if item.is_leftover]
    return _template().render(
        results=results,
        style=_asset("report.css"),
        place=wording.place(results),
        levels=levels if levels and (levels.verdicts or levels.run) else None,
        labels=wording.labels(results),
        verdict=_verdict(results),
        build_url=_link(results.ci.get("build_url")),
        page=page,
        bad=sorted((one for one in page.suites if one.suite.outcome.is_bad), key=lambda one: _after_failed(one.suite)),
        ordered=page.by_outcome,
        rows=rows,
        ticks=ticks,
        operations=operations[:MOST_OPERATIONS],
        operations_left_out=max(len(operations) - MOST_OPERATIONS, 0),
        slowest=nlargest(MOST_SLOW_CALLS, (c for c in results.calls if not c.starved), key=lambda c: c.duration_ms),
        p95_ms=percentile(judged, 0.95) if judged else None,
        bad_calls=sum(call.is_bad for call in results.calls),
        anchors={one.suite.name: f"scenario-{index}" for index, one in enumerate(page.suites)},
        facts=_facts(results),
        repeated=lambda scenario: _repeated(spreads, scenario),
        is_listed=lambda call: id(call) in page.calls,
        checks=_checks,
        trend=lambda step: _trend(step, earlier),
        last=earlier.last,
        last_url=_link(earlier.last and earlier.last.build_url),
        changes=changes(results, earlier, spreads.steps),
        earlier_note=earlier.note,
        leftovers=leftovers[:MOST_LEFTOVERS],
        leftovers_left_out=max(len(leftovers) - MOST_LEFTOVERS, 0),
        notes=results.notes[:MOST_NOTES],
        notes_left_out=max(len(results.notes) - MOST_NOTES, 0),
        resource_counts=_resource_counts(results),
    )


def _after_failed(suite: Scenario) -> bool:
    return suite.outcome is not Outcome.FAILED


def _trend(step: Step, earlier: Earlier) -> Sparkline | None:
    """The durations of a step in earlier runs and in this one."""
    past = [sample.value for sample in earlier.durations_of((step.scenario, step.key, step.zone))]
    return sparkline(past, step.duration_ms if has_duration(step) else None)


def _checks(step: Step) -> list[Check]:
    """Those that are listed, what went wrong first."""
    return sorted(step.checks, key=lambda check: not check.outcome.is_bad)[:MOST_CHECKS]


def _verdict(results: Results) -> str:
    """The run in one sentence."""
    total = len(results.scenarios)
    parts = [f"{results.count(kind)} {kind}" for kind in Outcome if results.count(kind)]
    if results.outcome is Outcome.PASSED:
        passed = results.count(Outcome.PASSED)
        if passed == total:
            return f"All {total} scenarios passed" if total > 1 else "The scenario passed"
        return ", ".join(parts)
    if results.count(results.outcome):
        also = results.count(Outcome.ERROR) if results.outcome is Outcome.FAILED else 0
        return f"{results.count(results.outcome)} of {wording.counted(total, 'scenario')} {results.outcome}" + (
            f", {also} could not be judged" if also else ""
        )
    problem = results.run_level.problems[0].message if results.run_level and results.run_level.problems else ""
    return clean(problem) or f"The run is {results.outcome}"


def _repeated(spreads: Statistics, scenario: Scenario) -> list[Tally]:
    """Each step of a scenario that ran several times."""
    mine = (tally for (name, _, _), tally in spreads.steps.items() if name == scenario.name)
    return [tally for tally in mine if tally.number > 1][:MOST_OPERATIONS]


def _resource_counts(results: Results) -> list[tuple[str, int, int]]:
    """Kind, how many were made, how many were left."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for resource in results.resources:
        counts[resource.kind][0] += 1
        counts[resource.kind][1] += resource.is_leftover
    return sorted((kind, made, left) for kind, (made, left) in counts.items())


def _facts(results: Results) -> list[tuple[str, str | None]]:
    """What the run was made with, for the end of the page."""
    deadline = None if results.deadline_s is None else wording.duration(results.deadline_s * 1000)
    return [
        ("Environment", results.environment),
        ("Zone", results.zone),
        ("Called in metrics", wording.label(results)),
        ("Runner", results.host),
        ("Configuration", results.config),
        ("Deadline", deadline),
        ("Schedule", next(iter(wording.lateness(results)), None)),
        ("Ended early by", results.end_reason),
        ("stackprobe", results.stackprobe),
        ("openstacksdk", results.openstacksdk),
        ("ansible-core", results.ansible),
        ("Python", results.python),
        *((f"CI {clean(name)}", clean(value)) for name, value in results.ci.items() if name != "build_url"),
    ]


def _link(url: object) -> str | None:
    """A link to the CI's page; anything that is no web address is not made clickable."""
    text = clean(url) if isinstance(url, str) else ""
    try:
        return text if urlsplit(text).scheme in ("http", "https") else None
    except ValueError:
        return None


def _asset(name: str) -> str:
    return resources.files(__package__).joinpath("templates", name).read_text(encoding="utf-8")
