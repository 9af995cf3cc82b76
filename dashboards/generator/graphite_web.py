"""Pages for graphite-web's own dashboards (``/dashboard/save/NAME``)."""

from __future__ import annotations

import json

from dashboards.generator.model import Dashboard

#: graphite-web's dashboards have no variables: everything of one prefix.
_VALUES = {"$environment": "stackprobe", "$cloud": "*", "$region": "*", "$service": "*"}


def render(page: Dashboard) -> str:
    """The state of a dashboard as graphite-web keeps it."""
    graphs = []
    for panel in page.panels:
        targets = [_all(target) for target in panel.queries]
        parameters = {"target": targets, "title": panel.title, "yMin": "0", "lineMode": "connected"}
        if panel.kind == "bars":
            parameters |= {"drawNullAsZero": "true", "areaMode": "stacked"}
        graphs.append([targets[0], parameters, ""])
    state = {
        "name": page.uid,
        "graphs": graphs,
        "defaultGraphParams": {"width": 600, "height": 300, "from": "-7days", "until": "now"},
        "timeConfig": {"type": "relative", "relativeStartQuantity": "7", "relativeStartUnits": "days",
                       "relativeUntilQuantity": "", "relativeUntilUnits": "now"},
        "refreshConfig": {"enabled": True, "interval": 300000},
        "graphSize": {"width": 600, "height": 300},
    }  # fmt: skip
    return json.dumps(state, indent=2, sort_keys=True) + "\n"


def _all(target: str) -> str:
    for name, value in _VALUES.items():
        target = target.replace(name, value)
    return target
