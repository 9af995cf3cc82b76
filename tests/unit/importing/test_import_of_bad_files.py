"""Foreign, cut and broken files: a clear refusal, or everything that can be saved; never a pass that is none."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import pytest
from stackprobe.cli import main
from stackprobe.errors import UsageError
from stackprobe.importing import document, load
from stackprobe.importing.writing import Import
from stackprobe.recording.chronicle import Place
from stackprobe.redact import Scrubber
from stackprobe.results import Results, from_directory

from tests.unit.importing.results import OK, SAMPLE, ansible, at, failed, imported, play, task, told, zuul


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "holds no JSON"),
        (b"<html><body>404</body></html>", "holds no JSON"),
        (b'{"a": 1}', "of no run of Ansible"),
        (b"[]", "of no run of Ansible"),
        (b"\x00\xff\x00\xff" * 100, "holds no JSON"),
        (b"[WARNING]: nothing else\n", "holds no JSON"),
        (b'text\n{"plays', "holds no JSON that can be read"),
        (b"\x1f\x8b\x08broken", "holds no JSON"),
        (b"[" * 100_000, "holds no JSON"),
    ],
)
def test_foreign_files_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, words: str
) -> None:
    file = tmp_path / "foreign"
    file.write_bytes(content)
    assert main(["import", str(file), "--output", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert words in said and str(file) in said and "job-output.json" in said
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_not_there_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", str(tmp_path / "none"), "--output", str(tmp_path / "out")]) == 2
    assert "cannot be read" in capsys.readouterr().err


def read(directory: Path, content: bytes) -> Results | None:
    """The results of a file; None where it was refused."""
    file = directory / "file"
    file.write_bytes(content)
    (directory / "journal.jsonl").unlink(missing_ok=True)
    notes: list[str] = []
    try:
        playbooks = load([file], notes)
    except UsageError:
        return None
    Import(directory / "journal.jsonl", Place("demo"), Scrubber()).write(playbooks, notes)
    return from_directory(directory)


def test_a_file_cut_at_any_byte_never_passes_and_loses_nothing_before(tmp_path: Path) -> None:
    good = ansible(play("P", task("A", localhost=OK), task("B", localhost=OK)), ok=2)
    text = json.dumps(good).encode()
    seen: dict[int, int] = {}
    for size in range(len(text) - 1):
        results = read(tmp_path, text[:size])
        if results is None:
            continue
        assert results.outcome == "error" and not results.finished, size
        assert any("cut or broken" in note.message for note in results.notes), size
        seen[size] = sum(step.outcome == "passed" for step in results.steps)
    assert list(seen.values()) == sorted(seen.values()), "what was saved of less is saved of more"
    assert max(seen.values()) == 2
    whole = read(tmp_path, text)
    assert whole is not None and whole.outcome == "passed"


def test_failures_before_the_cut_stay_failures(tmp_path: Path) -> None:
    text = SAMPLE.read_bytes()
    results = read(tmp_path, text[: text.index(b'"Create and delete"')])
    assert results is not None and results.outcome == "failed"


def test_what_follows_a_broken_playbook_is_found(tmp_path: Path) -> None:
    parts = [
        zuul(play("all", task(name, localhost=OK)), name=f"probe/{name}", ok=1) for name in ("one", "two", "three")
    ]
    text = json.dumps(parts, indent=4).replace('"name": "two"', '"name": "two')
    results = imported(tmp_path, text)
    assert {step.name for step in results.steps} >= {"one", "three"}
    assert results.outcome == "error"


def test_noise_of_any_kind_crashes_nothing(tmp_path: Path) -> None:
    rng = random.Random(5)
    original = SAMPLE.read_bytes()
    for _ in range(150):
        data = bytearray(original)
        for _ in range(rng.randint(1, 20)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        read(tmp_path, bytes(data))


def test_values_of_the_wrong_type_crash_nothing(tmp_path: Path) -> None:
    odd = [None, 1, "text", [], [1], {}, {"a": 1}, True, 1e300, "2026-99-99", -1]
    for value in odd:
        about = {"name": value, "duration": {"start": value, "end": value}}
        broken = [
            ansible() | {"plays": value},
            ansible() | {"stats": value},
            ansible({"play": value, "tasks": value}),
            ansible(play("P", {"task": value, "hosts": value})),
            ansible(play("P", {"task": about, "hosts": {"a": OK}})),
            ansible(play("P", task("A", localhost=value)), ok=1),
            ansible(play("P", task("A", localhost=failed() | {"results": value, "msg": value, "attempts": value}))),
            ansible(play("P", task("A", localhost=OK) | {"role": value})),
        ]
        for data in broken:
            read(tmp_path, json.dumps(data, indent=4).encode())


def test_a_result_that_is_none_is_an_error(tmp_path: Path) -> None:
    results = imported(tmp_path, ansible(play("P", task("A", localhost="what?"))))
    assert told(results)["P", "A"] == ("error", None)


def test_megabytes_colours_and_bytes_that_are_no_text(tmp_path: Path) -> None:
    message = "\x1b[31mred\x1b[0m \ufffe \ud800 " + "x" * 10_000_000 + " the end"
    text = json.dumps(ansible(play("P", task("A", localhost=failed(message))), failures=1), indent=4)
    results = imported(tmp_path, text.encode().replace(b"red", b"red \xff\xfe"))
    assert results.outcome == "failed"
    shown = results.steps[0].message or ""
    assert len(shown) < 20_000 and shown.endswith("the end")
    assert any("bytes that are no text" in note.message for note in results.notes)
    junit = (tmp_path / "out" / "junit.xml").read_text()
    assert "red" in junit and "\x1b" not in junit


def test_clocks_that_jump_are_noted_and_give_no_negative_times(tmp_path: Path) -> None:
    back = task("A", localhost=OK)
    back["task"]["duration"] = {"start": at(30), "end": at(10)}
    none = task("B", localhost=OK)
    none["task"]["duration"] = {"start": "yesterday"}
    results = imported(tmp_path, ansible(play("P", back, none), ok=2))
    assert [step.duration_ms for step in results.steps] == [0, 0]
    told_so = " ".join(note.message for note in results.notes)
    assert "clock of the runner went back" in told_so and "have no times" in told_so
    assert results.outcome == "passed"


def test_times_from_the_future_are_noted(tmp_path: Path) -> None:
    text = json.dumps(ansible(play("P", task("A", localhost=OK)), ok=1), indent=4).replace("2026-01-31", "2999-01-31")
    results = imported(tmp_path, text)
    assert any("lie in the future" in note.message for note in results.notes)
    assert results.outcome == "passed"


@pytest.mark.parametrize(
    "counted", [{"failures": "1"}, {"failures": None}, {"failures": True}, {"ok": 1}, {"failures": 0}, 7]
)
def test_counts_that_do_not_explain_a_failure_make_no_pass_of_it(tmp_path: Path, counted: object) -> None:
    data = ansible(play("P", task("A", localhost=failed("no"))), ok=1)
    nothing = data["stats"]["localhost"]
    data["stats"]["localhost"] = nothing | counted if isinstance(counted, dict) and "failures" in counted else counted
    assert imported(tmp_path, data).outcome == "failed"


def test_a_host_that_nobody_counts_as_unreachable_is_so_all_the_same(tmp_path: Path) -> None:
    data = ansible(play("P", task("A", localhost={"unreachable": True, "msg": "no route"})), ok=1)
    assert imported(tmp_path, data).outcome == "failed"


def test_a_jump_into_the_future_makes_no_run_of_many_years(tmp_path: Path) -> None:
    jump = task("B", localhost=OK)
    jump["task"]["duration"] = {"start": "2999-01-31T12:00:00Z", "end": "2999-01-31T12:00:01Z"}
    results = imported(tmp_path, ansible(play("P", task("A", localhost=OK), jump, task("C", localhost=OK)), ok=3))
    assert results.duration_ms == 30_000 and [step.duration_ms for step in results.steps] == [1000, 0, 1000]
    assert any("2 times lie in the future" in note.message for note in results.notes)
    assert not any("went back" in note.message for note in results.notes)


def test_a_compressed_file_that_is_cut_is_saved_as_far_as_it_goes(tmp_path: Path) -> None:
    tasks = [task(f"Task {number}", localhost=OK) for number in range(2000)]
    packed = gzip.compress(json.dumps(ansible(play("P", *tasks), ok=2000), indent=4).encode())
    results = imported(tmp_path, packed[: len(packed) // 2])
    assert len(results.steps) > 500 and results.outcome == "error"
    assert any("is cut" in note.message for note in results.notes)


def test_a_file_that_is_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(document, "LARGEST", 1000)
    file = tmp_path / "file"
    file.write_bytes(gzip.compress(b"[" + b" " * 40_000_000 + b"]"))
    assert main(["import", str(file), "--output", str(tmp_path / "out")]) == 2
    assert "larger than" in capsys.readouterr().err
