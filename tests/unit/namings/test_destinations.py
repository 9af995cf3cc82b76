"""Several destinations: each gets the names it wants, waits by itself, and holds up no other."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import journals
import pytest
from stackprobe import cli, namings
from stackprobe.config import load_config
from stackprobe.errors import UsageError
from stackprobe.graphite.points import parse_point
from stackprobe.outputs import write_all
from stackprobe.results import from_directory


class Carbon:
    """Reads every connection to its end, then closes it."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = "{}:{}".format(*self.socket.getsockname())
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection, connection.makefile() as text:
                self.lines += text.read().splitlines()

    @property
    def names(self) -> list[str]:
        return [line.split()[0] for line in self.lines]


@pytest.fixture
def carbons() -> Iterator[list[Carbon]]:
    made = [Carbon(), Carbon(), Carbon()]
    yield made
    for one in made:
        one.socket.close()


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    journal = journals.mixed(start=float(int(time.time())) - 60)
    where = tmp_path / "run"
    journal.write(where)
    write_all(where, from_directory(where))
    with (where / "metrics.txt").open("a") as file:
        file.write(f"stackprobe.demo.RegionOne.sweep.deleted 4 {int(time.time())}\n")
    return where


def away() -> str:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return "{}:{}".format(*one.getsockname())


def send(directory: Path, text: str, *options: str) -> int:
    config = directory.parent / "probes.yaml"
    config.write_text(text)
    return cli.main(["send", str(directory), "--config", str(config), "--wait", "0", *options])


def test_each_destination_gets_the_names_it_wants(directory: Path, carbons: list[Carbon]) -> None:
    plain, apimon, tagged = carbons
    text = f"""
graphite:
  address: {plain.address}
  destinations:
    - {{address: "{apimon.address}", naming: apimon}}
    - {{address: "{tagged.address}", naming: [tags, stackprobe], prefix: other.monitor}}
"""
    assert send(directory, text) == 0
    run = from_directory(directory)
    assert plain.names == [line.split()[0] for line in (directory / "metrics.txt").read_text().splitlines()]
    assert apimon.names == [name for name, _ in namings.points(run, ["apimon"])]
    expected = [name for name, _ in namings.points(run, ["tags", "stackprobe"], "other.monitor")]
    sweep = ["other.monitor.demo.RegionOne.sweep.deleted", "other.monitor.sweep.deleted;cloud=demo;region=RegionOne"]
    assert tagged.names == [*expected, *sweep]
    assert all(parse_point(line) for line in tagged.lines + apimon.lines)


def test_one_that_is_away_holds_up_no_other_and_gets_its_figures_later(
    directory: Path, carbons: list[Carbon], capsys: pytest.CaptureFixture[str]
) -> None:
    there, gone = carbons[0], away()
    text = f'graphite: {{destinations: [{{address: "{gone}", naming: apimon}}, {{address: "{there.address}"}}]}}\n'
    assert send(directory, text) == 1
    assert len(there.lines) == len((directory / "metrics.txt").read_text().splitlines())
    assert f"{gone} apimon: 0 figures" in capsys.readouterr().out
    host, port = gone.split(":")
    lines: list[str] = []
    with socket.create_server((host, int(port))) as back:

        def once() -> None:
            for _ in range(10):
                connection, _ = back.accept()
                with connection, connection.makefile() as stream:
                    lines.extend(stream.read().splitlines())

        threading.Thread(target=once, daemon=True).start()
        assert send(directory, text) == 0
    wanted = [name for name, _ in namings.points(from_directory(directory), ["apimon"])]
    assert [line.split()[0] for line in lines] == wanted
    assert len(there.names) == len(set(there.names)), "what was delivered is not delivered again"


def test_two_namings_of_one_address_wait_apart(directory: Path) -> None:
    gone = away()
    text = f'graphite: {{address: "{gone}", destinations: [{{address: "{gone}", naming: tags}}]}}\n'
    assert send(directory, text) == 1
    waiting = sorted(file.parent.name for file in (directory / "spool").rglob("*.metrics"))
    assert waiting == [gone.replace(":", "_"), gone.replace(":", "_") + "_tags"]


def test_what_waits_for_several_travels_with_the_logs_and_comes_back_to_each(
    directory: Path, carbons: list[Carbon], tmp_path: Path
) -> None:
    gone = [away(), away()]
    text = 'graphite: {address: "ONE", destinations: [{address: "TWO", naming: apimon}]}\n'
    file, left = tmp_path / "undelivered.txt", tmp_path / "left.txt"
    assert send(directory, text.replace("ONE", gone[0]).replace("TWO", gone[1]), "--undelivered", str(file)) == 1
    there = [carbons[0].address, carbons[1].address]
    file.write_text(file.read_text().replace(gone[0], there[0]).replace(gone[1], there[1]))
    (tmp_path / "next").mkdir()
    text = text.replace("ONE", there[0]).replace("TWO", there[1])
    assert send(tmp_path / "next", text, "--earlier", str(file), "--undelivered", str(left)) == 0
    assert not left.exists()
    assert carbons[0].names == [line.split()[0] for line in (directory / "metrics.txt").read_text().splitlines()]
    assert carbons[1].names == [name for name, _ in namings.points(from_directory(directory), ["apimon"])]


