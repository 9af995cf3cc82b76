"""The runner of the tests does what GitHub and its runner do."""

from __future__ import annotations

import signal
import subprocess
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.github.runner import Expressions, Interruption, Request, Timing, WorkflowError, WorkflowRun, run_workflow
from tests.github.runner.masking import SecretMasker

PIN = "0123456789abcdef0123456789abcdef01234567"
QUICK = Timing(interrupt_s=0.6, terminate_s=0.4, streams_s=0.4, minute_s=0.6)
Run = Callable[..., WorkflowRun]


def write(directory: Path, files: dict[str, str]) -> Path:
    """Write files, given by their paths, into `directory`."""
    for path, text in files.items():
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(textwrap.dedent(text))
    return directory


@pytest.fixture
def run(tmp_path: Path, expressions: Expressions) -> Run:
    """Runs a workflow, given by its YAML: the jobs alone, or all of it."""

    def one(
        workflow: str, files: dict[str, str] | None = None, own: dict[str, str] | None = None, **more: Any
    ) -> WorkflowRun:
        text = textwrap.dedent(workflow)
        if not text.lstrip().startswith(("on:", "name:")):
            text = f"on: workflow_dispatch\njobs:\n{textwrap.indent(text, '  ')}"
        directory = write(tmp_path / "caller", {".github/workflows/a.yaml": text, **(files or {})})
        repositories = {"acme/stackprobe": write(tmp_path / "stackprobe", own or {})}
        request = Request(
            "example/clouds", directory, ".github/workflows/a.yaml", tmp_path / "root",
            repositories=repositories, **{"timing": QUICK, **more},
        )  # fmt: skip
        return run_workflow(request, expressions)

    return one


def job(steps: str, **keys: str) -> str:
    """A job `a` with these steps."""
    head = "".join(f"  {key.replace('_', '-')}: {value}\n" for key, value in keys.items())
    return f"a:\n  runs-on: ubuntu-24.04\n{head}  steps:\n{textwrap.indent(textwrap.dedent(steps), '    ')}"


# -- steps ------------------------------------------------------------------------------------------------------------


def test_a_failing_step_skips_the_plain_ones_and_runs_those_for_failures(run: Run) -> None:
    found = run(
        job("""
            - {id: bad, run: exit 3}
            - {id: plain, run: echo plain}
            - {id: failed, if: failure(), run: echo failed}
            - {id: always, if: "${{ always() && steps.bad.outcome == 'failure' }}", run: echo always}
            - {id: named, if: "github.actor == 'octocat'", run: echo named}
        """)
    ).job("a")
    assert found.conclusion == "failure"
    outcomes = {step.id: step.outcome for step in found.steps}
    wanted = {"bad": "failure", "plain": "skipped", "failed": "success", "always": "success", "named": "skipped"}
    assert outcomes == wanted
    (error,) = found.all_annotations
    assert (error.message, error.own, error.step) == ("Process completed with exit code 3.", True, "Run exit 3")


def test_continue_on_error_makes_a_success_of_a_failure(run: Run) -> None:
    found = run(job("- {id: bad, run: exit 1, continue-on-error: true}\n- {id: next, run: 'true'}")).job("a")
    assert (found.step("bad").outcome, found.step("bad").conclusion) == ("failure", "success")
    assert (found.step("next").outcome, found.conclusion) == ("success", "success")


