"""The thin client: one line there, one line back, and a clear word when nobody is there."""

from __future__ import annotations

import os
import socket
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from stackprobe import content
from stackprobe.engine.server import Server, _Server

sys.path.insert(0, str(content.roles() / "probe_base" / "client"))
import stackprobe_client
from stackprobe_client import BATON, SessionGone, ask, socket_path


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("s") / "socket"


@pytest.fixture
def server(place: Path) -> Iterator[Server]:
    def answer(request: dict[str, Any]) -> dict[str, Any]:
        if request["op"] == "break":
            raise ValueError("a bug")
        return {"echo": request}

    one = Server(place, answer)
    one.start()
    yield one
    one.stop()


def test_a_request_is_answered(server: Server) -> None:
    request = {"op": "step", "text": 'line\nbreak "and" ü', "list": [1, None]}
    assert ask(str(server.path), request) == {"echo": request}


def test_only_the_user_may_talk_to_the_session(server: Server) -> None:
    assert stat.S_IMODE(os.stat(server.path).st_mode) == 0o600


def test_the_socket_is_there_only_when_it_takes_requests(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there: list[bool] = []
    listen = _Server.server_activate

    def activate(self: _Server) -> None:
        there.append(place.exists())
        listen(self)
        there.append(place.exists())

    monkeypatch.setattr(_Server, "server_activate", activate)
    Server(place, lambda request: request).start()
    assert (there, place.exists(), os.listdir(place.parent)) == ([False, False], True, ["socket"])
    assert ask(str(place), {"op": "x"}) == {"op": "x"}


def test_many_requests_at_once_are_all_answered(server: Server) -> None:
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda n=number: found.append(ask(str(server.path), {"op": "x", "n": n})["echo"]["n"]))
        for number in range(40)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join(10)
    assert sorted(found) == list(range(40))


def test_a_bug_of_the_engine_is_an_answer_too(server: Server) -> None:
    answer = ask(str(server.path), {"op": "break"})
    assert answer["outcome"] == "error" and answer["fatal"] and "a bug" in answer["message"]


def test_nobody_there_is_said(place: Path) -> None:
    with pytest.raises(SessionGone, match="does not answer"):
        ask(str(place), {"op": "step"})


def test_a_session_that_dies_before_it_answers_is_said(place: Path) -> None:
    def close_the_first() -> None:
        listener.accept()[0].close()

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place))
        listener.listen()
        threading.Thread(target=close_the_first, daemon=True).start()
        with pytest.raises(SessionGone):
            ask(str(place), {"op": "step"})


def test_the_socket_is_the_plans_or_that_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(stackprobe_client.SOCKET_VARIABLE, "/environment")
    assert socket_path({"probe_socket": "/plan"}) == "/plan"
    assert socket_path({}) == "/environment"
    monkeypatch.delenv(stackprobe_client.SOCKET_VARIABLE)
    with pytest.raises(SessionGone, match=r"run\.yaml"):
        socket_path(None)


def test_waiting_steps_put_the_baton_down(server: Server) -> None:
    """While one thread waits for its answer another one works: no two are in Ansible's code at once."""
    inside: list[int] = []
    most: list[int] = []

    def step() -> None:
        with BATON:
            inside.append(1)
            most.append(len(inside))
            inside.pop()
            ask(str(server.path), {"op": "x"})
            inside.append(1)
            most.append(len(inside))
            inside.pop()

    threads = [threading.Thread(target=step) for _ in range(20)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(10)
    assert len(most) == 40 and max(most) == 1


def test_the_client_needs_nothing_but_the_standard_library() -> None:
    for name in ("stackprobe_client.py", "session_start.py"):
        text = (content.roles() / "probe_base" / "client" / name).read_text()
        imported = {
            line.split()[1].split(".")[0] for line in text.splitlines() if line.startswith(("import ", "from "))
        }
        assert imported <= set(sys.stdlib_module_names) | {"stackprobe_client"}
