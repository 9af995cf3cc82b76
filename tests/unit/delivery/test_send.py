"""Delivery over the wire: what a peer does wrong costs no figure, and nothing is said to be delivered that was not."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from stackprobe.address import Address, parse_address
from stackprobe.errors import UsageError
from stackprobe.graphite import spool as spool_module
from stackprobe.graphite.points import Point, parse_points
from stackprobe.graphite.spool import Spool, SpoolBusy
from stackprobe.graphite.wire import ConfirmingSender, NotConfirmed

from tests.support.carbon_peers import (
    NOW,
    Receiver,
    carbon,
    closes_at_once,
    dead_address,
    hangs,
    points,
    reset_after,
    run,
    write,
)


def test_figures_arrive_whole_and_the_spool_is_empty(tmp_path: Path, receiver: Callable[..., Receiver]) -> None:
    peer = receiver()
    directory = write(tmp_path, points(1234))
    assert run(directory, peer.address) == 0
    assert peer.lines == (directory / "metrics.txt").read_text().splitlines()
    assert not list((directory / "spool").rglob("*.metrics"))


def test_sending_the_same_figures_again_sends_nothing(tmp_path: Path, receiver: Callable[..., Receiver]) -> None:
    peer = receiver()
    directory = write(tmp_path, points())
    assert run(directory, peer.address) == run(directory, peer.address) == 0
    assert len(peer.lines) == 3
    assert run(directory, peer.address, "--again") == 0
    assert len(peer.lines) == 6


def test_what_could_not_be_delivered_goes_first_the_next_time(
    tmp_path: Path, receiver: Callable[..., Receiver], capsys: pytest.CaptureFixture[str]
) -> None:
    dead, common = dead_address(), str(tmp_path / "spool")
    for index in (2, 1):  # also when the later run is sent first
        assert run(write(tmp_path / f"run{index}", points(3, f"r{index}", NOW + index)), dead, "--spool", common) == 1
    assert "6 wait in the spool" in capsys.readouterr().out
    peer = receiver()
    for directory in (tmp_path / "spool").iterdir():
        directory.rename(tmp_path / "spool" / peer.address.replace(":", "_"))
    assert run(write(tmp_path / "run3", points(3, "r3", NOW + 3)), peer.address, "--spool", common) == 0
    assert [line.split(".")[1] for line in peer.lines] == ["r1"] * 3 + ["r2"] * 3 + ["r3"] * 3


@pytest.mark.parametrize("size", [0, 1, 20, 200, 5000])
def test_a_batch_of_which_a_part_arrived_is_sent_again_whole(
    tmp_path: Path, receiver: Callable[..., Receiver], size: int
) -> None:
    peer = receiver(reset_after(size))
    directory = write(tmp_path, points(300))
    assert run(directory, peer.address) == 1
    assert peer.idle.wait(5)
    partly = len(peer.lines)
    assert partly < 300
    assert run(directory, peer.address) == 0
    assert set(peer.lines) == set((directory / "metrics.txt").read_text().splitlines())
    assert len(peer.lines) == partly + 300


@pytest.mark.parametrize("behaviour", [closes_at_once, hangs, reset_after(10)])
def test_a_peer_that_did_not_read_everything_confirms_nothing(
    receiver: Callable[..., Receiver], behaviour: Callable[[socket.socket], bytes]
) -> None:
    for _ in range(5):
        peer = receiver(behaviour)
        with pytest.raises(NotConfirmed):
            ConfirmingSender(parse_address(peer.address), 0.5).deliver(points(2000))


def test_a_peer_that_closes_before_the_first_byte_confirms_nothing(receiver: Callable[..., Receiver]) -> None:
    for _ in range(20):
        peer = receiver(closes_at_once)
        with pytest.raises(NotConfirmed):
            ConfirmingSender(parse_address(peer.address), 2).deliver(points(1))


def test_only_the_batches_that_were_not_confirmed_wait(tmp_path: Path, receiver: Callable[..., Receiver]) -> None:
    peer = receiver(carbon, reset_after(100))
    directory = write(tmp_path, points(1200))
    assert run(directory, peer.address) == 1
    (waiting,) = (directory / "spool").rglob("*.metrics")
    assert len(waiting.read_text().splitlines()) == 700


def test_it_goes_on_trying_while_there_is_time(tmp_path: Path, receiver: Callable[..., Receiver]) -> None:
    peer = receiver(closes_at_once, closes_at_once)
    assert run(write(tmp_path, points()), peer.address, "--wait", "5") == 0
    assert peer.connections == 3


def test_a_host_that_does_not_resolve_keeps_the_figures(tmp_path: Path) -> None:
    assert run(write(tmp_path, points()), "nowhere.invalid:2003") == 1
    assert len(list((tmp_path / "spool").rglob("*.metrics"))) == 1


@pytest.mark.parametrize(
    "address", ["", "host", "host:", ":2003", "host:0", "host:70000", "host:x", "a b:2003", "::1:2003"]
)
def test_a_malformed_address_is_a_usage_error_and_spools_nothing(tmp_path: Path, address: str) -> None:
    with pytest.raises(UsageError):
        run(write(tmp_path, points()), address)
    assert not (tmp_path / "spool").exists()


@pytest.mark.parametrize("url", ["graphite", "ftp://x", "http://"])
def test_a_malformed_address_of_graphite_web_is_a_usage_error(tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError, match="graphite-web"):
        run(write(tmp_path, points()), "127.0.0.1:1", "--verify-url", url)


@pytest.mark.parametrize(
    "line", ["a 1", "a b c", "a 1 2 3", "a nan 5", "a;x 1 5", "a;=1 1 5", "ä 1 5", "a 1 -5", "a 1e999 5"]
)
def test_a_line_that_is_none_is_named(tmp_path: Path, line: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_points(f"good 1 5\n{line}\n", tmp_path / "metrics.txt")
    assert caught.value.line == 2


def test_no_figures_at_all_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        run(tmp_path, "127.0.0.1:1")
    (tmp_path / "metrics.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="not a file of figures"):
        run(tmp_path, "127.0.0.1:1")


def test_a_spool_that_cannot_be_made_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="spool"):
        run(write(tmp_path, points()), "127.0.0.1:1", "--spool", str(tmp_path / "file" / "spool"))


def test_numbers_keep_all_their_digits(tmp_path: Path, receiver: Callable[..., Receiver]) -> None:
    values = [0.1 + 0.2, 1e-7, 123456789.123456789, 3, 2**53, 1e22]
    peer = receiver()
    run(write(tmp_path, [Point(f"n{index}", value, NOW) for index, value in enumerate(values)]), peer.address)
    assert [float(line.split()[1]) for line in peer.lines] == values


def test_two_senders_never_work_on_one_spool_at_once(tmp_path: Path) -> None:
    spool = Spool(tmp_path, Address("h", 1), print)
    with spool.locked(0), pytest.raises(SpoolBusy), spool.locked(0.2):
        pass
    with spool.locked(0):
        pass


def test_a_spool_is_bounded_in_age_and_size_and_says_what_it_gives_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    spool = Spool(tmp_path, Address("h", 1), said.append)
    spool.add(points(3, "old", NOW - spool_module.OLDEST_S - 10))
    for index in range(10):
        spool.add(points(100, f"r{index}", NOW + index))
    monkeypatch.setattr(spool_module, "LARGEST_BYTES", 30_000)
    kept = [item.points[0].name.split(".")[1] for item in spool.items()]
    assert kept and kept == [f"r{index}" for index in range(10 - len(kept), 10)]
    assert "14 days" in said[0] and all(line.startswith("GIVEN UP") for line in said)
    assert len(said) == 11 - len(kept)


def test_a_spool_file_that_was_damaged_is_put_aside_and_blocks_nothing(tmp_path: Path) -> None:
    said: list[str] = []
    spool = Spool(tmp_path, Address("h", 1), said.append)
    spool.add(points(3, "a", NOW))
    spool.add(points(3, "b", NOW + 1))
    min(spool.directory.glob("*.metrics")).write_bytes(b"\x00\xff")
    assert [item.points[0].name.split(".")[1] for item in spool.items()] == ["b"]
    assert len(said) == len(list(spool.directory.glob("*.unreadable"))) == 1


def test_spools_of_two_destinations_do_not_mix(tmp_path: Path, receiver: Callable[..., Receiver]) -> None:
    first, second = receiver(), receiver()
    directory = write(tmp_path, points())
    assert run(directory, first.address) == run(directory, second.address) == 0
    assert first.lines == second.lines and len(first.lines) == 3
