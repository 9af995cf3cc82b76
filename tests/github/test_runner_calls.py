"""The runner of the tests does what GitHub and its runner do: called workflows and composite actions."""

from __future__ import annotations

import pytest

from tests.github.runner import WorkflowError
from tests.github.trial_workflows import PIN, Run, job

CALLED = """
    on:
      workflow_call:
        inputs:
          cloud: {type: string, required: true}
          times: {type: number, default: 2}
        secrets: {KEY: {required: true}, OTHER: {}}
        outputs: {state: {value: "${{ jobs.probe.outputs.state }}"}}
    permissions: {contents: read}
    jobs:
      probe:
        runs-on: ubuntu-24.04
        outputs: {state: "${{ steps.inner.outputs.state }}"}
        steps:
          - {id: secrets, run: "echo '${{ secrets.KEY == 'k' }} ${{ secrets.UNPASSED == '' }} ${{ inputs.times }}'"}
          - {id: inner, uses: $/actions/outer, with: {cloud: "${{ inputs.cloud }}"}}
"""
OUTER = """
    inputs: {cloud: {required: true}, mode: {default: "fast-${{ github.repository }}"}}
    outputs: {state: {value: "${{ steps.nested.outputs.state }}"}}
    runs:
      using: composite
      steps:
        - {id: nested, uses: $/actions/inner, with: {word: "${{ inputs.mode }}"}, env: {DEEP: deep}}
        - {id: say, shell: bash, run: 'cat "$GITHUB_ACTION_PATH/file" "${{ github.action_path }}/../../root"'}
"""
INNER = """
    inputs: {word: {}}
    outputs: {state: {value: "${{ steps.a.outputs.state }}"}}
    runs:
      using: composite
      steps: [{id: a, shell: sh, run: 'echo "state=${{ inputs.word }}-$DEEP" >> $GITHUB_OUTPUT'}]
"""
OWN = {
    ".github/workflows/probe.yaml": CALLED, "actions/outer/action.yml": OUTER, "actions/inner/action.yml": INNER,
    "actions/outer/file": "beside the action\n", "root": "at the root",
}  # fmt: skip
CALL = f"""
    monitor:
      permissions: {{contents: read}}
      uses: acme/stackprobe/.github/workflows/probe.yaml@{PIN}
      with: {{cloud: one}}
      secrets: {{KEY: "${{{{ secrets.MINE }}}}"}}
    after:
      needs: monitor
      runs-on: x
      steps: [{{id: say, run: "echo ${{{{ needs.monitor.outputs.state }}}}"}}]
"""


def test_a_called_workflow_and_its_actions_come_from_its_own_repository(run: Run) -> None:
    found = run(CALL, own=OWN, secrets={"MINE": "k", "UNPASSED": "u"})
    probe = found.job("monitor / probe")
    assert (probe.id, probe.permissions) == ("monitor/probe", {"contents": "read"})
    assert probe.step("secrets").raw == "true true 2"
    assert probe.step("say").raw == "beside the action\nat the root"
    assert found.job("after").step("say").raw == "fast-example/clouds-deep"
    assert found.mistakes == []


def test_inherited_secrets_are_all_there_and_a_group_that_a_caller_holds_is_a_deadlock(run: Run) -> None:
    inherit = CALL.replace('{KEY: "${{ secrets.MINE }}"}', "inherit")
    called = CALLED.replace("    jobs:\n", "    concurrency: ${{ github.workflow }}\n    jobs:\n")
    text = f"name: Clouds\non: workflow_dispatch\nconcurrency: Clouds\njobs:{inherit}"
    secrets = {"KEY": "k", "UNPASSED": "u"}
    found = run(text, own={**OWN, ".github/workflows/probe.yaml": called}, secrets=secrets)
    assert found.job("monitor / probe").step("secrets").raw == "true false 2"
    assert (found.concurrency, found.job("monitor").concurrency) == ({"group": "Clouds"}, {"group": "Clouds"})
    assert "deadlock" in found.mistakes[0]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("{cloud: one}", "{}", "input cloud is required"),
        ("{cloud: one}", "{cloud: one, zone: two}", "zone: not known"),
        ("{cloud: one}", "{cloud: one, times: 'two'}", "expected type: number"),
        ("{KEY:", "{KEI:", "KEI: not known"),
        (PIN, "main", "40 hex digits"),
        ("{contents: read}", "{contents: none}", "requesting 'contents: read', but is only allowed 'contents: none'"),
    ],
)
def test_a_call_that_does_not_fit_is_refused(run: Run, before: str, after: str, message: str) -> None:
    assert before in CALL
    with pytest.raises(WorkflowError, match=message):
        run(CALL.replace(before, after), own=OWN)


def test_an_input_of_the_wrong_type_fails_the_call_when_it_is_evaluated(run: Run) -> None:
    found = run(CALL.replace("{cloud: one}", '{cloud: one, times: "${{ github.actor }}"}'), own=OWN)
    assert found.job("monitor").conclusion == "failure"
    assert "expected type: number" in found.job("monitor").annotations[0].message


def test_a_composite_step_judges_success_by_its_action_and_needs_a_shell(run: Run) -> None:
    action = """
        runs:
          using: composite
          steps:
            - {id: first, shell: bash, run: 'echo first'}
            - {id: bad, shell: bash, run: 'exit 1'}
            - {id: plain, shell: bash, run: 'echo plain'}
            - {id: cleanup, if: always(), shell: bash, run: 'echo cleanup'}
    """
    steps = f"- run: 'false'\n- {{id: outer, if: always(), uses: acme/stackprobe/one@{PIN}}}"
    found = run(job(steps), own={"one/action.yml": action}).job("a")
    outcomes = {step.id: step.outcome for step in found.step("outer").steps}
    assert outcomes == {"first": "success", "bad": "failure", "plain": "skipped", "cleanup": "success"}
    assert found.step("outer").outcome == "failure"
    with pytest.raises(WorkflowError, match="missing: shell"):
        run(job(steps), own={"one/action.yml": action.replace("shell: bash, ", "")})


def test_a_local_action_needs_a_checkout_which_brings_no_other_repository(run: Run) -> None:
    files = {
        "own/action.yml": "runs: {using: composite, steps: [{shell: bash, run: cat ../*/own/word}]}",
        "own/word": "hi",
    }
    check_out = f"uses: actions/checkout@{PIN}"
    found = run(
        job(f"""
            - {{id: early, continue-on-error: true, uses: ./own}}
            - {{{check_out}, with: {{persist-credentials: false}}}}
            - {{{check_out}, with: {{repository: acme/stackprobe, ref: {PIN}, path: theirs}}}}
            - {{id: late, uses: ./own}}
            - {{id: theirs, run: cat theirs/root}}
        """),
        files=files,
        own={"root": "theirs"},
    ).job("a")
    assert "Did you forget to run actions/checkout" in found.step("early").log
    assert (found.step("early").outcome, found.step("late").raw, found.step("theirs").raw) == (
        "failure",
        "hi",
        "theirs",
    )


def test_setup_python_puts_python_on_the_path(run: Run) -> None:
    found = run(
        job(f"""
            - {{id: set, uses: actions/setup-python@{PIN}, with: {{python-version: '3.x'}}}}
            - {{id: use, run: 'command -v python; python -m venv --without-pip v && v/bin/python -c "print(6 * 7)"'}}
            - {{id: none, uses: actions/setup-python@{PIN}, with: {{python-version: '2.7'}}}}
        """)
    ).job("a")
    assert found.step("use").raw.splitlines() == [found.step("set").outputs["python-path"], "42"]
    assert found.step("none").outcome == "failure"
