"""The script by which security_group_effect asks and answers over UDP in guests."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from stackprobe import content

SCRIPT = (content.roles() / "probe_security_group_effect" / "files" / "udp.py").read_text()
HOST = "127.0.0.1"


def run(*words: object) -> subprocess.CompletedProcess[str]:
    """The script, as a guest runs it."""
    order = [sys.executable, "-c", SCRIPT, *map(str, words)]
    return subprocess.run(order, capture_output=True, text=True, timeout=30, check=False)


@contextmanager
def bound() -> Iterator[socket.socket]:
    """A port that takes datagrams and says nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((HOST, 0))
        yield sock


@pytest.fixture
def answering() -> Iterator[int]:
    """A port that answers."""
    with bound() as sock:
        port = sock.getsockname()[1]
    # the program stays: it is known by its port, which only a process of its own can have
    started = subprocess.run(
        ["setsid", sys.executable, "-c", SCRIPT, "answer", str(port)], capture_output=True, timeout=30, check=True
    )
    assert started.stdout == b""
    yield port
    for one in os.listdir("/proc"):
        if one.isdigit() and f"\0answer\0{port}\0" in command_line(one):
            os.kill(int(one), 9)


def command_line(process: str) -> str:
    """The words of a process; none where it is gone."""
    try:
        with open(f"/proc/{process}/cmdline", encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def test_a_port_that_answers_is_open(answering: int) -> None:
    done = run("ask", HOST, answering, "open", 1, 20)
    found = json.loads(done.stdout)
    assert (done.returncode, found["answered"] >= 1) == (0, True), done.stderr
    assert found["effect_ms"] >= 0


def test_a_port_that_answers_is_not_closed(answering: int) -> None:
    done = run("ask", HOST, answering, "closed", 0.5, 1)
    assert (done.returncode, done.stdout) == (3, "")
    assert f"{HOST} port {answering} still answers over UDP" in done.stderr


def test_a_port_that_says_nothing_is_closed_and_not_open() -> None:
    with bound() as sock:
        port = sock.getsockname()[1]
        done = run("ask", HOST, port, "closed", 0.3, 0.3)
        assert (done.returncode, json.loads(done.stdout)["effect_ms"]) == (0, 0)
        done = run("ask", HOST, port, "open", 0.3, 0.5)
        assert done.returncode == 3
        assert "does not answer over UDP" in done.stderr


def test_a_port_that_refuses_is_not_open() -> None:
    with bound() as sock:
        port = sock.getsockname()[1]
    assert run("ask", HOST, port, "open", 0.3, 0.5).returncode == 3
    assert run("ask", HOST, port, "closed", 0.3, 0.3).returncode == 0
