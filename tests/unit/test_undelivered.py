"""Figures that travel with the logs: what a build leaves, what the next one finds, what garbage costs."""

from __future__ import annotations

import gzip
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from stackprobe import cli
from stackprobe.graphite import undelivered as undelivered_module
from stackprobe.graphite.points import Point, parse_points
from stackprobe.zuul import chain

from tests.support.zuul_api import ZuulApi

NOW = int(time.time())


@pytest.fixture
def api() -> Iterator[ZuulApi]:
    one = ZuulApi()
    yield one
    one.close()


def points(run: str, t: int, count: int = 3) -> list[Point]:
    return [Point(f"stackprobe.{run}.step{index}.duration_ms", index + 0.125, t) for index in range(count)]


def text(*what: list[Point]) -> str:
    return "".join(f"{point}\n" for run in what for point in run)


def write(directory: Path, what: list[Point]) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "metrics.txt").write_text(text(what))
    return directory


@pytest.fixture
def away() -> str:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return "{}:{}".format(*one.getsockname())


def send(directory: Path, address: str, *options: str) -> int:
    return cli.main(["send", str(directory), "--graphite", address, "--wait", "0", *options])


def test_what_waits_is_written_oldest_run_first(tmp_path: Path, away: str) -> None:
    (tmp_path / "earlier").write_text(text(points("b", NOW - 20), points("a", NOW - 40)))
    directory, file = write(tmp_path / "run", points("c", NOW)), tmp_path / "undelivered.txt"
    assert send(directory, away, "--earlier", str(tmp_path / "earlier"), "--undelivered", str(file)) == 1
    expected = points("a", NOW - 40) + points("b", NOW - 20) + points("c", NOW)
    assert parse_points(file.read_text(), file) == expected


def test_figures_that_came_twice_wait_once(tmp_path: Path, away: str) -> None:
    directory, file = write(tmp_path / "run", points("c", NOW)), tmp_path / "undelivered.txt"
    for name in ("one", "two"):
        (tmp_path / name).write_text(text(points("c", NOW), points("a", NOW - 40)))
    options = [option for name in ("one", "two", "none") for option in ("--earlier", str(tmp_path / name))]
    assert send(directory, away, *options, "--undelivered", str(file)) == 1
    assert parse_points(file.read_text(), file) == points("a", NOW - 40) + points("c", NOW)


def test_garbage_among_earlier_figures_costs_nothing_else(
    tmp_path: Path, away: str, capsys: pytest.CaptureFixture[str]
) -> None:
    garbage = f"<html>\x00\na.b 1\na.b nan {NOW}\na.b 1e999 {NOW}\na.b 1 17\na.b 1 99999999999\n\n"
    (tmp_path / "earlier").write_text(garbage + text(points("a", NOW - 40)) + "a.b 1.5 17")
    file = tmp_path / "undelivered.txt"
    directory = write(tmp_path / "run", points("c", NOW))
    assert send(directory, away, "--earlier", str(tmp_path / "earlier"), "--undelivered", str(file)) == 1
    assert parse_points(file.read_text(), file) == points("a", NOW - 40) + points("c", NOW)
    assert "7 lines of earlier runs are skipped" in capsys.readouterr().err


def test_earlier_figures_survive_a_run_that_has_none(tmp_path: Path, away: str) -> None:
    (tmp_path / "earlier").write_text(text(points("a", NOW - 40)))
    file = tmp_path / "undelivered.txt"
    assert send(tmp_path / "run", away, "--earlier", str(tmp_path / "earlier"), "--undelivered", str(file)) == 1
    assert parse_points(file.read_text(), file) == points("a", NOW - 40)


