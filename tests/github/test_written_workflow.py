"""What `stackprobe init --github` writes keeps to GitHub's schema, and is the workflow that the documentation shows."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from stackprobe.init.github import workflow

from tests.github.clouds import EXAMPLE, HISTORY
from tests.github.node_tools import NodeTools


@pytest.fixture(params=["as it is", "with all that stands there as comments"])
def written(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    file, text = tmp_path / "probe.yaml", workflow("monitoring/probes.yaml")
    if request.param != "as it is":
        head, _, below = text.partition("name: Probe")
        text = head + "name: Probe" + re.sub("^#", "", below, flags=re.MULTILINE)
    file.write_text(text, encoding="utf-8")
    return file


def test_it_keeps_to_githubs_schema(written: Path) -> None:
    program = Path(sys.executable).with_name("check-jsonschema")
    command = [program, "--builtin-schema", "vendor.github-workflows", written]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_another_validator_has_nothing_to_say(node: NodeTools, written: Path) -> None:
    done = subprocess.run([node.binary("action-validator"), written], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_is_the_workflow_of_the_documentation_but_for_the_configuration(written: Path) -> None:
    ours = yaml.safe_load(written.read_text(encoding="utf-8"))
    example = yaml.safe_load((HISTORY if "results" in ours["jobs"] else EXAMPLE).read_text(encoding="utf-8"))
    for name in ours["jobs"].keys() & {"probe", "results"}:
        assert ours["jobs"][name]["with"].pop("config") == "monitoring/probes.yaml"
    example["jobs"]["probe"]["with"].pop("clouds", None)
    assert ours == example
