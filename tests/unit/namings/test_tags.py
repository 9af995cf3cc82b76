"""The naming tags: the same values, each with what it is of in tags."""

from __future__ import annotations

import re
from pathlib import Path

import journals
import pytest
from journals import Journals
from stackprobe import namings
from stackprobe.graphite.points import parse_points
from stackprobe.journal import read
from stackprobe.outputs import metrics
from stackprobe.results import Results, build

TAGGED = re.compile(r"([A-Za-z0-9_-]+\.)+[A-Za-z0-9_-]+(;[a-z]+=[A-Za-z0-9_-]+)+")


def results(journal: Journals, tmp_path: Path) -> Results:
    return build(read(journal.write(tmp_path)))


def test_values_and_their_number_are_those_of_the_default_naming(tmp_path: Path) -> None:
    run = results(journals.mixed(), tmp_path)
    tagged, plain = list(namings.points(run, ["tags"])), list(namings.points(run, ["stackprobe"]))
    assert [value for _, value in tagged] == [value for _, value in plain]
    assert len({name for name, _ in tagged}) == len(tagged)
    for name, _ in tagged:
        assert TAGGED.fullmatch(name), name
        tags = [tag.partition("=")[0] for tag in name.split(";")[1:]]
        assert tags == sorted(set(tags)), "Graphite sorts tags; a name it would change could not be read back"


def test_what_a_figure_is_of_stands_in_tags(tmp_path: Path) -> None:
    journal = Journals(scenarios=["compute"])
    journal.run(label="otc", environment="production", zone="eu")
    journal.call("compute", "Create", journal.seq, "compute", "POST", "servers", status=202, duration_ms=7.5)
    journal.step("compute", "Create the server", zone="az-1", duration_ms=12.5)
    journal.add("scenario_end", scenario="compute", outcome="passed", duration_ms=1.0, message=None)
    journal.end("passed")
    found = dict(namings.points(results(journal, tmp_path), ["tags"], "cloud.probes"))
    place = "cloud=otc;environment=production"
    assert (
        found[
            f"cloud.probes.step.duration_ms;az=az-1;{place};region=RegionOne;scenario=compute;step=create_the_server;zone=eu"
        ]
        == 12.5
    )
    assert found[f"cloud.probes.scenario.passed;{place};region=RegionOne;scenario=compute;zone=eu"] == 1
    assert found[f"cloud.probes.run.passed;{place};region=RegionOne;zone=eu"] == 1
    call = f"{place};method=POST;region=RegionOne;resource=servers;service=compute;status=202;zone=eu"
    assert found[f"cloud.probes.api.mean_ms;{call}"] == 7.5


@pytest.mark.parametrize("text", ["", "~", "a=b", "a;b", "!x", "^", "ünï", "a b"])
def test_no_text_can_break_a_tag(text: str, tmp_path: Path) -> None:
    journal = journals.fair(["identity"])
    for record in journal.records:
        if record["type"] == "run":
            record.update(cloud=text, region=text, environment=text, zone=text)
        if record["type"] == "step":
            record.update(key=text, zone=text)
    assert all(TAGGED.fullmatch(name) for name, _ in namings.points(results(journal, tmp_path), ["tags"]))


def test_metrics_txt_has_the_namings_that_the_run_says(tmp_path: Path) -> None:
    journal = journals.fair(["identity"])
    journal.records[0]["metrics_naming"] = ["tags", "apimon", "unheard of", "tags"]
    run = results(journal, tmp_path)
    names = [point.name for point in parse_points(metrics.render(run), tmp_path / "metrics.txt")]
    expected = [name for naming in ("tags", "apimon") for name, _ in namings.points(run, [naming])]
    assert names == expected and any(";" in name for name in names) and any(name.startswith("stats.") for name in names)


def test_without_a_word_of_the_run_names_are_those_of_the_default(tmp_path: Path) -> None:
    run = results(journals.fair(["identity"]), tmp_path)
    assert list(namings.points(run)) == list(namings.points(run, ["stackprobe"])) == list(metrics.points(run))
