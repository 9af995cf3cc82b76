"""Asks what a dashboard asks, with the variables that Grafana would find."""

from __future__ import annotations

import json
import re
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from pocketgraphite import Graphite
from stackprobe.results import Results

from tests.integration.graphite.seeing import EXPECTED

DASHBOARDS = Path(__file__).parents[3] / "dashboards"
PAGES = {path.stem: json.loads(path.read_text()) for path in sorted((DASHBOARDS / "grafana").glob("*.json"))}
ALERTS = yaml.safe_load((DASHBOARDS / "grafana" / "alerts.yaml").read_text())["groups"][0]["rules"]
PANELS = [(name, panel["title"]) for name, page in PAGES.items() for panel in page["panels"]]


@dataclass
class Seen:
    """A run that is in a Graphite."""

    graphite: Graphite
    run: Results
    cloud: str

    @property
    def t(self) -> int:
        return int(self.run.start_t)

    def choices(self, page: dict[str, Any]) -> dict[str, str]:
        """The values of the variables as Grafana finds them: the cloud is chosen, of the others all."""
        chosen: dict[str, str] = {}
        for variable in page["templating"]["list"]:
            if variable["type"] == "query":
                query = substituted(variable["query"], chosen)
                names = self.expand(query.removeprefix("expand(").removesuffix(")"))
                regex = re.compile(variable["regex"].strip("/"))
                found = sorted({match[1] for match in map(regex.search, names) if match})
                assert found, f"{variable['name']}: no values"
                want = {"cloud": self.cloud, "environment": "stackprobe"}.get(variable["name"])
                assert want is None or want in found
                chosen[variable["name"]] = want or (found[0] if len(found) == 1 else f"{{{','.join(found)}}}")
        return chosen

    def expand(self, query: str) -> list[str]:
        url = f"{self.graphite.url}/metrics/expand?{urllib.parse.urlencode({'query': query})}"
        with urllib.request.urlopen(url, timeout=30) as answer:
            return [str(name) for name in json.load(answer)["results"]]

    def ask(self, query: str, margin_s: int = 5) -> dict[str, float]:
        """The value that each series of an answer has for the run."""
        found = self.graphite.render([query], self.t - margin_s, self.t + margin_s)
        values = {name: [value for _, value in points] for name, points in found.items()}
        return {name: value[-1] for name, value in values.items() if value}


def substituted(query: str, chosen: dict[str, str]) -> str:
    return re.sub(r"\$(\w+)", lambda match: chosen[match[1]], query)


def shown(seen: Seen, name: str, title: str) -> bool:
    """Whether every query of a panel has data; what it has must be what the run's results say.

    Of a panel of the largest few, equal ones may be any of them.
    """
    (panel,) = (panel for panel in PAGES[name]["panels"] if panel["title"] == title)
    chosen = seen.choices(PAGES[name])
    expectations = EXPECTED[name, title]
    assert len(panel["targets"]) == len(expectations)
    full = []
    for target, expected in zip(panel["targets"], expectations, strict=True):
        found = seen.ask(substituted(target["target"], chosen), 3600 if "summarize" in target["target"] else 5)
        wanted = {label: float(value) for label, value in expected(seen.run).items()}
        if "highest" in target["target"] and len(wanted) > len(found):
            assert sorted(wanted.values())[-len(found) :] == pytest.approx(sorted(found.values()))
            wanted = {label: value for label, value in wanted.items() if label in found}
        assert found == pytest.approx(wanted)
        full.append(bool(found))
    return all(full)
