"""Dashboards for Grafana, with Grafana's own foundation SDK."""

from __future__ import annotations

import json
import string

from grafana_foundation_sdk.builders import common as common_builder
from grafana_foundation_sdk.builders import dashboard as builder
from grafana_foundation_sdk.builders import stat, timeseries
from grafana_foundation_sdk.cog import builder as cog
from grafana_foundation_sdk.cog import variants
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common, dashboard

from dashboards.generator.model import MORE, PLACE, Dashboard, Panel, Variable

_SOURCE = dashboard.DataSourceRef("graphite", "${datasource}")
_HEIGHT = {"number": 4}


class Query(variants.Dataquery):
    """A query of the Graphite data source, which the SDK has no model of."""

    def __init__(self, ref_id: str, target: str) -> None:
        self.ref_id, self.target = ref_id, target

    def to_json(self) -> dict[str, object]:
        """As Grafana keeps it."""
        return {"refId": self.ref_id, "target": self.target, "textEditor": True}


class _Built(cog.Builder[variants.Dataquery]):
    def __init__(self, query: Query) -> None:
        self._query = query

    def build(self) -> Query:
        return self._query


def built(ref_id: str, target: str) -> cog.Builder[variants.Dataquery]:
    """A query for a panel or an alert rule."""
    return _Built(Query(ref_id, target))


def render(page: Dashboard) -> str:
    """The JSON of a dashboard, for import or provisioning."""
    made = (
        builder.Dashboard(page.title)
        .uid(page.uid)
        .description(page.meaning)
        .tags(["stackprobe"])
        .time("now-7d", "now")
        .refresh("5m")
        .timezone("browser")
        .tooltip(dashboard.DashboardCursorSync.CROSSHAIR)
        .link(
            builder.DashboardLink("stackprobe")
            .tags(["stackprobe"])
            .as_dropdown(True)
            .include_vars(True)
            .keep_time(True)
        )
        .with_variable(builder.DatasourceVariable("datasource").label("Graphite").type("graphite"))
    )
    for variable in (*PLACE, *(MORE[name] for name in page.variables)):
        made = made.with_variable(_variable(variable))
    for number, panel in enumerate(page.panels, start=1):
        made = made.with_panel(_panel(panel).id(number))
    return json.dumps(made.build(), cls=JSONEncoder, indent=2, sort_keys=True) + "\n"


def _variable(one: Variable) -> builder.QueryVariable:
    made = (
        builder.QueryVariable(one.name)
        .label(one.name.capitalize())
        .datasource(_SOURCE)
        .query(one.query)
        .regex(one.regex)
        .refresh(dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(dashboard.VariableSort.ALPHABETICAL_ASC)
    )
    if one.multi:  # without a value of its own, "all" is every value that there is: {a,b,c}
        everything = dashboard.VariableOption(selected=True, text="All", value="$__all")
        made = made.multi(True).include_all(True).current(everything)
    return made


def _panel(panel: Panel) -> stat.Panel | timeseries.Panel:
    made = _number(panel) if panel.kind == "number" else _over_time(panel)
    made = made.title(panel.title).description(panel.meaning).unit(panel.unit).datasource(_SOURCE)
    made = made.span(panel.width).height(_HEIGHT.get(panel.kind, 8))
    for letter, target in zip(string.ascii_uppercase, panel.queries, strict=False):
        made = made.with_target(built(letter, target))
    return made


def _number(panel: Panel) -> stat.Panel:
    made = stat.Panel().reduce_options(common_builder.ReduceDataOptions().calcs(["lastNotNull"]))
    if panel.good_above is None:
        return made.color_mode(common.BigValueColorMode.NONE)
    good, bad = ("green", "red") if panel.good_above > 0 else ("red", "green")
    limits = [dashboard.Threshold(None, bad), dashboard.Threshold(abs(panel.good_above), good)]
    return made.thresholds(builder.ThresholdsConfig().mode(dashboard.ThresholdsMode.ABSOLUTE).steps(limits))


def _over_time(panel: Panel) -> timeseries.Panel:
    legend = common_builder.VizLegendOptions().show_legend(True).placement(common.LegendPlacement.BOTTOM)
    legend = legend.display_mode(common.LegendDisplayMode.LIST).calcs(["lastNotNull"])
    made = timeseries.Panel().legend(legend).min(0)
    if panel.kind == "bars":
        stacked = common_builder.StackingConfig().mode(common.StackingMode.NORMAL)
        return made.draw_style(common.GraphDrawStyle.BARS).fill_opacity(70).stacking(stacked)
    # one value a run: points show when there was one, lines join them over the time between
    return made.show_points(common.VisibilityMode.ALWAYS).span_nulls(True)
