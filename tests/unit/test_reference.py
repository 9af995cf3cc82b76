"""What the documentation says of the configuration is what the programs go by."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml
from stackprobe import reference
from stackprobe.commands import check
from stackprobe.commands import schema as schema_command
from stackprobe.config import InvalidConfig, load_config, schema
from stackprobe.scenarios import discover, known, roles_paths

PAGE = Path(__file__).parents[2] / "doc" / "source" / "configuration.md"


def test_the_example_is_a_configuration_without_mistakes_and_warnings(tmp_path: Path) -> None:
    example = re.search(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert example is not None
    file = tmp_path / "probes.yaml"
    file.write_text(example[1])
    found = known(discover(roles_paths()))
    config = load_config(file, known=found)
    assert config.warnings == () and len(config.targets) == 3
    jsonschema.validate(yaml.safe_load(example[1]), json.loads(reference.published_schema()))
    file.write_text(example[1].replace("flavor:", "flavour:").replace("Wait until the server is active", "boot"))
    with pytest.raises(InvalidConfig) as caught:
        load_config(file, known=found)
    said = re.search(r"\$ stackprobe check probes.yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert said is not None
    shown = said[1].replace("stackprobe: ", "").splitlines()
    for line, problem in zip(shown, caught.value.problems, strict=True):
        assert str(problem).removeprefix(f"{tmp_path}/").startswith(line.removesuffix("…")), problem


def test_the_reference_has_every_key_with_its_description() -> None:
    page = reference.configuration()
    parts = [
        schema()["properties"],
        schema()["$defs"]["cloud"]["properties"],
        schema()["$defs"]["selection"]["properties"],
    ]
    for properties in parts:
        assert [key for key in properties if f"`{key}`" not in page] == []
    assert "a whole number, 60 to 604800 s | `3600` |" in page
    assert "% every key" in PAGE.read_text().splitlines()
    assert not [line for line in page.splitlines() if line.startswith("|") and line.endswith("|  |")]


def test_every_scenario_is_listed_with_the_release_that_it_needs() -> None:
    table = reference.scenarios().splitlines()
    found = discover(roles_paths())
    assert len(table) == len(found) + 2
    for scenario in found.values():
        row = next(line for line in table if line.startswith(f"| `{scenario.name}` |"))
        assert row.count("|") == 6 and (scenario.release or "") in row
        assert scenario.release or not scenario.services, f"{scenario.name}: `release` is missing"


def test_the_command_prints_the_schema_with_scenarios_of_ones_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    role = tmp_path / "probe_mine"
    (role / "defaults").mkdir(parents=True)
    (role / "scenario.yaml").write_text("{description: Mine, tags: [own]}")
    (role / "defaults" / "main.yaml").write_text("# MB: how much\nprobe_mine_size: 3\n")
    parser = argparse.ArgumentParser()
    schema_command.add_arguments(parser)
    assert schema_command.execute(parser.parse_args(["--roles-path", str(tmp_path)])) == 0
    printed = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator.check_schema(printed)
    option = printed["$defs"]["options"]["properties"]["mine"]["properties"]["size"]
    assert option == {"type": "integer", "default": 3, "x-unit": "MB", "description": "How much"}
    assert "mine" in printed["$defs"]["repeat"]["properties"] and "image" in printed["$defs"]["repeat"]["properties"]


def test_check_tells_warnings_and_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "probes.yaml"
    file.write_text("scenarios: {names: [image]}\nrepeat: {identity: 2}\n")
    parser = argparse.ArgumentParser()
    check.add_arguments(parser)
    assert check.execute(parser.parse_args([str(file)])) == 0
    said = capsys.readouterr().out
    assert f"warning: {file}:2:10: `repeat` of the scenario `identity`, which is not selected." in said
    assert "no mistakes" in said


def test_the_page_on_architecture_names_every_folder() -> None:
    package = Path(reference.__file__).parent
    page = (PAGE.parent / "architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(?:tools/stackprobe/)?(\w+)/?`", page))
    assert {folder.parent.name for folder in package.glob("*/__init__.py")} - named == set()
