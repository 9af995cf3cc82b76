"""Delivery to a real carbon, proven by reading every figure back through graphite-web."""

from __future__ import annotations

import argparse
import signal
import socket
import struct
import threading
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import journals
import pytest
from pocketgraphite import Graphite
from stackprobe.commands import send
from stackprobe.graphite.points import Point, parse_points
from stackprobe.outputs import write_all
from stackprobe.results import from_directory

from tests.support.thorough import daily

Start = Callable[..., Graphite]


def reported(
    directory: Path,
    make: Callable[..., journals.Journals] = journals.mixed,
    cloud: Path | None = None,
    **options: object,
) -> Path:
    """The output directory of a run of just now, on a cloud of its own."""
    journal = make(start=float(int(time.time())) - 5, **options)
    journal.records[0]["cloud"] = _cloud(cloud or directory)
    journal.write(directory)
    write_all(directory, from_directory(directory))
    return directory


def _cloud(directory: Path) -> str:
    return f"cloud{zlib.crc32(str(directory).encode())}"


def run(directory: Path, address: str, *options: str) -> int:
    parser = argparse.ArgumentParser()
    send.add_arguments(parser)
    return send.execute(parser.parse_args([str(directory), "--graphite", address, "--wait", "0", *options]))


def figures(directory: Path) -> list[Point]:
    return parse_points((directory / "metrics.txt").read_text(), directory / "metrics.txt")


def stored(graphite: Graphite, what: list[Point]) -> dict[str, list[tuple[int, float]]]:
    """Every point that Graphite has of these series, in the hour around them."""
    found: dict[str, list[tuple[int, float]]] = {}
    for start in range(0, len(what), 200):
        names = [point.name for point in what[start : start + 200]]
        found |= graphite.render(names, what[0].t - 1800, what[0].t + 300)
    return found


def exactly(what: list[Point]) -> dict[str, list[tuple[int, float]]]:
    return {point.name: [(point.t, float(point.value))] for point in what}


def wait_until_written(graphite: Graphite, what: list[Point], patience_s: float = 15) -> None:
    """Carbon writes within a second or two; what it dropped never comes."""
    deadline = time.monotonic() + patience_s
    while stored(graphite, what) != exactly(what) and time.monotonic() < deadline:
        time.sleep(0.2)


def test_every_figure_is_read_back_and_equals_the_journals(tmp_path: Path, common: Graphite) -> None:
    one = common
    directory = reported(tmp_path)
    assert run(directory, one.carbon) == 0
    wait_until_written(one, figures(directory))
    found = stored(one, figures(directory))
    assert len(found) > 400 and found == exactly(figures(directory))
    root = f"stackprobe.{_cloud(directory)}.RegionOne"
    journal = journals.mixed(start=figures(directory)[0].t)
    for record in journal.records:  # past metrics.txt, straight from the journal
        if record["type"] == "step" and record["outcome"] in ("passed", "failed") and not record["starved"]:
            name = f"{root}.{record['scenario']}.{record['key']}"
            assert found[f"{name}.duration_ms"][0][1] == record["duration_ms"]
            assert found[f"{name}.{record['outcome']}"][0][1] == 1
    calls = [record for record in journal.records if record["type"] == "call"]
    counted = sum(series[0][1] for name, series in found.items() if ".api." in name and name.endswith(".count"))
    assert counted == len(calls)
    assert f"{root}.network" in one.find(f"{root}.*")


def test_a_run_sent_twice_is_stored_once(tmp_path: Path, common: Graphite) -> None:
    one = common
    directory = reported(tmp_path)
    for _ in range(2):
        assert run(directory, one.carbon, "--again", "--verify-url", one.url) == 0
    assert stored(one, figures(directory)) == exactly(figures(directory))


def test_with_fifty_creates_a_minute_reading_back_gets_every_figure_in(tmp_path: Path, graphite: Start) -> None:
    one = graphite(creates_per_minute=50)
    directory = reported(tmp_path, journals.fair, scenarios=["identity"])
    what = figures(directory)
    assert run(directory, one.carbon) == 0
    wait_until_written(one, what, 4)
    assert len(stored(one, what)) < len(what), "carbon has dropped new series without a word"
    assert run(directory, one.carbon, "--again", "--verify-url", one.url, "--wait", "200") == 0
    assert stored(one, what) == exactly(what)


@pytest.mark.thorough
def test_with_fifty_creates_a_minute_what_is_missing_comes_with_the_next_runs(tmp_path: Path, graphite: Start) -> None:
    one = graphite(creates_per_minute=50)
    directory = reported(tmp_path, journals.fair, scenarios=["identity"])
    codes = [run(directory, one.carbon, "--verify-url", one.url)]
    waiting = next((directory / "spool").rglob("*.metrics")).read_text().splitlines()
    assert 0 < len(waiting) < len(figures(directory))
    for _ in range(20):
        time.sleep(3)
        codes.append(run(directory, one.carbon, "--verify-url", one.url))
        if codes[-1] == 0:
            break
    assert codes[0] == 1 and codes[-1] == 0
    assert stored(one, figures(directory)) == exactly(figures(directory))


