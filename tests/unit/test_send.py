"""Delivery over the wire: what a peer does wrong costs no figure, and nothing is said to be delivered that was not."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from stackprobe.address import Address, parse_address
from stackprobe.commands import send
from stackprobe.errors import UsageError
from stackprobe.graphite import spool as spool_module
from stackprobe.graphite.points import Point, parse_points
from stackprobe.graphite.spool import Spool, SpoolBusy
from stackprobe.graphite.wire import ConfirmingSender, NotConfirmed

NOW = int(time.time())


class Receiver:
    """A line receiver that behaves as a test says, one behaviour a connection, then like carbon."""

    def __init__(self, *behaviours: Callable[[socket.socket], bytes]) -> None:
        self.behaviours = list(behaviours)
        self.lines: list[str] = []
        self.connections = 0
        self.idle = threading.Event()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = "{}:{}".format(*self.socket.getsockname())
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.socket.accept()
                self.connections += 1
                self.idle.clear()
                behaviour = self.behaviours.pop(0) if self.behaviours else carbon
                with contextlib.suppress(OSError):
                    data = behaviour(connection)
                    self.lines += data[: data.rfind(b"\n") + 1].decode().splitlines()
                connection.close()
                self.idle.set()


def carbon(connection: socket.socket) -> bytes:
    """Reads to the end, then closes."""
    data = b""
    while chunk := connection.recv(65536):
        data += chunk
    return data


def reset_after(size: int) -> Callable[[socket.socket], bytes]:
    """Reads so much, then dies."""

    def behaviour(connection: socket.socket) -> bytes:
        data = b""
        while len(data) < size and (chunk := connection.recv(min(size - len(data), 4096))):
            data += chunk
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        return data

    return behaviour


def closes_at_once(connection: socket.socket) -> bytes:
    """Like carbon at its limit of connections: closes without reading."""
    connection.close()
    return b""


def hangs(connection: socket.socket) -> bytes:
    """Reads everything and never closes."""
    carbon(connection)
    time.sleep(2)
    return b""


@pytest.fixture
def receiver() -> Iterator[Callable[..., Receiver]]:
    made: list[Receiver] = []

    def make(*behaviours: Callable[[socket.socket], bytes]) -> Receiver:
        made.append(Receiver(*behaviours))
        return made[-1]

    yield make
    for one in made:
        one.socket.close()


def points(count: int = 3, run: str = "a", t: int = NOW) -> list[Point]:
    return [Point(f"stackprobe.{run}.step{index}.duration_ms", index + 0.125, t) for index in range(count)]


def write(directory: Path, what: list[Point]) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "metrics.txt").write_text("".join(f"{point}\n" for point in what))
    return directory


def run(directory: Path, address: str, *options: str) -> int:
    parser = argparse.ArgumentParser()
    send.add_arguments(parser)
    return send.execute(parser.parse_args([str(directory), "--graphite", address, "--wait", "0", *options]))


def dead_address() -> str:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return "{}:{}".format(*one.getsockname())


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


class Web:
    """A graphite-web of a few lines over a dictionary: what it holds, and what exists in its store."""

    def __init__(self) -> None:
        self.values: dict[str, dict[int, float]] = {}
        self.existing: set[str] = set()
        self.step = 10
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                from urllib.parse import parse_qs

                asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                answer: object
                if self.path == "/metrics/expand":
                    answer = {"results": [name for name in asked["query"] if name in web.existing]}
                else:
                    step = web.step
                    slots = range(int(asked["from"][0]) // step * step + step, int(asked["until"][0]) + step, step)
                    answer = [
                        {"target": name, "datapoints": [[web.values[name].get(slot), slot] for slot in slots]}
                        for name in asked["target"]
                        if name in web.values
                    ]
                data = json.dumps(answer).encode()
                self.send_response(200)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def put(self, what: list[Point], offset: float = 0.0) -> None:
        for point in what:
            self.values.setdefault(point.name, {})[point.t // self.step * self.step] = point.value + offset


@pytest.fixture
def web() -> Iterator[Web]:
    one = Web()
    yield one
    one.server.shutdown()
    one.server.server_close()


def verified(directory: Path, peer: Receiver, web: Web, *options: str) -> int:
    return run(directory, peer.address, "--verify-url", web.url, "--settle", "0.1", *options)


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
