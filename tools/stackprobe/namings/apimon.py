"""The naming ``apimon``: the series that ApiMon's dashboards and thresholds query, as statsd would have written them.

``stats.{timers,counters}.openstack.api.<environment>.<zone>.<service>.<METHOD>.<name>.<status>.…`` after openstacksdk's
own rules (``openstack/proxy.py``, ``_report_stats_statsd`` and ``_extract_name``), and
``stats.{timers,counters}.apimon.metric.<environment>.<zone>.<metric>[.<az>].<outcome>.…``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from stackprobe.metricname import part
from stackprobe.namings.apimon_metrics import events
from stackprobe.namings.stackprobe import place_of
from stackprobe.namings.statsd import Statsd
from stackprobe.results import Call, Results

#: statsd's own, and what the dashboards begin with.
PREFIX = "stats"
#: A call that takes longer is counted in ``over_1000`` (ms).
SLOW_MS = 1000
_VERSION = re.compile(r"v\d.*")
_NAMES_OF_STACKS = ("preview", "resources")


def points(results: Results, prefix: str | None = None) -> Iterator[tuple[str, float]]:
    """Name and value of every series, each name once.

    :param prefix: the first parts of every name, in the place of ``stats``.
    """
    cloud, region = place_of(results)
    place = ".".join((part(results.environment) if results.environment else cloud, part(results.zone or region)))
    statsd = Statsd()
    for call in results.calls:
        _take_call(statsd, f"openstack.api.{place}", call)
    for event in events(results):
        name = ".".join((f"apimon.metric.{place}", *map(part, event.name)))
        # the time of a name server's answer stands at the record itself
        ended = name if event.name[0] == "dns" and event.status == "passed" else f"{name}.{event.status}"
        statsd.count(f"{name}.attempted")
        statsd.count(f"{name}.{event.status}")
        statsd.count(f"{name}.failed", 0)
        if event.duration_ms is not None:
            statsd.time(ended, event.duration_ms)
    yield from statsd.written(PREFIX if prefix is None else prefix)


def _take_call(statsd: Statsd, root: str, call: Call) -> None:
    """One request. ``failed`` is that no answer came; it is there from the start, so that a ratio to it is 0 then."""
    key = ".".join((root, _normal(call.service), part(call.method), part(_normal("_".join(name_of(call))))))
    statsd.count(f"{key}.attempted")
    statsd.count(f"{key}.failed", int(call.status is None))
    statsd.count(f"{key}.over_{SLOW_MS}", int(call.status is not None and call.duration_ms > SLOW_MS))
    if call.status is not None:
        statsd.count(f"{key}.{call.status}")
        if not call.starved:
            statsd.time(f"{key}.{call.status}", call.duration_ms)


def _normal(text: str) -> str:
    return part(text.replace(".", "_").replace(":", "_"))


def name_of(call: Call) -> list[str]:
    """The parts of a call's name by openstacksdk's rules, from its URL without ids."""
    if call.url == call.resource:  # recorded: openstacksdk itself gave the name, and told nothing else
        return [call.resource]
    path = call.url.partition("?")[0].strip().removeprefix("/").removesuffix(".json")
    parts = path.split("/")
    if _VERSION.fullmatch(parts[0]):
        parts = parts[1:]
    if parts[:1] in (["{id}"], ["{account}"]):  # the project
        parts = parts[1:]
    if call.service == "object-store":
        return _stored([one for one in parts if one])
    if parts[-1:] == ["detail"]:
        return parts[-2:]
    if path.endswith("tokens"):
        return ["tokens"]
    if call.service == "orchestration" and parts[:1] == ["stacks"] and len(parts) > 2:
        parts = [one for index, one in enumerate(parts) if index != 2 or one in _NAMES_OF_STACKS]
    named = [_singular(one, index + 1 < len(parts)) for index, one in enumerate(parts) if index % 2 == 0 and one]
    if "{id}" in named:  # an odd path (/v2/lbaas/pools/…): openstacksdk would make a series of each id
        return [call.resource]
    return named or ["discovery"]


def _stored(parts: list[str]) -> list[str]:
    if not parts:
        return ["account"]
    if len(parts) == 1:
        return ["endpoints" if parts == ["endpoints"] else "container"]
    return ["object"]


def _singular(word: str, one_of_them: bool) -> str:
    return word[:-1] if one_of_them and word.endswith("s") and not word.endswith("is") else word