def test_a_step_has_nothing_of_the_tests_in_its_environment(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_PASSWORD", "of the tests")
    found = run(job("- {id: env, run: env, env: {MINE: x}}"), machine={"PIP_INDEX_URL": "http://here"}).job("a")
    names = {line.partition("=")[0] for line in found.step("env").raw.splitlines()}
    foreign = {name for name in names if not name.startswith(("GITHUB_", "RUNNER_"))}
    assert foreign == {"HOME", "PATH", "LANG", "CI", "MINE", "PIP_INDEX_URL", "PWD", "SHLVL", "_"}
    assert "GITHUB_TOKEN" not in names


def test_shell_bash_fails_in_a_pipe_and_the_default_shell_does_not(run: Run) -> None:
    found = run(job("- {id: plain, run: false | cat}\n- {id: bash, shell: bash, run: false | cat}")).job("a")
    assert (found.step("plain").outcome, found.step("bash").outcome) == ("success", "failure")


def test_files_of_a_step_set_outputs_environment_and_path_for_the_next(run: Run) -> None:
    found = run(
        job("""
            - id: first
              run: |
                printf 'text<<END\\na=1\\nb\\nEND\\nshort=2=3\\n' >> "$GITHUB_OUTPUT"
                echo WORD=hello >> "$GITHUB_ENV"
                mkdir bin && printf '#!/bin/sh\\necho from the path' > bin/own && chmod +x bin/own
                echo "$PWD/bin" >> "$GITHUB_PATH"
            - {id: second, run: 'echo "$WORD ${{ env.WORD }} ${{ steps.first.outputs.short }}"; own'}
            - {id: third, run: echo nothing >> $GITHUB_OUTPUT}
        """)
    ).job("a")
    assert found.step("first").outputs == {"text": "a=1\nb", "short": "2=3"}
    assert found.step("second").raw == "hello hello 2=3\nfrom the path"
    assert found.step("third").outcome == "failure"  # neither name=value nor a heredoc
    assert "Invalid format 'nothing'" in [one.message for one in found.all_annotations]


def test_environment_is_of_workflow_job_and_step_the_nearest_wins(run: Run) -> None:
    found = run(
        """
        on: workflow_dispatch
        env: {A: workflow, B: workflow, C: workflow}
        defaults: {run: {working-directory: sub}}
        jobs:
          a:
            runs-on: ubuntu-24.04
            env: {B: job, C: job}
            steps:
              - {run: mkdir sub, working-directory: .}
              - {id: say, env: {C: step}, run: 'echo $A $B $C ${PWD##*/}'}
        """
    ).job("a")
    assert found.step("say").raw == "workflow job step sub"


def test_a_summary_of_more_than_a_mebibyte_is_dropped_whole(run: Run) -> None:
    found = run(
        job("""
            - {id: fits, run: 'head -c 1048576 /dev/zero | tr "\\0" x > $GITHUB_STEP_SUMMARY'}
            - {id: large, run: 'head -c 1048577 /dev/zero | tr "\\0" x > $GITHUB_STEP_SUMMARY'}
        """)
    ).job("a")
    assert (len(found.step("fits").summary), found.step("large").summary) == (1048576, "")
    assert [one.message for one in found.all_annotations] == [
        "$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of 1024k, got 1024k."
    ]
    assert found.conclusion == "success"


def test_expressions_are_those_of_github(run: Run) -> None:
    found = run(
        job("""
            - {run: 'mkdir -p a/b && echo 1 > a/b/x.txt && echo 2 > a/y.txt'}
            - id: say
              env:
                HASHES: ${{ hashFiles('**/*.txt') == hashFiles('a/**') }} ${{ hashFiles('a/y.txt') == hashFiles('**') }}
                NONE: ${{ hashFiles('*.md') }}
                QUOTES: ${{ 'it''s a ''q''' }}
                LOOSE: ${{ 'ABC' == 'abc' && '1' == 1 && 1.0 }}
                OBJECT: ${{ github.event }} ${{ toJSON(fromJSON('[1]')) }}
              run: 'echo "$HASHES|$NONE|$QUOTES|$LOOSE|" $OBJECT'
        """)
    ).job("a")
    assert found.step("say").raw == "true false||it's a 'q'|1| Object [ 1 ]"


# -- commands and masks -----------------------------------------------------------------------------------------------


def test_commands_become_annotations_at_the_start_of_a_line_only(run: Run) -> None:
    found = run(
        job("""
            - id: say
              run: |
                echo '  ::warning file=a%2Cb.py,line=3,title=T%3A::two%0Alines 100%25'
                echo 'no ::error::command'
                echo 'old ##[error]one' >&2
                echo '::set-output name=x::1'
                echo '::notise::typo'
                printf 'progress\\r::notice::after a carriage return\\n'
        """)
    )
    step = found.job("a").step("say")
    by_level = {one.level: one for one in step.annotations}
    warning = by_level["warning"]
    assert (warning.message, warning.file, warning.line, warning.title) == ("two\nlines 100%", "a,b.py", "3", "T:")
    assert (by_level["error"].message, by_level["notice"].message) == ("one", "after a carriage return")
    assert len(step.annotations) == 3
    assert step.outputs == {"x": "1"}
    assert [text.partition(": ")[2] for text in found.mistakes] == [
        "deprecated workflow command: ::set-output name=x::1",
        "unknown workflow command: ::notise::typo",
    ]


def test_github_shows_ten_errors_of_a_step(run: Run) -> None:
    found = run(job("- {id: many, run: 'for i in $(seq 12); do echo ::error::$i; echo ::warning::$i; done'}")).job("a")
    assert len(found.step("many").annotations) == 24
    assert [one.message for one in found.step("many").shown if one.level == "error"] == [str(i) for i in range(1, 11)]


def test_stopped_commands_are_plain_output_until_the_token(run: Run) -> None:
    found = run(
        job("""
            - {id: a, run: 'echo ::stop-commands::Token; echo ::error::hidden; echo ::token::; echo ::error::seen'}
            - {id: b, run: 'echo ::stop-commands::t'}
            - {id: c, run: 'echo ::error::of another step'}
            - {id: d, run: 'echo ::stop-commands::error'}
        """)
    ).job("a")
    assert [one.message for one in found.all_annotations if not one.own] == ["seen", "of another step"]
    assert "::error::hidden" in found.log
    assert found.step("d").outcome == "failure"  # a token that is a command


def test_secrets_are_black_in_log_annotations_and_summary_but_not_in_raw(run: Run) -> None:
    secret = "first line\n  second+line/\n"
    found = run(
        job("""
            - id: say
              env: {S: "${{ secrets.CLOUDS }}"}
              run: |
                echo "$S"; printf second+line/ | base64; echo "::error::of second+line/"
                echo "$S" > $GITHUB_STEP_SUMMARY
                echo ::add-mask::token; echo a token
        """),
        secrets={"CLOUDS": secret},
    )
    step = found.job("a").step("say")
    assert step.log.splitlines()[-6:] == ["***", "  ***", "", "***", "##[error]of ***", "a ***"]
    assert step.summary.split() == ["***", "***"]
    assert step.annotations[0].message == "of ***"
    assert "second+line/" in found.raw
    assert "second" not in found.log


def test_the_masker_knows_the_encoded_forms_and_merges_what_touches() -> None:
    masker = SecretMasker()
    masker.add_secret('p"w&d/é')
    for form in ('p"w&d/é', 'p\\"w&d/é', "p%22w%26d%2F%C3%A9", "p&quot;w&amp;d/é", "cCJ3JmQvw6k="):
        assert masker.mask(f"<{form}>") == "<***>", form
    masker.add_mask("abc")
    masker.add_mask("cd")
    assert masker.mask("abcd abccd") == "*** ***"


# -- jobs -------------------------------------------------------------------------------------------------------------


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


# -- called workflows and composite actions ---------------------------------------------------------------------------

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


# -- caches and artifacts ---------------------------------------------------------------------------------------------


def test_a_cache_outlives_the_run_and_is_written_once(run: Run) -> None:
    steps = f"""
        - id: cache
          uses: actions/cache@{PIN}
          with: {{path: "${{{{ runner.temp }}}}/kept", key: "v-${{{{ inputs.key }}}}", restore-keys: v-}}
        - id: see
          run: |
            cat $RUNNER_TEMP/kept/* || true
            mkdir -p $RUNNER_TEMP/kept
            echo ${{{{ inputs.key }}}} > $RUNNER_TEMP/kept/file
        - {{run: 'test ${{{{ inputs.key }}}} != bad'}}
    """
    workflow = f"on: {{workflow_dispatch: {{inputs: {{key: {{}}}}}}}}\njobs:\n{textwrap.indent(job(steps), '  ')}"
    seen = []
    for key in ("one", "one", "bad", "two"):
        found = run(workflow, inputs={"key": key}).job("a")
        seen.append((found.step("cache").outputs.get("cache-hit"), found.step("see").raw.splitlines()[-1]))
    assert seen == [
        (None, f"cat: '{found.step('see').environment['RUNNER_TEMP']}/kept/*': No such file or directory"),
        ("true", "one"),
        ("false", "one"),  # of the restore key; its own is not saved, the job failed
        ("false", "one"),
    ]


def test_restore_takes_the_newest_prefix_and_another_path_is_another_cache(run: Run) -> None:
    def save(key: str, path: str) -> str:
        return f"- {{uses: actions/cache/save@{PIN}, with: {{path: {path}, key: {key}}}}}\n"

    found = run(
        job(
            "- run: mkdir x y && echo 1 > x/f\n" + save("k-1", "x")
            + "- run: echo 2 > x/f\n" + save("k-2", "x") + save("k-1", "x")
            + "- {run: rm -r x}\n"
            + f"- {{id: r, uses: actions/cache/restore@{PIN}, with: {{path: x, key: none, restore-keys: k-}}}}\n"
            + "- {id: see, run: cat x/f}\n"
            + f"- {{id: y, uses: actions/cache/restore@{PIN}, with: {{path: y, key: k-1}}}}\n"
        )
    ).job("a")  # fmt: skip
    assert found.step("r").outputs == {
        "cache-primary-key": "none", "cache-matched-key": "k-2", "cache-hit": "false"
    }  # fmt: skip
    assert found.step("see").raw == "2"
    assert found.step("y").outputs["cache-matched-key"] == ""
    assert any("Unable to reserve cache with key k-1" in one.message for one in found.all_annotations)


def test_artifacts_have_unique_names_and_the_least_common_directory(run: Run) -> None:
    def upload(name: str, path: str, more: str = "") -> str:
        return (
            f"- {{name: {name[:4]}, continue-on-error: true, uses: actions/upload-artifact@{PIN}, "
            f'with: {{name: "{name}", path: "{path}"{more}}}}}\n'
        )

    found = run(
        job(
            "- run: mkdir -p d/e .h && touch d/1 d/e/2 d/.no .h/x 'd/e/a:b'\n"
            + upload("both", "d/e/2\\nd/1") + upload("tree", "d/\\n!d/e/a*") + upload("both", "d/1")
            + upload("file", "d/e/2") + upload("a/b", "d/1") + upload("warn", "nothing") + upload("colon", "d/e")
            + upload("hide", ".h", ", if-no-files-found: error") + upload("none", "x", ", if-no-files-found: ignore")
        )
    )  # fmt: skip
    files = {str(one.relative_to(found.artifacts)) for one in found.artifacts.rglob("*") if one.is_file()}
    assert files == {"both/1", "both/e/2", "tree/1", "tree/e/2", "file/2"}
    outcomes = [(step.name, step.outcome) for step in found.job("a").steps[1:]]
    assert outcomes == [
        ("both", "success"), ("tree", "success"), ("both", "failure"), ("file", "success"), ("a/b", "failure"),
        ("warn", "success"), ("colo", "failure"), ("hide", "failure"), ("none", "success"),
    ]  # fmt: skip
    assert [one.level for one in found.job("a").step("warn").annotations] == ["warning"]


# -- ends -------------------------------------------------------------------------------------------------------------

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
