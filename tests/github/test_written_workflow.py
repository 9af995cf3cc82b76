"""What `stackprobe init --github` writes keeps to GitHub's schema, and is the workflow that the documentation shows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from stackprobe.init.github import workflow

from tests.github.clouds import EXAMPLE
from tests.github.node_tools import NodeTools


@pytest.fixture
def written(tmp_path: Path) -> Path:
    file = tmp_path / "probe.yaml"
    file.write_text(workflow("monitoring/probes.yaml"), encoding="utf-8")
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
    ours, example = (yaml.safe_load(file.read_text(encoding="utf-8")) for file in (written, EXAMPLE))
    assert ours["jobs"]["probe"].pop("with") == {"config": "monitoring/probes.yaml"}
    example["jobs"]["probe"].pop("with")
    assert ours == example
