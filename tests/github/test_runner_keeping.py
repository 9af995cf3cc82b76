"""The runner of the tests does what GitHub and its runner do: caches and artifacts."""

from __future__ import annotations

import textwrap

from tests.github.trial_workflows import PIN, Run, job


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
