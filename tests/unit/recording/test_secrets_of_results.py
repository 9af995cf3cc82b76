"""What a recorded task returned may be a secret that a later message shows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from stackprobe.recording.chronicle import Place, Task
from stackprobe.recording.environment import Settings
from stackprobe.recording.live import JOURNAL, Live


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    one = Live(Settings(tmp_path, Place("demo")), {})
    one.open([("a", "Play", None)], "2.19")
    one.begin_play("a", "Play", {})
    yield one
    one.close()


def record(live: Live, name: str, result: dict[str, object], status: str = "ok") -> str:
    live.begin(Task(name, "localhost"))
    live.end(Task(name, "localhost"), result, status, None)
    return (live.settings.directory / JOURNAL).read_text().splitlines()[-1]


def test_a_fact_that_is_a_secret_does_not_come_back_in_a_message(live: Live) -> None:
    record(live, "Make a password", {"ansible_facts": {"database_password": "hunter2hunter2"}})
    line = record(live, "Log in", {"msg": "cannot log in as admin/hunter2hunter2"}, "failed")
    assert "cannot log in as admin/***" in line


def test_a_secret_that_a_task_returns_is_not_in_its_own_message(live: Live) -> None:
    line = record(live, "Log in", {"msg": "hunter2hunter2 is refused", "adminPass": "hunter2hunter2"}, "failed")
    assert "*** is refused" in line


@pytest.mark.parametrize("word", ["always", "on_create", "NOT_LOGGING_PASSWORD"])
def test_a_choice_of_a_module_is_no_secret(live: Live, word: str) -> None:
    record(live, "Make a user", {"invocation": {"module_args": {"update_password": word}}, "password": word})
    assert word in record(live, f"Come {word} back", {})
