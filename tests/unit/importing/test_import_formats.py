"""What the files of others tell becomes steps, each way to end told apart."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import jsonschema
import pytest
from stackprobe.cli import main
from stackprobe.journal import schema

from tests.support.leaks import leaks
from tests.unit.importing.results import OK, SAMPLE, SKIPPED, ansible, failed, imported, play, task, told, zuul


def test_the_output_of_the_json_callback_with_warnings_before_it(tmp_path: Path) -> None:
    results = imported(tmp_path, SAMPLE.read_text())
    assert told(results) == {
        ("Reach", "Ping [far]"): ("failed", None),
        ("Reach", "Ping [near]"): ("passed", None),
        ("Reach", "Again [near]"): ("passed", None),
        ("Create and delete", "Create"): ("passed", None),
        ("Create and delete", "Find what is not there"): ("passed", "ignored or rescued"),
        ("Create and delete", "Skip"): ("skipped", None),
        ("Create and delete", "Boot"): ("passed", "ignored or rescued"),
        ("Create and delete", "Tell"): ("passed", None),
        ("Create and delete", "Each"): ("failed", None),
    }
    assert (results.outcome, results.finished, results.exit_code) == ("failed", True, 1)
    by_name = {step.name: step for step in results.steps}
    assert (by_name["Ping [far]"].message or "").startswith("unreachable: Failed to connect")
    assert "item b: Assertion failed" in (by_name["Each"].message or "")
    assert [(check.name, check.outcome) for check in by_name["Each"].checks] == [("a", "passed"), ("b", "failed")]
    assert by_name["Create"].duration_ms > 100
    assert by_name["Create"].action == "ansible.builtin.command"
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {"junit.xml", "report.html", "metrics.txt"}
    validator = jsonschema.Draft202012Validator(schema())
    for line in (tmp_path / "out" / "journal.jsonl").read_text().splitlines():
        validator.validate(json.loads(line))


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_zuuls_job_output(tmp_path: Path, packed: bool) -> None:
    role = task("Unpack", localhost=OK) | {"role": {"name": "ensure_tool", "id": "2", "path": "/x"}}
    data = [
        zuul(play("localhost", role), phase="pre", name="pre", ok=1),
        zuul(play("all", task("Probe", localhost=OK, node=failed())), ok=1)
        | {"stats": {"localhost": {"ok": 1}, "node": {"failures": 1}}},
    ]
    text = json.dumps(data, indent=4)
    results = imported(tmp_path, gzip.compress(text.encode()) if packed else text)
    assert told(results) == {
        ("pre: localhost", "ensure_tool : Unpack"): ("passed", None),
        ("probe/run: all", "Probe"): ("passed", None),
        ("probe/run: all", "Probe [node]"): ("failed", None),
    }
    assert results.scenarios[1].file == "example.org/project/playbooks/probe/run.yaml"


def test_failures_are_told_apart_by_what_ansible_counted(tmp_path: Path) -> None:
    tasks = [
        task("Ignored", localhost=failed()),
        task("Set a fact", 3, 4, localhost=failed("'x' is undefined", "set_fact")),
        task("Always", 5, 6, localhost=OK),
        task("Skipped", 7, 8, localhost=SKIPPED),
    ]
    results = imported(tmp_path, ansible(play("P", *tasks), failures=1, ignored=1, ok=2))
    assert told(results) == {
        ("P", "Ignored"): ("passed", "ignored"),
        ("P", "Set a fact"): ("failed", None),
        ("P", "Always"): ("passed", None),
        ("P", "Skipped"): ("skipped", None),
    }
    assert any(note.message.startswith("ignored by the playbook") for note in results.notes)


@pytest.mark.parametrize(("counted", "how"), [({"rescued": 1}, "rescued"), ({"ignored": 1}, "ignored")])
def test_what_is_counted_names_how_it_was_handled(tmp_path: Path, counted: dict[str, int], how: str) -> None:
    data = ansible(play("P", task("A", localhost=failed()), task("B", localhost=OK)), **counted)
    assert told(imported(tmp_path, data))["P", "A"] == ("passed", how)


def test_ignored_failures_count_on_request(tmp_path: Path) -> None:
    data = ansible(play("P", task("A", localhost=failed()), task("B", localhost=OK)), ignored=1)
    results = imported(tmp_path, data, options=("--count-ignored",))
    assert (told(results)["P", "A"], results.outcome) == (("failed", None), "failed")


def test_a_failure_that_no_result_shows_is_not_lost(tmp_path: Path) -> None:
    results = imported(tmp_path, ansible(play("P", task("A", localhost=OK)), failures=1))
    assert results.outcome == "failed"
    assert "counted 1 failures more" in (results.steps[0].message or "")


def test_tags_and_zones_are_honoured(tmp_path: Path) -> None:
    one = task("Boot", localhost=OK)
    one["task"]["tags"] = ["metric=create_server", "service=compute", "az=eu-01"]
    other = task("Volume", localhost=OK | {"invocation": {"module_args": {"availability_zone": "eu-02"}}})
    results = imported(tmp_path, ansible(play("P", one, other), ok=2))
    boot, volume = results.steps
    assert (boot.metrics, boot.service, boot.zone, volume.zone) == (("create_server",), "compute", "eu-01", "eu-02")
    assert results.scenarios[0].services == ["compute"]
    assert ".P.boot.eu-01.duration_ms 1000 " in (tmp_path / "out" / "metrics.txt").read_text()


def test_several_files_and_playbooks_are_one_run(tmp_path: Path) -> None:
    two = json.dumps(ansible(play("P", task("A", localhost=OK)), ok=1), indent=4)
    results = imported(tmp_path, f"{two}\nsome words between\n{two}", [zuul(play("all", task("B", localhost=OK)))])
    assert [one.name for one in results.scenarios] == ["P", "P (2)", "probe/run: all"]
    assert results.outcome == "passed"


def test_a_play_named_as_the_run_itself_stays_a_play(tmp_path: Path) -> None:
    results = imported(tmp_path, ansible(play("run", task("A", localhost=failed())), failures=1))
    assert [(one.name, one.outcome) for one in results.scenarios] == [("play run", "failed")]


def test_no_secret_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = ["s3cr3t-of-the-module", "s3cr3t-of-the-environment", "gAAAAABmadeuptokenmadeuptoken"]
    monkeypatch.setenv("OS_PASSWORD", secrets[1])
    message = f"login with {secrets[0]} or {secrets[1]} or {secrets[2]} failed"
    result = failed(message, invocation={"module_args": {"auth": {"password": secrets[0]}}})
    results = imported(tmp_path, ansible(play("P", task("A", localhost=result)), failures=1))
    assert "login with *** or *** or *** failed" in (results.steps[0].message or "")
    assert leaks(secrets, tmp_path / "out") == []


def test_the_exit_code_is_that_of_the_run_on_request(tmp_path: Path) -> None:
    command = ["import", str(SAMPLE), "--output"]
    assert main([*command, str(tmp_path / "one")]) == 0
    assert main([*command, str(tmp_path / "two"), "--exit-code"]) == 1


def test_the_run_says_what_its_figures_are_called(tmp_path: Path) -> None:
    imported(tmp_path, ansible(play("P", task("A", localhost=OK)), ok=1), options=("--naming", "apimon"))
    run = json.loads((tmp_path / "out" / "journal.jsonl").read_text().splitlines()[0])
    assert run["metrics_naming"] == ["apimon"]