def test_the_oldest_go_when_there_are_too_many(
    tmp_path: Path, away: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(undelivered_module, "LARGEST_BYTES", len(text(points("c", NOW))) + 10)
    (tmp_path / "earlier").write_text(text(points("a", NOW - 40, 1)))
    directory, file = write(tmp_path / "run", points("c", NOW)), tmp_path / "undelivered.txt"
    send(directory, away, "--earlier", str(tmp_path / "earlier"), "--undelivered", str(file))
    assert parse_points(file.read_text(), file) == points("c", NOW)
    assert "GIVEN UP: the 1 oldest" in capsys.readouterr().err


def fetch(api: ZuulApi, file: Path, *options: str) -> int:
    return cli.main(["undelivered", "--zuul-url", api.url, "--job", "probe-demo", "--to", str(file), *options])


def published(api: ZuulApi, name: str, data: bytes | None, **changes: object) -> str:
    """A build that published a report, and what it could not deliver, if anything; its uuid."""
    artifacts = [{"name": "Report", "url": f"{api.root}/{name}/r", "metadata": {"type": "stackprobe_report"}}]
    if data is not None:
        api.files[f"/logs/{name}/undelivered.txt"] = data
        artifacts.append({"name": "U", "url": "undelivered.txt", "metadata": {"type": "stackprobe_undelivered"}})
    return str(api.add(artifacts=artifacts, log_url=f"{api.root}/logs/{name}/", **changes)["uuid"])  # type: ignore[arg-type]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_the_build_before_is_found_past_those_that_published_nothing(tmp_path: Path, api: ZuulApi, pack: type) -> None:
    published(api, "older", text(points("old", NOW - 60)).encode())
    published(api, "before", pack(text(points("a", NOW - 40)).encode()))
    api.add(result="RETRY_LIMIT")
    api.add(artifacts=[{"name": "docs", "url": "https://x", "metadata": {"type": "html"}}])
    file = tmp_path / "earlier.txt"
    assert fetch(api, file) == 0
    assert parse_points(file.read_text(), file) == points("a", NOW - 40)
    assert sum(path.startswith("/logs") for path in api.requests) == 1


def test_nothing_waits_when_the_build_before_has_delivered(tmp_path: Path, api: ZuulApi) -> None:
    published(api, "older", text(points("old", NOW - 60)).encode())
    published(api, "before", None)
    file = tmp_path / "earlier.txt"
    file.write_text("stale")
    assert fetch(api, file) == 0
    assert not file.exists()


def test_only_this_jobs_chain_counts(tmp_path: Path, api: ZuulApi) -> None:
    published(api, "mine", text(points("a", NOW - 40)).encode())
    for index, other in enumerate(({"pipeline": "check"}, {"project": "x/y"}, {"branch": "dev"}, {"job": "other"})):
        published(api, f"other{index}", text(points("no", NOW - 5)).encode(), **other)
    me = published(api, "me", text(points("no", NOW - 5)).encode())
    file = tmp_path / "earlier.txt"
    chosen = ("--pipeline", "periodic", "--project", "operator/cloud", "--branch", "main", "--exclude-build", me)
    assert fetch(api, file, *chosen) == 0
    assert parse_points(file.read_text(), file) == points("a", NOW - 40)


@pytest.mark.parametrize(
    "broken", ["gone", "bomb", "cut", "large", "file"], ids=["404", "bomb", "cut gzip", "too large", "file URL"]
)
def test_where_a_download_fails_the_build_before_it_still_gives_what_it_has(
    tmp_path: Path, api: ZuulApi, broken: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    published(api, "older", text(points("old", NOW - 60)).encode())
    packed = gzip.compress(text(points("b", NOW - 40, 3000)).encode())
    published(api, "before", packed[:-9] if broken == "cut" else packed)
    if broken == "gone":
        api.files.popitem()
    elif broken == "file":
        (tmp_path / "secret").write_text(text(points("secret", NOW)))
        api.built[-1]["artifacts"][1]["url"] = f"file://{tmp_path / 'secret'}"
    elif broken != "cut":
        monkeypatch.setattr(chain, "LARGEST_BYTES", len(packed) - 1 if broken == "large" else len(packed) + 1)
    file = tmp_path / "earlier.txt"
    assert fetch(api, file) == 1
    assert parse_points(file.read_text(), file) == points("old", NOW - 60)
    assert "cannot be downloaded" in capsys.readouterr().err


def test_a_log_server_that_is_away_is_not_asked_for_ever(tmp_path: Path, api: ZuulApi) -> None:
    for index in range(9):
        published(api, str(index), b"x")
    api.files.clear()
    assert fetch(api, tmp_path / "earlier.txt") == 1
    assert sum(path.startswith("/logs") for path in api.requests) == chain.MOST_BROKEN


def test_what_is_too_old_for_graphite_is_left(tmp_path: Path, api: ZuulApi) -> None:
    published(api, "old", text(points("old", NOW - 60)).encode(), event_t=NOW - 15 * 86400.0)
    assert fetch(api, tmp_path / "earlier.txt") == 0
    assert not (tmp_path / "earlier.txt").exists()


@pytest.mark.parametrize("answer", [(500, b""), (404, b""), (200, b"<html>")])
def test_a_zuul_that_does_not_answer_costs_nothing_that_is_there(
    tmp_path: Path, api: ZuulApi, answer: tuple[int, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    api.answers["/api"] = answer
    file = tmp_path / "earlier.txt"
    file.write_text("kept")
    assert fetch(api, file) == 1
    assert file.read_text() == "kept" and len(capsys.readouterr().err.splitlines()) == 1


def test_bad_usage_is_two(tmp_path: Path, api: ZuulApi) -> None:
    assert cli.main(["undelivered", "--zuul-url", "x", "--job", "j", "--to", str(tmp_path / "f")]) == 2
    published(api, "before", text(points("a", NOW)).encode())
    assert fetch(api, tmp_path / "none" / "f") == 2
