"""The runner of the tests does what GitHub and its runner do: jobs, matrices, inputs."""

from __future__ import annotations

import pytest

from tests.github.runner import WorkflowError
from tests.github.trial_workflows import PIN, Run, job


def test_jobs_run_in_order_with_outputs_and_a_secret_is_no_output(run: Run) -> None:
    found = run(
        """
        last:
          needs: middle
          runs-on: x
          steps: [{id: say, run: "echo ${{ needs.middle.outputs.word }}-${{ needs.middle.outputs.secret }}-"}]
        middle:
          runs-on: x
          outputs: {word: "${{ steps.a.outputs.word }}", secret: "${{ steps.a.outputs.secret }}"}
          steps: [{id: a, run: "echo word=hi >> $GITHUB_OUTPUT; echo secret=x-${{ secrets.S }} >> $GITHUB_OUTPUT"}]
        """,
        secrets={"S": "hidden"},
    )
    assert [one.id for one in found.jobs] == ["middle", "last"]
    assert found.job("last").step("say").raw == "hi--"
    assert [one.message for one in found.job("middle").annotations] == [
        "Skip output 'secret' since it may contain secret."
    ]


def test_a_job_is_skipped_after_a_failure_unless_its_condition_says_otherwise(run: Run) -> None:
    steps = "runs-on: x, steps: [{run: 'true'}]"
    found = run(
        f"""
        bad: {{runs-on: x, steps: [{{run: 'false'}}]}}
        skipped: {{needs: bad, {steps}}}
        after_skipped: {{needs: skipped, {steps}}}
        cleanup: {{needs: bad, if: always(), {steps}}}
        after_cleanup: {{needs: cleanup, {steps}}}
        failed: {{needs: skipped, if: failure(), {steps}}}
        """
    )
    assert {one.id: one.conclusion for one in found.jobs} == {
        "bad": "failure", "skipped": "skipped", "after_skipped": "skipped", "cleanup": "success",
        "after_cleanup": "skipped",  # a job looks at all of its ancestors, not at its needs alone
        "failed": "success",
    }  # fmt: skip


def test_a_matrix_of_json_has_a_leg_for_each_entry(run: Run) -> None:
    found = run(
        """
        list:
          runs-on: x
          outputs: {clouds: "${{ steps.a.outputs.clouds }}"}
          steps: [{id: a, run: "echo 'clouds=[{\\"cloud\\":\\"one\\"},{\\"cloud\\":\\"two\\"}]' >> $GITHUB_OUTPUT"}]
        probe:
          needs: list
          strategy: {fail-fast: false, matrix: {include: "${{ fromJSON(needs.list.outputs.clouds) }}"}}
          runs-on: x
          timeout-minutes: "${{ matrix.cloud == 'one' && 5 || 6 }}"
          concurrency: {group: "cloud-${{ matrix.cloud }}", cancel-in-progress: false}
          steps: [{run: "test ${{ matrix.cloud }} = two"}]
        """
    )
    legs = {one.name: one for one in found.jobs[1:]}
    assert {name: leg.conclusion for name, leg in legs.items()} == {"probe (one)": "failure", "probe (two)": "success"}
    assert [leg.timeout_minutes for leg in legs.values()] == [5, 6]
    assert legs["probe (two)"].concurrency == {"group": "cloud-two", "cancel-in-progress": False}


def test_a_matrix_fails_fast_and_an_empty_one_is_an_error(run: Run) -> None:
    steps = "runs-on: x, steps: [{run: 'test ${{ matrix.n }} = 2'}]"
    found = run(
        f"""
        fast: {{strategy: {{matrix: {{n: [1, 2], m: [a]}}}}, {steps}}}
        empty: {{strategy: {{matrix: {{n: "${{{{ fromJSON('[]') }}}}"}}}}, {steps}}}
        """
    )
    assert {one.name: one.conclusion for one in found.jobs} == {
        "fast (1, a)": "failure", "fast (2, a)": "cancelled", "empty": "failure"
    }  # fmt: skip
    assert found.job("empty").annotations[0].message == "Matrix vector 'n' does not contain any values"


def test_the_event_is_in_a_file_and_in_the_context(run: Run) -> None:
    workflow = """
        on:
          schedule: [{cron: '5 * * * *'}]
        jobs:
          a:
            runs-on: x
            steps: [{id: say, run: "grep schedule $GITHUB_EVENT_PATH; echo '${{ github.event.schedule }}'"}]
        """
    found = run(workflow, event_name="schedule", event={"schedule": "5 * * * *"})
    assert found.job("a").step("say").raw.split(":")[1].count("5 * * * *") == 2
    with pytest.raises(WorkflowError, match="has no schedule"):
        run(workflow, event_name="schedule", event={"schedule": "6 * * * *"})


def test_inputs_of_a_dispatch_have_types_in_inputs_and_are_strings_in_the_event(run: Run) -> None:
    workflow = """
        on:
          workflow_dispatch:
            inputs: {dry: {type: boolean, default: false}, kind: {type: choice, options: [a, b], default: a}}
        jobs:
          a:
            runs-on: x
            steps:
              - id: say
                run: echo ${{ inputs.dry || 'no' }} ${{ github.event.inputs.dry || 'no' }} ${{ inputs.kind }}
    """
    assert run(workflow).job("a").step("say").raw == "no false a"
    assert run(workflow, inputs={"dry": "true", "kind": "b"}).job("a").step("say").raw == "true true b"
    with pytest.raises(WorkflowError, match="not in the list"):
        run(workflow, inputs={"kind": "c"})


@pytest.mark.parametrize(
    ("jobs", "message"),
    [
        ("a: {runs-on: x, steps: [{run: 'true', uses: x}]}", "either run or uses"),
        ("a: {runs-on: x, steps: [{uses: actions/checkout@v4}]}", "40 hex digits"),
        ("a: {runs-on: x, steps: [{uses: $/}]}", "path is missing"),
        (f"a: {{runs-on: x, steps: [{{uses: actions/cache@{PIN}, with: {{keys: x}}}}]}}", "keys: not known"),
        ("a: {runs-on: x, needs: b, steps: [{run: 'true'}]}", "needs b"),
        ("a: {runs-on: x, steps: [{run: 'true'}], steps: []}", "already defined"),
        ("a: {runs-on: x, permissions: {content: read}, steps: [{run: 'true'}]}", "no such permission"),
    ],
)
def test_what_github_refuses_is_refused(run: Run, jobs: str, message: str) -> None:
    with pytest.raises(WorkflowError, match=message):
        run(jobs)


def test_a_context_that_is_not_there_is_an_error_and_a_mixed_condition_a_mistake(run: Run) -> None:
    found = run(job("- {if: '${{ false }} || false', run: 'true'}\n- {if: \"secrets.S == ''\", run: 'true'}"))
    assert [step.outcome for step in found.job("a").steps] == ["success", "failure"]
    assert "Unrecognized named-value: 'secrets'" in found.job("a").all_annotations[0].message
    assert "always true" in found.mistakes[0]
