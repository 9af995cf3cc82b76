"""Figures leave the spool when they are read back from graphite-web, and not before."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from stackprobe.address import parse_address
from stackprobe.graphite.points import Point
from stackprobe.graphite.spool import Spool

from tests.support.carbon_peers import (
    NOW,
    Receiver,
    Web,
    carbon,
    dead_address,
    points,
    run,
    verified,
    write,
)


@pytest.mark.parametrize("step", [1, 10, 60, 3600])
def test_figures_that_are_read_back_leave_the_spool(
    tmp_path: Path, receiver: Callable[..., Receiver], web: Web, step: int
) -> None:
    web.step = step
    what = points()
    web.put(what)
    web.existing = {point.name for point in what}
    assert verified(write(tmp_path, what), receiver(), web) == 0


def test_figures_that_only_carbons_memory_has_wait(tmp_path: Path, receiver: Callable[..., Receiver], web: Web) -> None:
    web.put(points())
    peer = receiver()
    assert verified(write(tmp_path, points()), peer, web, "--wait", "1") == 1
    assert len(peer.lines) == 3, "what carbon still holds is not sent again"
    web.existing = {point.name for point in points()}
    assert verified(tmp_path, peer, web) == 0


def test_figures_that_were_dropped_are_sent_again_until_they_are_there(
    tmp_path: Path, receiver: Callable[..., Receiver], web: Web
) -> None:
    peer = receiver()
    directory = write(tmp_path, points())
    assert verified(directory, peer, web) == 1
    web.put(points()[:2])
    web.existing = {point.name for point in points()}
    assert verified(directory, peer, web) == 1
    assert verified(directory, peer, web) == 1
    assert [line.split(".")[2] for line in peer.lines[6:]] == ["step2"], "only what is missing"
    web.put(points())
    assert verified(directory, peer, web) == 0


def test_a_later_value_in_the_same_slot_is_not_buried_by_an_earlier_one(
    tmp_path: Path, receiver: Callable[..., Receiver], web: Web, capsys: pytest.CaptureFixture[str]
) -> None:
    web.put(points(), offset=5)
    web.existing = {point.name for point in points()}
    peer = receiver()
    assert verified(write(tmp_path, points()), peer, web, "--wait", "2") == 0
    assert len(peer.lines) == 3
    assert "3 of them superseded" in capsys.readouterr().out


def test_a_graphite_web_that_is_away_keeps_the_figures(tmp_path: Path, receiver: Callable[..., Receiver]) -> None:
    peer, url = receiver(), f"http://{dead_address()}"
    assert run(write(tmp_path, points()), peer.address, "--verify-url", url, "--settle", "0.1") == 1
    assert len(list((tmp_path / "spool").rglob("*.metrics"))) == 1


def test_a_kill_between_two_batches_loses_nothing(tmp_path: Path, receiver: Callable[..., Receiver]) -> None:
    def killed(connection: socket.socket) -> bytes:
        data = carbon(connection)
        connection.close()
        os.kill(child, 9)
        return data

    peer = receiver(carbon, killed)
    directory = write(tmp_path, points(1500))
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            run(directory, peer.address)
        os._exit(0)
    os.waitpid(child, 0)
    assert run(directory, peer.address) == 0
    assert set(peer.lines) == set((directory / "metrics.txt").read_text().splitlines())


def changed(what: list[Point]) -> list[Point]:
    return [Point(point.name, point.value + 1, point.t) for point in what]


@pytest.mark.parametrize("first", range(4))
def test_of_two_reports_of_one_run_that_wait_the_later_one_counts(
    tmp_path: Path, receiver: Callable[..., Receiver], first: int
) -> None:
    address = parse_address(dead_address())
    was = [Point("stackprobe.a.leftovers", first, NOW), Point("stackprobe.a.passed", 1, NOW)]
    spool = Spool(tmp_path / "spool", address, print)
    assert spool.add(was) and spool.add([*changed(was[:1]), was[1]])
    (tmp_path / "spool").joinpath(f"{address.host}_{address.port}").rename(
        tmp_path / "spool" / (peer := receiver()).address.replace(":", "_")
    )
    assert run(write(tmp_path / "next", points(t=NOW + 60)), peer.address, "--spool", str(tmp_path / "spool")) == 0
    assert sorted(peer.lines[:2]) == [f"stackprobe.a.leftovers {first + 1} {NOW}", f"stackprobe.a.passed 1 {NOW}"]
    assert len(peer.lines) == 5


def test_two_reports_of_one_run_are_read_back_as_one(
    tmp_path: Path, receiver: Callable[..., Receiver], web: Web
) -> None:
    directory = write(tmp_path, points())
    assert run(directory, dead_address()) == 1
    peer = receiver()
    next((tmp_path / "spool").iterdir()).rename(tmp_path / "spool" / peer.address.replace(":", "_"))
    longer = [*points(), *points(run="sweep", t=NOW + 5)]
    assert verified(write(tmp_path, longer), peer, web, "--wait", "1.5") == 1
    web.put(longer)
    web.existing = {point.name for point in longer}
    assert verified(directory, peer, web) == 0


def test_a_file_that_another_sender_has_delivered_meanwhile_is_no_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(tmp_path, parse_address("h:1"), print)
    spool.add(points())
    spool.add(points(run="b", t=NOW + 1))
    files = spool._files()
    files[0].unlink()
    monkeypatch.setattr(spool, "_files", lambda: files)
    assert [item.points for item in spool.items()] == [points(run="b", t=NOW + 1)]


@pytest.mark.parametrize("text", ["soon", "-1", "nan", "inf"])
def test_what_is_no_number_of_seconds_is_named(tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run(write(tmp_path, points()), "h:1", f"--settle={text}")
    assert f"`{text}` is no number of seconds from 0 to 86400" in capsys.readouterr().err
