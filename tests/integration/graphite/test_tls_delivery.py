"""Delivery to a real carbon behind TLS: whole, confirmed, and never in clear or to a stranger."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pocketgraphite import Graphite
from stackprobe.graphite.points import Point

from tests.integration.graphite.sending import deliver, wait_until_written
from tests.support.authority import Issued, issue


class Terminator:
    """Ends TLS in front of carbon, as stunnel does: each side's end of stream is passed on to the other.

    :param polite: whether it ends its own stream in TLS too, or only in TCP.
    :param deaf: it reads everything, and passes nothing on.
    """

    def __init__(self, carbon: str, issued: Issued, polite: bool = True, deaf: bool = False) -> None:
        self.carbon, self.polite, self.deaf = carbon.split(":"), polite, deaf
        self.seen = b""
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(issued.server)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = "{}:{}".format(*self.socket.getsockname())
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._handle, args=(connection,), daemon=True).start()

    def _handle(self, plain: socket.socket) -> None:
        self.seen += plain.recv(64, socket.MSG_PEEK)
        try:
            with self.context.wrap_socket(plain, server_side=True) as connection:
                if self.deaf:
                    while connection.recv(65536):
                        pass
                    time.sleep(5)
                    return
                with socket.create_connection((self.carbon[0], int(self.carbon[1]))) as carbon:
                    while data := connection.recv(65536):
                        carbon.sendall(data)
                    carbon.shutdown(socket.SHUT_WR)
                    carbon.recv(1)
                if self.polite:
                    connection.unwrap()
        except OSError:
            return


@pytest.fixture
def issued(tmp_path: Path) -> Issued:
    return issue(tmp_path)


@pytest.fixture
def made() -> Iterator[list[Terminator]]:
    found: list[Terminator] = []
    yield found
    for one in found:
        one.socket.close()


def figures(directory: Path, cloud: str, count: int = 1200) -> list[Point]:
    what = [
        Point(f"tls.{cloud}.step{number}.duration_ms", number + 0.5, int(time.time()) - 60) for number in range(count)
    ]
    (directory / "metrics.txt").write_text("".join(f"{point}\n" for point in what))
    return what


@pytest.mark.parametrize("polite", [True, False], ids=["ends in TLS", "ends in TCP alone"])
def test_figures_arrive_through_tls(
    tmp_path: Path, common: Graphite, issued: Issued, made: list[Terminator], polite: bool
) -> None:
    what = figures(tmp_path, f"polite{polite}")
    made.append(Terminator(common.carbon, issued, polite))
    assert deliver(tmp_path, made[0].address, "--tls", "--ca", str(issued.ca)) == 0
    wait_until_written(common, what)
    found = common.render([f"tls.polite{polite}.*.duration_ms"], what[0].t - 5, what[0].t + 5)
    assert {name: dict(points)[what[0].t] for name, points in found.items()} == {p.name: p.value for p in what}
    assert made[0].seen.startswith(b"\x16\x03"), "the first bytes are those of a TLS handshake"


@pytest.mark.parametrize("stranger", ["another authority", "another host", "out of date", "the system's authorities"])
def test_a_stranger_gets_nothing(
    tmp_path: Path, common: Graphite, issued: Issued, made: list[Terminator], stranger: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    figures(tmp_path, "stranger")
    theirs = {"another host": issue(tmp_path, host="10.0.0.1"), "out of date": issue(tmp_path, days=-1)}.get(
        stranger, issued
    )
    ours = issue(tmp_path).ca if stranger == "another authority" else theirs.ca
    made.append(Terminator(common.carbon, theirs))
    options = [] if stranger == "the system's authorities" else ["--ca", str(ours)]
    assert deliver(tmp_path, made[0].address, "--tls", *options) == 1
    assert "certificate verify failed" in capsys.readouterr().err
    assert b"tls.stranger" not in made[0].seen
    assert common.find("tls.stranger.*") == []
    assert list((tmp_path / "spool").rglob("*.metrics")), "they wait"


def test_a_listener_without_tls_gets_nothing(tmp_path: Path, common: Graphite, issued: Issued) -> None:
    figures(tmp_path, "clear")
    assert deliver(tmp_path, common.carbon, "--tls", "--ca", str(issued.ca), "--timeout", "2") == 1
    assert common.find("tls.clear.*") == []


def test_one_that_reads_everything_and_passes_nothing_on_confirms_nothing(
    tmp_path: Path, common: Graphite, issued: Issued, made: list[Terminator]
) -> None:
    figures(tmp_path, "deaf", 10)
    made.append(Terminator(common.carbon, issued, deaf=True))
    assert deliver(tmp_path, made[0].address, "--tls", "--ca", str(issued.ca), "--timeout", "1") == 1


def test_a_carbon_that_is_away_behind_its_terminator_gets_them_later(
    tmp_path: Path, common: Graphite, issued: Issued, made: list[Terminator]
) -> None:
    what = figures(tmp_path, "later")
    made.append(Terminator("127.0.0.1:1", issued))
    assert deliver(tmp_path, made[0].address, "--tls", "--ca", str(issued.ca)) == 1
    made[0].carbon = common.carbon.split(":")
    assert deliver(tmp_path, made[0].address, "--tls", "--ca", str(issued.ca)) == 0
    wait_until_written(common, what)
