"""``stackprobe matrix``: a job of each cloud and region."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from stackprobe import cli

CONFIG = "clouds:\n  one: {}\n  two: {regions: [north, south]}\n"


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_ACTIONS", "GITHUB_OUTPUT"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def listed(capsys: pytest.CaptureFixture[str]) -> list[tuple[str, str, str]]:
    matrix = json.loads(capsys.readouterr().out)
    assert list(matrix) == ["include"]
    return [(one["name"], one["cloud"], one["region"]) for one in matrix["include"]]


def test_all_clouds_and_regions_of_the_configuration(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (workspace / "probes.yaml").write_text(CONFIG)
    assert cli.main(["matrix"]) == 0
    assert listed(capsys) == [("one", "one", ""), ("two / north", "two", "north"), ("two / south", "two", "south")]


@pytest.mark.parametrize(
    ("clouds", "found"),
    [
        ("two", [("two / north", "two", "north"), ("two / south", "two", "south")]),
        ("two/south, one", [("two / south", "two", "south"), ("one", "one", "")]),
        ("one one\none", [("one", "one", "")]),
        ("one/far", [("one / far", "one", "far")]),
    ],
)
def test_only_those_that_are_asked_for(
    workspace: Path, capsys: pytest.CaptureFixture[str], clouds: str, found: list[tuple[str, str, str]]
) -> None:
    (workspace / "probes.yaml").write_text(CONFIG)
    assert cli.main(["matrix", "--clouds", clouds]) == 0
    assert listed(capsys) == found


def test_without_a_configuration_those_that_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["matrix", "--clouds", "a b/c"]) == 0
    assert listed(capsys) == [("a", "a", ""), ("b / c", "b", "c")]


@pytest.mark.parametrize(
    ("config", "options", "problem"),
    [
        (None, [], "no cloud is named"),
        ("prefix: probes\n", [], "no cloud is named"),
        (None, ["--clouds", " , "], "no cloud is named"),
        (CONFIG, ["--clouds", "tow"], "did you mean `two`?"),
        (CONFIG, ["--clouds", "two/east"], "east"),
        (None, ["--clouds", "/north"], "names no cloud"),
        (None, ["--config", "mine.yaml"], "mine.yaml"),
        ("cluods: {}\n", [], "probes.yaml:1:1: unknown key `cluods`"),
        (None, ["--clouds", " ".join(f"c{number}" for number in range(201))], "more than the 200"),
    ],
)
def test_what_is_wrong_is_told(
    workspace: Path, capsys: pytest.CaptureFixture[str], config: str | None, options: list[str], problem: str
) -> None:
    if config is not None:
        (workspace / "probes.yaml").write_text(config)
    assert cli.main(["matrix", *options]) == 2
    out, err = capsys.readouterr()
    assert out == "" and problem in err and err.count("\n") == 1


def test_in_github_they_are_outputs_of_the_step(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (workspace / "probes.yaml").write_text(CONFIG)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_OUTPUT", str(workspace / "output"))
    monkeypatch.setenv("STACKPROBE_TRIGGER_TIME", "1790000000")
    assert cli.main(["matrix", "--clouds", "one"]) == 0
    lines = (workspace / "output").read_text().splitlines()
    assert [line.partition("<<")[0] for line in lines[::3]] == ["matrix", "config", "trigger-time"]
    assert lines[1::3] == ['{"include": [{"name": "one", "cloud": "one", "region": ""}]}', "probes.yaml", "1790000000"]
