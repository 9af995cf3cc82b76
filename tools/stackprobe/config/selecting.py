"""Selections that contradict themselves, and settings for scenarios that nothing selects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackprobe.config.known import Known
from stackprobe.config.levels import Level, levels, targets
from stackprobe.config.model import GUESTS, Idle, Selection
from stackprobe.errors import UsageError
from stackprobe.suggest import listed
from stackprobe.yamlfile import Document


def selection(data: Mapping[str, Any] | None, guests: bool = False) -> Selection:
    """What ``scenarios`` and ``guests`` say."""
    return Selection(guests=guests, **{key: frozenset(words) for key, words in (data or {}).items()})


def chosen_at(level: Level) -> Selection:
    """The selection that holds at a level."""
    settings = level.settings
    return selection(settings.get("scenarios"), settings.get("guests", False))


def contradictions(document: Document, level: Level) -> Iterator[UsageError]:
    """Words that are both wanted and skipped."""
    own = level.own.get("scenarios", {})
    for wanted, skipped in (("names", "skip_names"), ("tags", "skip_tags")):
        for index, word in enumerate(own.get(skipped, [])):
            if word in own.get(wanted, []):
                yield document.error(
                    (*level.path, "scenarios", skipped, index),
                    f"`{word}` stands in `{wanted}` and in `{skipped}`",
                    remedy="remove it from one of them",
                )
    skipped = own.get("skip_tags", [])
    if level.own.get("guests") and GUESTS in skipped:
        yield document.error(
            (*level.path, "scenarios", "skip_tags", skipped.index(GUESTS)),
            f"`{GUESTS}` stands in `skip_tags`, and scenarios with guests are wanted (`guests: true`)",
            remedy="remove one of the two",
        )


def unfit(document: Document, level: Level, known: Known) -> Iterator[UsageError]:
    """Scenarios that are named and then left out by a tag, and selections that nothing is left of."""
    own = level.own.get("scenarios")
    if own is None:
        return
    path, chosen = (*level.path, "scenarios"), chosen_at(level)
    if chosen.names & chosen.skip_names or chosen.tags & chosen.skip_tags:
        return  # said already
    clash = False
    for index, name in enumerate(own.get("names", [])):
        skipped = sorted(known.scenarios[name].tags & chosen.skip_tags)
        if skipped:
            clash = True
            yield document.error(
                (*path, "names", index),
                f"`{name}` is named, but left out by the tag `{skipped[0]}` in `skip_tags`",
                remedy="remove one of the two",
            )
    if not clash and not any(chosen.runs(name, one.tags, one.opt_in) for name, one in known.scenarios.items()):
        opt_in = [name for name, one in known.scenarios.items() if one.opt_in and one.tags & chosen.tags]
        yield document.error(
            path,
            "this selects no scenario, so nothing would be proven",
            remedy=f"name {listed(opt_in)}, which runs only when it is named" if opt_in else "widen the selection",
            at_key=True,
        )


def idle(document: Document, known: Known) -> Iterator[Idle]:
    """Settings for scenarios that are selected nowhere: no mistake, since the command line can select them."""
    data = document.data or {}
    found = list(targets(data)) or [Level((), data)]
    for level in levels(data):
        reached = [one for one in found if one is level or one.path[: len(level.path)] == level.path]
        selections = [chosen_at(one) for one in reached]
        for key in ("options", "within", "repeat"):
            for name in level.own.get(key, {}):
                one = known.scenarios[name]
                if not any(chosen.runs(name, one.tags, one.opt_in) for chosen in selections):
                    problem = document.error(
                        (*level.path, key, name),
                        f"`{key}` of the scenario `{name}`, which is not selected",
                        remedy="it counts only when the command line selects the scenario",
                        at_key=True,
                    )
                    yield Idle(name, problem)
        if level.own.get("service_levels"):
            from stackprobe.service_levels import checking  # noqa: PLC0415  # few commands judge by them

            runs = {
                name: any(chosen.runs(name, one.tags, one.opt_in) for chosen in selections)
                for name, one in known.scenarios.items()
            }
            yield from checking.idle(document, level, known, runs)
