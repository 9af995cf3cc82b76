"""The heartbeat: only for runs that judged the cloud, tried three times, and its address is never shown."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import journals
import pytest
from stackprobe import cli
from stackprobe.commands import heartbeat

SECRET = "c4n4ry-5f1e"


class Switch:
    """A dead man's switch that answers with these statuses, then 200."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.location = ""
        self.silent_s = 0.0
        self.requests: list[str] = []
        switch = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                switch.requests.append(f"{self.command} {self.path}")
                time.sleep(switch.silent_s)
                self.send_response_only(switch.statuses.pop(0) if switch.statuses else 200)
                if switch.location:
                    self.send_header("Location", switch.location)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/ping/{SECRET}"
        Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture
def switch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Switch]:
    monkeypatch.setattr(heartbeat, "PAUSE_S", 0.01)
    one = Switch()
    monkeypatch.setenv(heartbeat.VARIABLE, one.url)
    yield one
    one.server.shutdown()
    one.server.server_close()


def send(directory: Path, *options: str) -> int:
    return cli.main(["heartbeat", str(directory), *options])


@pytest.fixture
def passed(tmp_path: Path) -> Path:
    journals.fair(["identity"]).write(tmp_path / "passed")
    return tmp_path / "passed"


def killed(directory: Path) -> Path:
    journal = journals.fair(["identity"])
    del journal.records[-1]
    journal.write(directory)
    return directory


def test_a_run_that_judged_the_cloud_is_told(switch: Switch, passed: Path, tmp_path: Path) -> None:
    assert send(passed) == 0
    journals.mixed().write(tmp_path / "failed")
    assert send(tmp_path / "failed") == 0
    assert switch.requests == [f"GET /ping/{SECRET}"] * 2


def test_a_run_that_did_not_judge_is_not_told_unless_always(
    switch: Switch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = killed(tmp_path)
    assert send(directory) == 0
    assert switch.requests == [] and "did not judge" in capsys.readouterr().out
    assert send(directory, "--always") == 0
    assert len(switch.requests) == 1


def test_it_is_tried_three_times(switch: Switch, passed: Path) -> None:
    switch.statuses = [500, 503]
    assert send(passed) == 0
    assert len(switch.requests) == 3
    switch.statuses = [500] * 9
    assert send(passed) == 1
    assert len(switch.requests) == 6


@pytest.mark.parametrize("status", [201, 204])
def test_every_success_counts(switch: Switch, passed: Path, status: int) -> None:
    switch.statuses = [status]
    assert send(passed) == 0


def test_a_silent_switch_costs_the_time_out(switch: Switch, passed: Path) -> None:
    switch.silent_s, began = 2.0, time.monotonic()
    assert send(passed, "--timeout", "0.6") == 1
    assert time.monotonic() - began < 1.5 and len(switch.requests) == 3


def test_redirects_to_another_host_are_not_followed(switch: Switch, passed: Path) -> None:
    other = Switch()
    try:
        switch.statuses, switch.location = [302] * 3, other.url.replace("127.0.0.1", "localhost")
        assert send(passed) == 1
        assert other.requests == []
    finally:
        other.server.shutdown()
        other.server.server_close()


@pytest.mark.parametrize("trouble", ["status", "redirect", "refused", "unknown host", "malformed", "file URL"])
def test_the_address_is_shown_nowhere(
    switch: Switch, passed: Path, trouble: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    switch.statuses = [302 if trouble == "redirect" else 500] * 3
    switch.location = f"http://{SECRET}.invalid/"
    address = {
        "refused": f"http://127.0.0.1:9/{SECRET}",
        "unknown host": f"http://{SECRET}.invalid/",
        "malformed": f"http://127.0.0.1:x/{SECRET}",
        "file URL": f"file:///{SECRET}",
    }.get(trouble, switch.url)
    monkeypatch.setenv(heartbeat.VARIABLE, address)
    assert send(passed) in (1, 2)
    shown = "".join(capsys.readouterr())
    assert SECRET not in shown and shown.count("\n") == 1


def test_the_address_may_stand_in_a_file(
    switch: Switch, passed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(heartbeat.VARIABLE)
    file = tmp_path / "url"
    file.write_text(f"  {switch.url}\n# a comment\n")
    assert send(passed, "--url-file", str(file)) == 0
    assert switch.requests == [f"GET /ping/{SECRET}"]
    assert send(passed, "--url-file", str(tmp_path / "none")) == 2
    assert send(passed) == 2


def test_no_run_is_bad_usage(switch: Switch, tmp_path: Path) -> None:
    assert send(tmp_path) == 2
    assert switch.requests == []


def test_the_address_may_come_on_standard_input(
    switch: Switch, passed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(heartbeat.VARIABLE)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{switch.url}\n"))
    assert send(passed, "--url-file", "-") == 0
    assert switch.requests == [f"GET /ping/{SECRET}"]
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert send(passed, "--url-file=-") == 2
    assert SECRET not in "".join(capsys.readouterr())
