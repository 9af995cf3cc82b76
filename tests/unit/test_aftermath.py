"""What follows a run: which commands, what becomes of one that fails, hangs or is interrupted."""

from __future__ import annotations

import dataclasses
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import journals
import pytest
from stackprobe.aftermath import Interrupted, Part, parts, perform
from stackprobe.aftermath.plan import Wanted
from stackprobe.commands.heartbeat import VARIABLE
from stackprobe.results import Outcome, Results
from stackprobe.stop import Stop

HEARTBEAT = {VARIABLE: "http://127.0.0.1:1/"}


def results(outcome: Outcome = Outcome.PASSED, finished: bool = True, region: str | None = "north") -> Results:
    return Results(known=True, cloud="mycloud", region=region, prefix="probes", outcome=outcome, finished=finished)


def names(wanted: Wanted, run: Results | None, environment: dict[str, str] | None = None) -> list[str]:
    return [part.arguments[0] for part in parts(wanted, run, environment or {})]


def everything(directory: Path) -> Wanted:
    return Wanted(directory, clouds_file=directory / "clouds.yaml", deliver=True, graphite="127.0.0.1:1")


def test_everything_in_its_order_the_sweep_before_the_delivery_which_takes_its_figures_along(tmp_path: Path) -> None:
    assert names(everything(tmp_path), results(), HEARTBEAT) == ["sweep", "send", "heartbeat", "logout"]


def test_nothing_that_was_not_asked_for(tmp_path: Path) -> None:
    assert names(Wanted(tmp_path, sweep=False), results()) == []


def test_without_a_run_only_the_login_is_ended(tmp_path: Path) -> None:
    assert names(everything(tmp_path), None, HEARTBEAT) == ["logout"]


@pytest.mark.parametrize(
    ("outcome", "finished", "swept"),
    [
        (Outcome.PASSED, True, True),
        (Outcome.FAILED, True, True),
        (Outcome.ERROR, True, False),  # what kept it from judging would stop the sweep too
        (Outcome.ERROR, False, True),  # killed
        (Outcome.FAILED, False, True),
    ],
)
def test_what_is_swept(tmp_path: Path, outcome: Outcome, finished: bool, swept: bool) -> None:
    assert ("sweep" in names(Wanted(tmp_path), results(outcome, finished))) is swept


@pytest.mark.parametrize("changes", [{"end_reason": "SIGINT"}, {"journal_leftovers": 1}])
def test_what_was_ended_or_has_left_something_is_swept_though_it_judged_nothing(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    run = dataclasses.replace(results(Outcome.ERROR), **changes)
    assert "sweep" in names(Wanted(tmp_path), run)


def test_a_journal_that_names_no_cloud_is_not_swept(tmp_path: Path) -> None:
    assert names(Wanted(tmp_path), Results()) == []


def test_the_sweep_looks_where_the_run_was_with_its_credentials(tmp_path: Path) -> None:
    wanted = Wanted(tmp_path, config=tmp_path / "probes.yaml", clouds_file=tmp_path / "clouds.yaml")
    sweep = next(parts(wanted, results(), {}))
    options = dict(zip(sweep.arguments[1::2], sweep.arguments[2::2], strict=True))
    assert options == {
        "--cloud": "mycloud",
        "--region": "north",
        "--prefix": "probes",
        "--config": str(tmp_path / "probes.yaml"),
        "--output": str(tmp_path),
    }
    assert sweep.environment == {"OS_CLIENT_CONFIG_FILE": str(tmp_path / "clouds.yaml")}


@pytest.fixture
def silence() -> Iterator[str]:
    """The address of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/ping"


@pytest.fixture
def run_directory(tmp_path: Path) -> Path:
    journals.fair(["identity"]).write(tmp_path)
    return tmp_path


def hanging(directory: Path, url: str, limit_s: float = 60.0, always: bool = False) -> Part:
    arguments = ("heartbeat", str(directory), "--timeout", "50")
    return Part("Wait", arguments, limit_s, "it was in vain", {VARIABLE: url}, always)


def test_what_a_command_says_is_heard_and_its_last_words_explain_the_trouble(run_directory: Path) -> None:
    heard: list[str] = []
    part = Part("Send", ("send", str(run_directory), "--graphite", "nowhere"), 60.0, "not delivered")
    trouble = perform(part, Stop(), heard.append)
    assert trouble is not None and trouble.startswith("not delivered: ") and "nowhere" in trouble
    assert heard and heard[-1].endswith(trouble.partition(": ")[2])


def test_a_command_that_does_well_is_no_trouble(run_directory: Path) -> None:
    part = Part("Report", ("report", str(run_directory)), 60.0, "no report")
    assert perform(part, Stop(), lambda line: None) is None


def test_a_command_is_ended_at_its_limit(run_directory: Path, silence: str) -> None:
    trouble = perform(hanging(run_directory, silence, limit_s=1.0), Stop(), lambda line: None)
    assert trouble == "it was in vain: not done within 1 s"


def test_a_signal_ends_what_may_be_left_out(run_directory: Path, silence: str) -> None:
    stop = Stop()
    with stop.listening():
        threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGTERM)).start()
        began = time.monotonic()
        with pytest.raises(Interrupted):
            perform(hanging(run_directory, silence), stop, lambda line: None)
        assert time.monotonic() - began < 20 and stop.number == signal.SIGTERM
        with pytest.raises(Interrupted):
            perform(hanging(run_directory, silence), stop, lambda line: None)


def test_what_must_be_done_is_done_after_a_signal_too(run_directory: Path, silence: str) -> None:
    stop = Stop()
    stop.number = signal.SIGINT
    heard: list[str] = []
    login = Part("Log out", ("logout", "--clouds-file", str(run_directory / "none.yaml")), 30.0, "no", always=True)
    assert perform(login, stop, heard.append) is None and heard
    trouble = perform(hanging(run_directory, silence, always=True), stop, heard.append)
    assert trouble is not None and "not done within 4 s" in trouble
