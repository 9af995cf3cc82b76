"""pocketgraphite itself: comes up, keeps its data, goes away, and says what is wrong."""

from __future__ import annotations

import ctypes.util
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pocketgraphite import Graphite, PocketgraphiteError
from pocketgraphite.cli import main

Start = Callable[..., Graphite]


def test_it_keeps_its_data_from_down_to_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    directory = str(tmp_path / "g")
    assert main(["up", directory, "--retentions", "1s:1h"]) == 0
    address = capsys.readouterr().out.rpartition("--graphite ")[2].strip()
    now = int(time.time())
    with socket.create_connection(address.split(":")) as carbon:  # type: ignore[arg-type]
        carbon.sendall(f"a.b 1.5 {now}\n".encode())
    deadline = time.monotonic() + 10
    while not list((tmp_path / "g" / "storage" / "whisper").rglob("b.wsp")) and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(0.5)
    assert main(["status", directory]) == 0
    assert main(["down", directory]) == 0
    assert main(["status", directory]) == 1
    assert main(["down", directory]) == 0
    assert main(["up", directory, "--retentions", "1s:1h"]) == 0
    try:
        from pocketgraphite.server import existing

        graphite = existing(directory)
        assert graphite.render(["a.b"], now - 60, now + 5) == {"a.b": [(now, 1.5)]}
        assert graphite.find("a.*") == ["a.b"]
    finally:
        assert main(["down", directory]) == 0


def test_two_stand_side_by_side(graphite: Start) -> None:
    one, other = graphite(), graphite()
    assert {one.carbon, one.url}.isdisjoint({other.carbon, other.url})
    assert all(each.answers(name) for each in (one, other) for name in ("carbon", "web"))


def test_what_is_wrong_is_one_line_and_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        for arguments in (
            ["up", str(tmp_path / "full")],
            ["down", str(tmp_path / "none")],
            ["status", str(tmp_path / "none")],
            ["up", str(tmp_path / "new"), "--port", str(taken.getsockname()[1])],
            ["up", str(tmp_path / "new"), "--port", "70000"],
        ):
            assert main(arguments) == 2
            assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_picture_needs_cairo_and_figures_do_not(common: Graphite) -> None:
    assert common.render(["none"], time.time() - 60, time.time()) == {}
    if ctypes.util.find_library("cairo"):
        assert common.picture(["none"], time.time() - 60, time.time()).startswith(b"\x89PNG")
    else:
        with pytest.raises(PocketgraphiteError):
            common.picture(["none"], time.time() - 60, time.time())
