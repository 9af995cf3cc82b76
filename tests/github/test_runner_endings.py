"""The runner of the tests does what GitHub and its runner do: cancellation, time-outs and what is left behind."""

from __future__ import annotations

import signal
import subprocess

import pytest

from tests.github.runner import Interruption, Timing
from tests.github.trial_workflows import PIN, Run, job

STUBBORN = """
    - id: stubborn
      shell: bash
      run: |
        trap 'echo got INT' INT
        trap 'echo got TERM' TERM
        echo ready
        while true; do sleep 0.05; done
    - {id: plain, run: 'echo plain'}
    - {id: cleanup, if: always(), run: 'echo cleanup'}
    - {id: cancelled, if: cancelled(), run: 'echo cancelled'}
    - {id: failed, if: failure(), run: 'echo failed'}
"""


def test_a_cancelled_step_gets_int_then_term_then_kill_and_cleanup_runs(run: Run) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as for tests that a shell runs in the background
    try:
        found = run(job(STUBBORN), interruptions=[Interruption("^ready$")])
    finally:
        signal.signal(signal.SIGINT, before)
    one = found.job("a")
    assert one.step("stubborn").raw.splitlines() == ["ready", "got INT", "got TERM"]
    assert [name for name, _ in one.step("stubborn").signals] == ["SIGINT", "SIGTERM", "SIGKILL"]
    times = [at for _, at in one.step("stubborn").signals]
    assert times == pytest.approx([0, 0.6, 1.0], abs=0.25)
    outcomes = {step.id: step.outcome for step in one.steps}
    wanted = {
        "stubborn": "cancelled",
        "plain": "skipped",
        "cleanup": "success",
        "cancelled": "success",
        "failed": "skipped",
    }
    assert outcomes == wanted
    assert (one.conclusion, found.conclusion) == ("cancelled", "cancelled")
    assert [error.message for error in one.all_annotations] == ["The operation was canceled."]


def test_a_step_that_runs_always_is_not_cancelled(run: Run) -> None:
    found = run(
        job("- {id: always, if: always(), run: 'echo ready; sleep 0.5; echo done'}\n- {id: plain, run: 'true'}"),
        interruptions=[Interruption("ready")],
    ).job("a")
    assert (found.step("always").outcome, found.step("always").signals) == ("success", [])
    assert (found.step("plain").outcome, found.conclusion) == ("skipped", "cancelled")


def test_a_job_that_runs_always_is_not_cancelled_and_later_jobs_are(run: Run) -> None:
    found = run(
        """
        a: {if: always(), runs-on: x, steps: [{run: "echo ready; sleep 0.3"}, {run: "true"}]}
        b: {needs: a, runs-on: x, steps: [{run: "true"}]}
        c: {needs: a, if: cancelled(), runs-on: x, steps: [{run: "true"}]}
        """,
        interruptions=[Interruption("ready")],
    )
    assert {one.id: one.conclusion for one in found.jobs} == {"a": "success", "b": "cancelled", "c": "success"}


def test_cancellation_inside_of_a_composite_action_runs_its_own_cleanup(run: Run) -> None:
    action = """
        runs:
          using: composite
          steps:
            - {id: work, shell: bash, run: 'echo ready; exec sleep 60'}
            - {id: inside, if: always(), shell: bash, run: 'echo cleanup ${{ job.status }}'}
            - {id: plain, shell: bash, run: 'echo plain'}
    """
    steps = f"- {{id: outer, uses: acme/stackprobe/one@{PIN}}}"
    found = run(job(steps), own={"one/action.yml": action}, interruptions=[Interruption("ready")]).job("a")
    outcomes = [(step.id, step.outcome) for step in found.step("outer").walk()]
    assert outcomes == [("outer", "cancelled"), ("work", "cancelled"), ("inside", "success"), ("plain", "skipped")]
    assert found.step("inside").raw == "cleanup cancelled"
    assert [name for name, _ in found.step("work").signals] == ["SIGINT"]


def test_a_composite_action_that_begins_after_the_cancellation_runs_as_a_whole(run: Run) -> None:
    action = "runs: {using: composite, steps: [{id: plain, shell: bash, run: 'sleep 0.3; echo done'}]}"
    steps = f"- run: echo ready; exec sleep 60\n- {{if: always(), uses: acme/stackprobe/one@{PIN}}}"
    found = run(job(steps), own={"one/action.yml": action}, interruptions=[Interruption("ready")]).job("a")
    assert (found.step("plain").outcome, found.step("plain").raw) == ("success", "done")


def test_the_children_of_a_killed_step_live_on_until_the_end_of_the_job(run: Run) -> None:
    found = run(
        job("""
            - {id: work, run: 'sleep 61 & echo ready; wait'}
            - {id: next, if: always(), run: 'pgrep -f "^sleep 61$"'}
        """),
        interruptions=[Interruption("ready", "kill")],
    ).job("a")
    assert (found.step("work").outcome, found.step("work").exit_code) == ("failure", 137)
    assert found.step("next").outcome == "success"
    assert found.orphans == ["sleep 61"]
    assert subprocess.run(["pgrep", "-f", "^sleep 61$"], check=False, capture_output=True).returncode == 1


def test_timeouts_end_a_step_as_a_failure_and_a_job_as_cancelled(run: Run) -> None:
    step = run(
        job("- {id: slow, timeout-minutes: 1, run: exec sleep 60}\n- {id: next, if: failure(), run: 'true'}")
    ).job("a")
    assert (step.step("slow").outcome, step.step("next").outcome, step.conclusion) == ("failure", "success", "failure")
    assert "has timed out after 1 minutes" in step.all_annotations[0].message
    whole = run(
        job("- {id: slow, run: exec sleep 60}\n- {id: next, if: always(), run: 'true'}", timeout_minutes="1")
    ).job("a")
    assert (whole.step("slow").outcome, whole.step("next").outcome, whole.conclusion) == (
        "cancelled",
        "success",
        "cancelled",
    )
    assert "exceeded the maximum execution time of 1 minutes" in whole.annotations[0].message


def test_a_cleanup_that_takes_too_long_is_ended_by_force_with_the_whole_job(run: Run) -> None:
    steps = "- {id: long, if: always(), run: 'echo ready; exec sleep 60'}\n- {id: next, if: always(), run: 'true'}"
    found = run(job(steps), interruptions=[Interruption("ready")], timing=Timing(forced_s=0.4)).job("a")
    assert [(step.id, step.outcome) for step in found.steps] == [("long", "cancelled")]
    assert [name for name, _ in found.step("long").signals] == ["SIGKILL"]


def test_a_child_that_holds_the_output_holds_its_step_for_a_while_only(run: Run) -> None:
    found = run(job("- {id: a, run: 'sleep 62 & echo done'}")).job("a")
    assert (found.step("a").outcome, found.step("a").duration_s) == ("success", pytest.approx(0.5, abs=0.3))
    assert found.orphans == ["sleep 62"]
