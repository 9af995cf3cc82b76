"""The runner of the tests does what GitHub and its runner do: steps, commands and masks."""

from __future__ import annotations

import pytest

from tests.github.runner.masking import SecretMasker
from tests.github.trial_workflows import Run, job


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