@pytest.mark.thorough
def test_figures_of_the_time_without_carbon_arrive_when_it_is_back(tmp_path: Path, common: Graphite) -> None:
    one = common
    one.stop("carbon")
    spool = str(tmp_path / "spool")
    first = reported(tmp_path / "first", cloud=tmp_path)
    assert run(first, one.carbon, "--spool", spool) == 1
    one.start("carbon")
    time.sleep(1)
    second = reported(tmp_path / "second", cloud=tmp_path)
    assert run(second, one.carbon, "--spool", spool, "--verify-url", one.url, "--wait", "10") == 0
    for point in figures(first):
        assert point.t != figures(second)[0].t
    found = stored(one, figures(second))
    for earlier, later in zip(figures(first), figures(second), strict=True):
        assert found[earlier.name] == [(earlier.t, float(earlier.value)), (later.t, float(later.value))]


@pytest.mark.parametrize("force", daily([False, True], [1]), ids=["stopped", "killed"])
def test_a_carbon_that_goes_with_figures_in_its_memory_gets_them_again(
    tmp_path: Path, common: Graphite, force: bool
) -> None:
    one = common
    directory = reported(tmp_path)

    def restart() -> None:
        time.sleep(0.15)
        one.stop("carbon", force)
        one.start("carbon")

    thread = threading.Thread(target=restart)
    thread.start()
    code = run(directory, one.carbon, "--verify-url", one.url, "--wait", "30")
    thread.join()
    assert code == 0
    time.sleep(1)
    assert stored(one, figures(directory)) == exactly(figures(directory))


def test_a_carbon_that_does_not_answer_costs_a_time_out_and_no_figure(tmp_path: Path, common: Graphite) -> None:
    one = common
    directory = reported(tmp_path)
    one.signal("carbon", signal.SIGSTOP)
    began = time.monotonic()
    assert run(directory, one.carbon, "--timeout", "1") == 1
    assert time.monotonic() - began < 8
    one.signal("carbon", signal.SIGCONT)
    assert run(directory, one.carbon, "--verify-url", one.url, "--wait", "10") == 0
    assert stored(one, figures(directory)) == exactly(figures(directory))


class Middle:
    """Stands between the sender and carbon, and cuts the first connection on both sides after so many bytes."""

    def __init__(self, carbon: str, size: int) -> None:
        host, port = carbon.split(":")
        self.carbon, self.size = (host, int(port)), size
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = "{}:{}".format(*self.socket.getsockname())
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        sender, _ = self.socket.accept()
        with socket.create_connection(self.carbon) as carbon:
            data = b""
            while len(data) < self.size:
                data += sender.recv(self.size - len(data))
            carbon.sendall(data)
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sender.close()
        self.socket.close()


@pytest.mark.parametrize("size", daily([1, 5_000, 12_345], [1]))
def test_half_a_batch_is_sent_again_and_nothing_is_doubled(tmp_path: Path, common: Graphite, size: int) -> None:
    one = common
    directory = reported(tmp_path)
    middle = Middle(one.carbon, size)
    assert run(directory, middle.address) == 1
    time.sleep(1.5)
    half = stored(one, figures(directory))
    assert len(half) < len(figures(directory))
    spools = tmp_path / "spool"
    (spools / middle.address.replace(":", "_")).rename(spools / one.carbon.replace(":", "_"))
    assert run(directory, one.carbon, "--verify-url", one.url, "--wait", "10") == 0
    found = stored(one, figures(directory))
    assert found == exactly(figures(directory))
    assert half.items() <= found.items(), "the half that had arrived was true"


def test_runs_of_one_slot_leave_the_later_value(tmp_path: Path, graphite: Start) -> None:
    one = graphite(retentions="60s:1d")
    spool, base = str(tmp_path / "spool"), int(time.time()) // 60 * 60 - 120
    for index in (0, 1):
        directory = tmp_path / str(index)
        directory.mkdir()
        (directory / "metrics.txt").write_text(f"stackprobe.demo.R.run.duration_ms {index + 1} {base + index * 30}\n")
        run(directory, "127.0.0.1:1", "--spool", spool)
    (tmp_path / "spool" / "127.0.0.1_1").rename(tmp_path / "spool" / one.carbon.replace(":", "_"))
    assert run(directory, one.carbon, "--spool", spool, "--verify-url", one.url, "--wait", "10") == 0
    found = one.render(["stackprobe.demo.R.run.duration_ms"], base - 60, base + 120)
    assert found == {"stackprobe.demo.R.run.duration_ms": [(base, 2.0)]}
