"""The journal: what a writer guarantees, and what a reader puts up with."""

from __future__ import annotations

import json
import os
import resource
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import journals
import jsonschema
import pytest
from stackprobe.errors import UsageError
from stackprobe.journal import Journal, JournalError, read, schema


def test_a_record_is_one_line_of_json_with_its_type_and_time(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.jsonl") as journal:
        journal.write("note", scenario=None, level="info", message="zwei\nZeilen")
    (line,) = (tmp_path / "journal.jsonl").read_text().splitlines()
    record = json.loads(line)
    assert record["type"] == "note" and record["t"] > 1e9 and record["message"] == "zwei\nZeilen"


def test_only_its_owner_can_read_a_journal(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        Journal(tmp_path / "journal.jsonl").close()
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "journal.jsonl").stat().st_mode) == 0o600


def test_lines_of_many_threads_never_mix(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    threads = [
        threading.Thread(target=lambda n=n: [journal.write("note", message=str(n) * 5000) for _ in range(50)])
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    journal.close()
    lines = (tmp_path / "journal.jsonl").read_text().splitlines()
    assert len(lines) == 400
    assert all(len(set(json.loads(line)["message"])) == 1 for line in lines)


def test_every_record_passes_the_scrubber(tmp_path: Path) -> None:
    with Journal(tmp_path / "j", scrub=lambda r: json.loads(json.dumps(r).replace("hunter2", "***"))) as journal:
        journal.write("step", message="the password hunter2", nested={"a": ["hunter2"]})
    assert b"hunter2" not in (tmp_path / "j").read_bytes()


def test_a_scrubber_that_breaks_stops_the_record_and_is_not_silent(tmp_path: Path) -> None:
    def broken(record: object) -> object:
        raise ValueError("no idea")

    with Journal(tmp_path / "j", scrub=broken) as journal, pytest.raises(JournalError, match="no idea"):
        journal.write("step", message="the password hunter2")
    assert (tmp_path / "j").read_bytes() == b""


def test_values_that_json_does_not_know_are_stored_all_the_same(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        journal.write("note", message=Path("/x"), a=float("nan"), b=(1, 2), c="\ud800", d={1: b"x"})
    record = json.loads((tmp_path / "j").read_text())
    assert record["message"] == "/x" and record["a"] is None and record["b"] == [1, 2]
    assert record["d"] == {"1": "b'x'"}


def test_a_huge_text_keeps_its_head_and_its_tail(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        journal.write("note", message="head" + "x" * 10_000_000 + "tail")
    record = json.loads((tmp_path / "j").read_text())
    assert len(record["message"]) < 20_000
    assert record["message"].startswith("head") and record["message"].endswith("tail")


def test_a_full_disk_is_a_journal_error() -> None:
    with Journal("/dev/full") as journal, pytest.raises(JournalError, match="No space left"):
        journal.write("note", message="x")


def test_a_directory_that_is_missing_is_a_journal_error(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="No such file"):
        Journal(tmp_path / "gone" / "journal.jsonl")


def test_a_line_that_fitted_only_in_part_is_an_error_and_the_next_one_stands_alone(tmp_path: Path) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Journal(tmp_path / "j") as journal:
        journal.write("run", **_run())
        size = (tmp_path / "j").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20, hard))
        try:
            with pytest.raises(JournalError, match="only 20 of"):
                journal.write("note", message="does not fit")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        journal.write("note", message="fits")
    content = read(tmp_path / "j")
    assert [record.type for record in content.records] == ["run", "note"]
    assert content.cut_line == 2


def test_a_kill_cuts_at_most_the_last_line(tmp_path: Path) -> None:
    script = (
        "import sys; from stackprobe.journal import Journal; j = Journal(sys.argv[1])\n"
        "j.write('run', version=1, run='r')\nprint('go', flush=True)\n"
        "while True: j.write('note', message='x' * 3000)"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "j")],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert child.stdout and child.stdout.readline() == b"go\n"
    while (tmp_path / "j").stat().st_size < 300_000:
        pass
    child.kill()
    child.wait()
    content = read(tmp_path / "j")
    assert len(content.records) > 50
    assert content.cut_line in (None, len(content.records) + 1)


def test_a_closed_journal_refuses_records_aloud(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    journal.close()
    journal.close()
    with pytest.raises(JournalError, match="closed"):
        journal.write("note", message="x")


def test_the_descriptor_is_not_inherited(tmp_path: Path) -> None:
    with Journal(tmp_path / "j"):
        child = subprocess.run(
            [sys.executable, "-c", "import os; print([os.readlink(f'/proc/self/fd/{n}') for n in range(3, 30) "
             "if os.path.exists(f'/proc/self/fd/{n}')])"],
            capture_output=True, text=True, check=True, close_fds=False,
        )  # fmt: skip
    assert str(tmp_path / "j") not in child.stdout


@pytest.mark.parametrize("make", [journals.fair, journals.mixed, journals.thirty])
def test_the_schema_describes_the_records_of_the_tests(make: object) -> None:
    validator = jsonschema.Draft202012Validator(schema())
    validator.check_schema(schema())
    for record in make().records:  # type: ignore[operator]
        validator.validate(record)


@pytest.mark.parametrize(
    ("type_", "change"),
    [
        ("step", {"outcome": "green"}),
        ("step", {"duration_ms": -1}),
        ("resource", {"state": "gone"}),
        ("run", {"run": 5}),
    ],
)
def test_the_schema_refuses_what_is_no_record(type_: str, change: dict[str, object]) -> None:
    record = next(r for r in journals.fair().records if r["type"] == type_)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(record | change, schema())


def test_record_types_and_fields_of_a_later_minor_version_are_tolerated_with_a_note(tmp_path: Path) -> None:
    records = journals.fair(["identity"])
    records.records[0]["version"] = "1.7"
    records.records[0]["weather"] = "sunny"
    records.records.insert(3, {"type": "moon", "t": 1.0})
    records.records.insert(4, {"type": "moon", "t": 2.0})
    content = read(records.write(tmp_path))
    assert [note for note in content.notes if "moon" in note] == [content.notes[0]]
    assert "moon" not in {record.type for record in content.records}


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"hello\n", 1),
        (b"\x7fELF\x02\x01\x01\x00", 1),
        (b"[1, 2]\n", 1),
        (b'{"type":"step","t":1}\n', 1),
        (b'\n\n{"a": 1}\n', 3),
        (b"<html>", 1),
        (b'{"type":"run","t":1,"version":2,"run":"x"}\n', 1),
        (b'{"type":"run","t":1,"run":"x"}\n', 1),
    ],
)
def test_a_file_that_is_no_journal_is_named_with_its_line_and_a_remedy(tmp_path: Path, data: bytes, line: int) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(data)
    with pytest.raises(UsageError) as caught:
        read(path)
    assert caught.value.file == path and caught.value.line == line and caught.value.remedy


def test_no_journal_at_all_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no journal"):
        read(tmp_path / "journal.jsonl")
    with pytest.raises(UsageError, match="cannot be read"):
        read(tmp_path)


def test_a_second_run_in_one_file_is_not_mixed_into_the_first(tmp_path: Path) -> None:
    first, second = journals.fair(["identity"]), journals.fair(["image"])
    path = tmp_path / "journal.jsonl"
    path.write_bytes(first.lines() + second.lines())
    content = read(path)
    assert len(content.records) == len(first.records)
    assert "another run" in content.notes[0]


def _run() -> dict[str, object]:
    return {name: value for name, value in journals.fair(["identity"]).records[0].items() if name not in ("type", "t")}
