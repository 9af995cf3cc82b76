"""Which history a command reads: its options before probes.yaml, a directory before Graphite."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from stackprobe.config import Config, InvalidConfig, load_config
from stackprobe.errors import UsageError
from stackprobe.history.archive import ArchiveHistory
from stackprobe.history.graphite import GraphiteHistory
from stackprobe.history.opening import open_history
from stackprobe.results import Results
from stackprobe.service_levels.conduct import Asked

GRAPHITE = "graphite: {address: 'h:1', prefix: acme.probes, url: 'https://graphite.example.org/'}\n"


def config(tmp_path: Path, text: str) -> Config:
    file = tmp_path / "probes.yaml"
    file.write_text(text)
    return load_config(file)


def test_without_any_there_is_none(tmp_path: Path) -> None:
    one = config(tmp_path, "graphite: {address: 'h:1'}\n")
    assert open_history(one, one.target("demo")) is None
    assert open_history(load_config(), load_config().target("demo")) is None


def test_the_values_are_read_from_probes_yaml(tmp_path: Path) -> None:
    one = config(tmp_path, GRAPHITE + "history: {directory: past, timeout_s: 2.5}\n")
    assert one.graphite is not None and one.graphite.url == "https://graphite.example.org/"
    assert (one.history.directory, one.history.timeout_s) == (tmp_path / "past", 2.5)
    assert (load_config().history.directory, load_config().history.timeout_s) == (None, 10)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("graphite: {address: 'h:1', url: ftp://x}\n", "1:33: the address of graphite-web is malformed"),
        ("graphite: {address: 'h:1', url: 5}\n", "1:33: `graphite.url`"),
        ("history: {directry: x}\n", "1:11: unknown key `directry` in `history`; did you mean `directory`"),
        ("history: {directory: ''}\n", "1:22: `history.directory`"),
        ("history: {timeout_s: 0}\n", "1:22: `history.timeout_s`"),
        ("history: {timeout_s: soon}\n", "1:22: `history.timeout_s`"),
        ("clouds: {demo: {history: {directory: x}}}\n", "1:17: unknown key `history`"),
    ],
)
def test_mistakes_are_told_with_their_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        config(tmp_path, text)
    assert f"probes.yaml:{message}" in str(caught.value)


def test_graphite_is_asked_for_what_metrics_are_called(tmp_path: Path) -> None:
    text = GRAPHITE + "clouds:\n  my cloud: {label: mine, regions: {Région: }}\n  other:\n"
    one = config(tmp_path, text)
    history = open_history(one, one.target("my cloud", "Région"))
    assert isinstance(history, GraphiteHistory) and history._root == "acme.probes.mine.R_gion"
    history = open_history(one, one.target("other"))
    assert isinstance(history, GraphiteHistory) and history._root == "acme.probes.other.*"
    history = open_history(load_config(), load_config().target("demo", "one"), url="http://g")
    assert isinstance(history, GraphiteHistory) and history._root == "stackprobe.demo.one"


def test_without_a_prefix_for_graphite_figures_are_called_as_resources_are(tmp_path: Path) -> None:
    one, url = config(tmp_path, "prefix: acme\nclouds: {demo: {regions: {one: }}}\n"), "https://graphite.example.org"
    results = Results(cloud="demo", region="one", prefix="acme")
    for history in (open_history(one, one.target("demo", "one"), url=url), Asked(one, url=url).open(results)):
        assert isinstance(history, GraphiteHistory) and history._root == "acme.demo.one"


def test_the_command_line_goes_before_the_file_and_a_directory_before_graphite(tmp_path: Path) -> None:
    one = config(tmp_path, GRAPHITE + "history: {directory: past}\n")
    target = one.target("demo")
    configured = open_history(one, target)
    assert isinstance(configured, ArchiveHistory) and configured.directory == tmp_path / "past"
    assert isinstance(open_history(one, target, url="http://g"), GraphiteHistory)
    given = open_history(one, target, directory=tmp_path)
    assert isinstance(given, ArchiveHistory) and given.directory == tmp_path


def test_a_configured_directory_that_is_not_there_yet_is_an_empty_history(tmp_path: Path) -> None:
    one = config(tmp_path, "history: {directory: past}\n")
    said: list[str] = []
    history = open_history(one, one.target("demo"), say=said.append)
    assert history is not None and history.runs(0, time.time()) == [] and len(said) == 1


def test_a_directory_that_is_none_and_two_histories_are_refused(tmp_path: Path) -> None:
    one = load_config()
    with pytest.raises(UsageError, match="not a directory"):
        open_history(one, one.target("demo"), directory=tmp_path / "none")
    with pytest.raises(UsageError, match="two histories"):
        open_history(one, one.target("demo"), directory=tmp_path, url="http://g")