def test_what_waits_for_the_only_destination_comes_back_to_it_in_its_own_names(
    directory: Path, carbons: list[Carbon], tmp_path: Path
) -> None:
    gone, there = away(), carbons[0].address
    text = 'graphite: {destinations: [{address: "ONE", naming: apimon}]}\n'
    file, left = tmp_path / "undelivered.txt", tmp_path / "left.txt"
    assert send(directory, text.replace("ONE", gone), "--undelivered", str(file)) == 1
    file.write_text(file.read_text().replace(gone, there))
    (tmp_path / "next").mkdir()
    options = ["--earlier", str(file), "--undelivered", str(left)]
    assert send(tmp_path / "next", text.replace("ONE", there), *options) == 0
    assert carbons[0].names == [name for name, _ in namings.points(from_directory(directory), ["apimon"])]


def test_what_waits_for_a_destination_that_is_named_no_more_is_told(
    directory: Path, carbons: list[Carbon], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone, file, spool = away(), tmp_path / "undelivered.txt", str(tmp_path / "spool")
    text = f'graphite: {{address: "{carbons[0].address}", destinations: [{{address: "{gone}", naming: tags}}]}}\n'
    assert send(directory, text, "--undelivered", str(file), "--spool", spool) == 1
    waiting = len(list(namings.points(from_directory(directory), ["tags"]))) + 1
    text = f'graphite: {{address: "{carbons[0].address}"}}\n'
    assert send(directory, text, "--earlier", str(file), "--spool", spool) == 0
    told = capsys.readouterr().err
    assert f"GIVEN UP: {waiting} figures of earlier runs for {gone} tags" in told
    assert (
        f"figures wait in {tmp_path / 'spool' / gone.replace(':', '_')}_tags, which is of no destination here" in told
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("graphite: {address: 'h:1', naming: statsd}\n", "1:36: `graphite.naming` must be stackprobe, apimon or tags"),
        ("graphite: {address: 'h:1', naming: [tags, tags]}\n", "`graphite.naming` names `tags` twice"),
        ("graphite: {address: 'h:1', naming: []}\n", "`graphite.naming` must not be empty"),
        ("graphite: {address: 'h:1', tls: {cert: x}}\n", "unknown key `cert` in `graphite.tls`"),
        ("graphite: {address: 'h:1', tls: false, ca: x}\n", "`ca` has no effect with `tls: false`"),
        ("graphite: {prefix: x}\n", "1:1: `graphite` lacks `address`"),
        ("graphite:\n  destinations:\n    - {naming: tags}\n", "3:7: `graphite.destinations[0]` lacks `address`"),
        ("graphite:\n  destinations:\n    - {address: h}\n", "3:17: `h` is no address"),
        (
            "graphite:\n  address: 'h:1'\n  destinations:\n    - {address: 'h:1'}\n",
            "4:17: `h:1` gets the same metrics as in line 2",
        ),
    ],
)
def test_a_mistake_is_shown_where_it_stands(tmp_path: Path, text: str, expected: str) -> None:
    file = tmp_path / "probes.yaml"
    file.write_text(text)
    with pytest.raises(UsageError) as caught:
        load_config(file)
    assert expected in str(caught.value)


def test_files_of_certificates_are_relative_to_the_configuration(tmp_path: Path) -> None:
    file = tmp_path / "probes.yaml"
    file.write_text("graphite: {address: 'h:1', ca: ca.pem, destinations: [{address: 'h:2', tls: {verify: false}}]}\n")
    graphite = load_config(file).graphite
    assert graphite is not None
    first, second = (one.tls for one in graphite.destinations)
    assert first is not None and first.ca == tmp_path / "ca.pem" and first.verify
    assert second is not None and second.ca is None and not second.verify


@pytest.mark.parametrize("options", [["--graphite", "h:1", "--ca", "nowhere.pem"], ["--tls"], ["--ca", "x.pem"]])
def test_certificates_that_cannot_be_read_are_a_usage_error(directory: Path, options: list[str]) -> None:
    assert cli.main(["send", str(directory), "--wait", "0", *options]) == 2
    assert not list((directory / "spool").rglob("*.metrics")) if (directory / "spool").exists() else True
