"""Dashboards: what is committed is what is generated, and nothing in it refers to what there is not."""

from __future__ import annotations

import json
import re
from pathlib import Path

import journals
import pytest
import yaml
from stackprobe import namings
from stackprobe.namings.figures import RESERVED
from stackprobe.results import from_directory

from dashboards.generator.__main__ import FOLDER, files
from dashboards.generator.alerts import ALERTS
from dashboards.generator.guest_pages import GUEST_PAGES
from dashboards.generator.model import summed
from dashboards.generator.pages import PAGES
from tests.support.graphite_patterns import asked_for, each_word, matching


@pytest.mark.parametrize("path", list(files()), ids=lambda path: path.name)
def test_what_is_committed_is_what_is_generated(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == files()[path], "run `tox -e dashboards` and commit what it writes"


def test_there_is_no_file_that_nobody_generates() -> None:
    kept = {path for folder in ("grafana", "graphite") for path in (FOLDER / folder).iterdir()}
    assert kept == set(files())


@pytest.mark.parametrize("page", [*PAGES, *GUEST_PAGES], ids=lambda page: page.uid)
def test_every_variable_of_a_query_is_one_of_the_page(page: object) -> None:
    name = page.uid.removeprefix("stackprobe-")  # type: ignore[attr-defined]
    made = json.loads((FOLDER / "grafana" / f"{name}.json").read_text(encoding="utf-8"))
    declared = {one["name"] for one in made["templating"]["list"]}
    queries = [target["target"] for panel in made["panels"] for target in panel["targets"]]
    queries += [str(one["query"]) for one in made["templating"]["list"]]
    used = {name for query in queries for name in re.findall(r"\$(\w+)", query)}
    assert used <= declared and {"environment", "cloud", "region"} <= declared
    ids = [panel["id"] for panel in made["panels"]]
    assert len(set(ids)) == len(ids) and all(panel["title"] and panel["description"] for panel in made["panels"])


def test_what_is_offered_as_scenario_is_one_also_where_nobody_counts_leftovers(tmp_path: Path) -> None:
    made = json.loads((FOLDER / "grafana" / "scenarios.json").read_text(encoding="utf-8"))
    (scenario,) = (one for one in made["templating"]["list"] if one["name"] == "scenario")
    regex = re.compile(scenario["regex"].strip("/"))
    journals.mixed().write(tmp_path)
    recorded = from_directory(tmp_path)
    recorded.leftovers_known = False
    leaf = scenario["query"].rpartition("*")[2].rstrip(")")
    series = [name for name, _ in namings.points(recorded) if name.count(".") == 4 and name.endswith(leaf)]
    found = {match[1] for name in series if (match := regex.search(name))}
    assert found == {one.name for one in recorded.scenarios} and not found & set(RESERVED)


def test_a_run_without_errors_counts_in_every_ratio_of_errors() -> None:
    """Series of errors have no value then, and nothing by something is nothing: the last error would stay for ever."""
    targets = [target for page in PAGES for panel in page.panels for target in panel.targets]
    ratios = [one for one in [*targets, *(alert.target for alert in ALERTS)] if "asPercent" in one and ".api." in one]
    assert len(ratios) == 3
    for one in ratios:
        assert "asPercent(diffSeries(" in one or "asPercent(transformNull(" in one


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("aliasByNode(a.*.b, 0, 1)", "aliasByNode(consolidateBy(a.*.b, 'sum'), 0, 1)"),
        ("alias(sumSeries(a), 'x')", "alias(consolidateBy(sumSeries(a), 'sum'), 'x')"),
        ("groupByNode(a, 0, 'sum')", "aliasByNode(consolidateBy(groupByNode(a, 0, 'sum'), 'sum'), 0)"),
    ],
)
def test_counts_that_share_a_pixel_are_added_up(target: str, expected: str) -> None:
    assert summed(target) == expected


def test_what_an_expression_asks_for() -> None:
    root = "$environment.$cloud.$region"
    assert asked_for(f"alias(sumSeries({root}.a.{{b,c}}.*, {root}.d.e), 'x')") == ["a.{b,c}.*", "d.e"]
    assert list(each_word("a.{b,c}.{d,e}")) == ["a.b.d", "a.b.e", "a.c.d", "a.c.e"]
    assert matching("a.*.c*", ["a.b.c", "a.b.cd", "a.b.d.c", "a.c"]) == {"a.b.c", "a.b.cd"}


def test_alert_rules_are_what_grafana_provisions() -> None:
    made = yaml.safe_load((FOLDER / "grafana" / "alerts.yaml").read_text(encoding="utf-8"))
    (group,) = made["groups"]
    assert [rule["uid"] for rule in group["rules"]] == [alert.uid for alert in ALERTS]
    for rule in group["rules"]:
        assert [query["refId"] for query in rule["data"]] == ["A", "B", "C"] and rule["condition"] == "C"
        assert rule["annotations"]["summary"] and rule["labels"]["severity"] in ("critical", "warning")
    silent = next(rule for rule in group["rules"] if rule["uid"] == "stackprobe-silent")
    assert silent["noDataState"] == "Alerting", "no data must never be green"
