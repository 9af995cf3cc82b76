"""Alert rules for Grafana's provisioning."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import yaml
from grafana_foundation_sdk.builders import alerting as builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import alerting

from dashboards.generator.grafana import built
from dashboards.generator.model import BAD

#: Rules have no variables: they watch every cloud and region below this prefix.
_ROOT = "stackprobe.*.*"
HOUR_S = 3600


@dataclass(frozen=True)
class Alert:
    """One rule: a query, what becomes of its values in a time, and the limit.

    :ivar over_s: how long ago the values may be, seconds.
    :ivar reducer: what becomes of them: ``sum``, ``last``, ``min``, ``mean`` or ``count``.
    :ivar limit: it fires above that; where ``below``, below it.
    :ivar empty: what it means that there is no value at all.
    """

    uid: str
    title: str
    target: str
    reducer: str
    limit: float
    summary: str
    severity: str = "critical"
    below: bool = False
    empty: str = "OK"
    over_s: int = HOUR_S


ALERTS = (
    Alert(
        "stackprobe-failed", "The cloud fails",
        f"aliasByNode({_ROOT}.run.failed, 1, 2)", "sum", 1,
        "Two or more runs of the last hour failed: one alone alarms nobody.",
    ),
    Alert(
        "stackprobe-silent", "No run has judged the cloud",
        f"aliasByNode({_ROOT}.run.heartbeat, 1, 2)", "count", 1,
        "No run of the last hour judged the cloud: the monitor itself may be down. Make the time longer than the time "
        "between your runs.",
        below=True, empty="Alerting",
    ),
    Alert(
        "stackprobe-error", "The probe cannot judge",
        f"aliasByNode({_ROOT}.run.error, 1, 2)", "sum", 1,
        "Two or more runs of the last hour ended in error: look at the probe, not at the cloud.",
        severity="warning",
    ),
    Alert(
        "stackprobe-leftovers", "The cloud does not delete",
        f"aliasByNode({_ROOT}.run.leftovers, 1, 2)", "min", 0,
        "Every run of the last hour left resources behind.",
        severity="warning",
    ),
    Alert(
        "stackprobe-api-errors", "A service answers with errors",
        f"aliasByNode(asPercent(transformNull(groupByNodes({_ROOT}.api.*.*.*.{BAD}.count, 'sum', 1, 2, 4), 0), "
        f"groupByNodes({_ROOT}.api.*.*.*.*.count, 'sum', 1, 2, 4), 0, 1, 2), 0, 1, 2)", "mean", 10,
        "More than a tenth of the requests to a service got a 5xx or no answer within the last hour.",
    ),
    Alert(
        "stackprobe-api-slow", "A service is slow",
        f"groupByNodes({_ROOT}.api.*.*.*.{{2*,3*,404}}.mean_ms, 'average', 1, 2, 4)", "mean", 1200,
        "The mean over the kinds of requests to a service was above 1200 ms in the last hour.",
        severity="warning",
    ),
    Alert(
        "stackprobe-late", "Runs start late",
        f"aliasByNode({_ROOT}.run.start_delay_ms, 1, 2)", "last", 900_000,
        "The CI started the last run more than a quarter of an hour late.",
        severity="warning",
    ),
)  # fmt: skip


def render() -> str:
    """The YAML of all rules, for ``/etc/grafana/provisioning/alerting``."""
    rules = [json.loads(json.dumps(_rule(alert).build(), cls=JSONEncoder)) for alert in ALERTS]
    group = {"orgId": 1, "name": "stackprobe", "folder": "stackprobe", "interval": "1m"}
    content = {"apiVersion": 1, "groups": [{**group, "rules": [_provisioned(rule) for rule in rules]}]}
    head = "---\n# Made by `tox -e dashboards`. Give your data source the uid `graphite`, or change `datasourceUid`.\n"
    return head + yaml.dump(content, Dumper=_Indented, sort_keys=False, width=60)


class _Indented(yaml.SafeDumper):
    """Lists are indented, as in the other YAML files here."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _rule(alert: Alert) -> builder.Rule:
    span = alerting.RelativeTimeRange(from_val=alert.over_s, to=0)
    query = builder.Query("A").datasource_uid("graphite").relative_time_range(span).model(built("A", alert.target))
    reduced = {
        "refId": "B",
        "type": "reduce",
        "expression": "A",
        "reducer": alert.reducer,
        "settings": {"mode": "dropNN"},
    }
    test = {"type": "lt" if alert.below else "gt", "params": [alert.limit]}
    limit = {"refId": "C", "type": "threshold", "expression": "B", "conditions": [{"evaluator": test}]}
    return (
        builder.Rule(alert.title)
        .uid(alert.uid)
        .condition("C")
        .queries([query, _expression(reduced), _expression(limit)])
        .no_data_state("Alerting" if alert.empty == "Alerting" else "OK")
        .exec_err_state("Error")
        .for_val("0s")
        .labels({"severity": alert.severity})
        .annotations({"summary": alert.summary})
    )


class _Expression:
    """A server-side expression."""

    def __init__(self, model: Mapping[str, object]) -> None:
        self._model = model

    def build(self) -> _Expression:
        return self

    def to_json(self) -> dict[str, object]:
        return dict(self._model)


def _expression(model: Mapping[str, object]) -> builder.Query:
    made = builder.Query(str(model["refId"])).datasource_uid("__expr__")
    return made.relative_time_range(alerting.RelativeTimeRange(from_val=0, to=0)).model(_Expression(model))  # type: ignore[arg-type]


def _provisioned(rule: dict[str, object]) -> dict[str, object]:
    """As files of provisioning have it: what the group says is not said again."""
    return {key: value for key, value in rule.items() if key not in ("folderUID", "ruleGroup", "orgID", "orgId")}
