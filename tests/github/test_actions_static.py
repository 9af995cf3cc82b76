"""Workflows, actions and what the documentation says of them: schemas, security, pins, and that they fit together."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.github.clouds import CHECKOUT, EXAMPLE, GUESTS, HISTORY
from tests.github.node_tools import NodeTools

WORKFLOWS = sorted((CHECKOUT / ".github" / "workflows").glob("*.y*ml"))
ACTIONS = sorted((CHECKOUT / "actions").glob("*/action.yml"))
PAGE = (CHECKOUT / "doc" / "source" / "github.md").read_text(encoding="utf-8")
#: What the action is told by the workflow's matrix, secrets and jobs, and not by an input.
NOT_INPUTS = {"cloud", "region", "clouds-yaml", "heartbeat-url", "trigger-time"}
#: What a job of a workflow may do besides reading the contents.
MORE = {
    "results.yaml: keep": {"contents": "write"},
    "results.yaml: alarm": {"contents": "read", "issues": "write"},
}
#: What only the workflow can do with its inputs.
NOT_PASSED_ON = {"clouds", "timeout-minutes", "runs-on"}


def tool(*command: str) -> str:
    """What a program of the tests' environment says; it must be content."""
    program = Path(sys.executable).with_name(command[0])
    done = subprocess.run([program, *command[1:]], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def named(path: Path) -> str:
    return str(path.relative_to(CHECKOUT))


def loaded(path: Path) -> dict[str, Any]:
    data: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # `on` is a name
    return data


def uses(path: Path) -> list[str]:
    """The lines of a file that name an action or a workflow."""
    return [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if re.match(r"[\s-]*uses:", line)]


def test_there_are_workflows_and_actions() -> None:
    assert [path.name for path in WORKFLOWS] == ["demonstration.yaml", "probe.yaml", "results.yaml", "test.yaml"]
    assert [path.parent.name for path in ACTIONS] == ["probe", "setup"]


def test_they_keep_to_githubs_schemas() -> None:
    tool("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *map(str, WORKFLOWS))
    tool("check-jsonschema", "--builtin-schema", "vendor.github-actions", *map(str, ACTIONS))
    tool("check-jsonschema", "--builtin-schema", "vendor.dependabot", ".github/dependabot.yml")


def test_the_example_keeps_to_them_too() -> None:
    tool("check-jsonschema", "--builtin-schema", "vendor.github-workflows", str(EXAMPLE), str(HISTORY), str(GUESTS))
    assert len(EXAMPLE.read_text(encoding="utf-8").splitlines()) <= 15, "a dozen lines"


@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS, EXAMPLE, HISTORY, GUESTS], ids=named)
def test_another_validator_has_nothing_to_say(node: NodeTools, path: Path) -> None:
    done = subprocess.run([node.binary("action-validator"), path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_auditor_finds_nothing() -> None:
    said = tool("zizmor", "--offline", "--no-progress", "--persona=auditor", ".github", "actions")
    assert "No findings to report" in said and "ignored" not in said


def test_the_auditor_would_find_something(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(
        "on: pull_request_target\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: actions/checkout@v4\n"
        "      - run: echo ${{ github.event.pull_request.title }}\n"
    )
    with pytest.raises(AssertionError, match="template-injection"):
        tool("zizmor", "--offline", "--no-progress", str(bad))


@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=named)
def test_what_others_have_made_is_pinned_by_its_full_sha_and_says_its_version(path: Path) -> None:
    for line in uses(path):
        assert re.fullmatch(r"(- )?uses: (\$/\S+|[\w-]+/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)", line), line


def test_one_version_of_each() -> None:
    pins = {line.partition("uses: ")[2] for path in (*WORKFLOWS, *ACTIONS) for line in uses(path) if "@" in line}
    versions = {(re.split("/|@", pin)[1], pin.partition("@")[2]) for pin in pins}
    assert len(versions) == len({name for name, _ in versions}), sorted(versions)


@pytest.mark.parametrize("file", ["probe.yaml", "results.yaml"])
def test_what_the_workflow_takes_is_typed_and_documented(file: str) -> None:
    call = loaded(CHECKOUT / ".github" / "workflows" / file)["on"]["workflow_call"]
    for name, one in call["inputs"].items():
        assert one["type"] in ("string", "number", "boolean") and len(one["description"]) > 20 and "default" in one
        assert f"`{name}`" in PAGE, f"github.md does not tell the input {name}"
    for name, one in call.get("secrets", {}).items():
        assert one["required"] == "false" and one["description"]
        assert f"`{name}`" in PAGE
    for name, one in call.get("outputs", {}).items():
        assert one["description"] and f"`{name}`" in PAGE


def test_the_two_workflows_call_the_same_by_the_same_name() -> None:
    probe, results = (
        loaded(CHECKOUT / ".github" / "workflows" / file)["on"]["workflow_call"]["inputs"]
        for file in ("probe.yaml", "results.yaml")
    )
    both = (probe.keys() & results.keys()) - {"history-branch"}  # probing takes none by default
    assert both >= {"config", "roles-path", "graphite-url", "runs-on", "python-version", "pip-options"}
    for name in both:
        assert [probe[name][key] for key in ("type", "default")] == [results[name][key] for key in ("type", "default")]


def test_what_the_action_takes_is_documented() -> None:
    for path in ACTIONS:
        for kind in ("inputs", "outputs"):
            for name, one in loaded(path)[kind].items():
                assert len(one["description"]) > 15, f"{named(path)}: {name}"
                assert f"`{name}`" in PAGE, f"github.md does not tell {name} of {named(path)}"


def test_the_workflow_passes_every_input_on() -> None:
    workflow = loaded(CHECKOUT / ".github" / "workflows" / "probe.yaml")
    action = loaded(CHECKOUT / "actions" / "probe" / "action.yml")
    passed = workflow["jobs"]["probe"]["steps"][-1]["with"]
    inputs, taken = workflow["on"]["workflow_call"]["inputs"], action["inputs"]
    assert set(passed) == set(taken)
    assert set(taken) - NOT_INPUTS == set(inputs) - NOT_PASSED_ON
    for name in set(taken) - NOT_INPUTS:
        assert str(inputs[name]["default"]) == str(taken[name].get("default")), f"two defaults of {name}"


def test_nobody_may_do_more_than_read_but_for_what_keeps_and_alarms() -> None:
    found = {}
    for path in WORKFLOWS:
        workflow = loaded(path)
        assert workflow["permissions"] == {}
        found |= {f"{path.name}: {name}": job["permissions"] for name, job in workflow["jobs"].items()}
    assert {name: permissions for name, permissions in found.items() if permissions != {"contents": "read"}} == MORE


def test_the_example_grants_what_the_jobs_behind_the_probes_ask_for_and_no_more() -> None:
    asked: dict[str, str] = {}
    for job in loaded(CHECKOUT / ".github" / "workflows" / "results.yaml")["jobs"].values():
        asked |= {scope: level for scope, level in job["permissions"].items() if asked.get(scope) != "write"}
    assert loaded(HISTORY)["jobs"]["results"]["permissions"] == asked


def test_secrets_reach_steps_through_their_environment_alone() -> None:
    for path in (*WORKFLOWS, *ACTIONS):
        content = loaded(path)
        jobs = content["jobs"].values() if "jobs" in content else [content["runs"]]
        for step in (step for job in jobs for step in job.get("steps", [])):
            assert "${{" not in step.get("run", ""), f"{named(path)}: an expression in a script"


def test_the_readme_shows_the_same_workflow() -> None:
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    block = re.search(r"## In GitHub Actions.*?```yaml\n(.*?)```", readme, re.S)
    assert block
    shown, example = yaml.safe_load(block[1]), yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    del example["name"]
    assert shown == example
