"""Whose credentials go to the git server, and that they go nowhere else."""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.support.data_branch import git, keep

TOKEN = "ghs_0123456789abcdefGEHEIM"


class Server:
    """A web server in the place of a git server: notes who comes, and refuses everybody."""

    def __init__(self) -> None:
        self.logins: list[list[str]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.logins.append(self.headers.get_all("Authorization") or [])
                self.send_response(403)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/data.git"
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr("stackprobe.keeping.branch.TRIES", 1)
    one = Server()
    yield one
    one.server.shutdown()
    one.server.server_close()


def login(user: str, token: str = TOKEN) -> list[str]:
    return ["Basic " + base64.b64encode(f"{user}:{token}".encode()).decode()]


def test_a_token_of_the_environment_goes_to_the_server_and_into_no_message(
    bare: Path, run: Callable[..., Path], server: Server, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("STACKPROBE_GIT_TOKEN", TOKEN)
    assert keep(run("a"), "--repository", server.url) == 2
    assert server.logins == [login("x-access-token")]
    monkeypatch.setenv("STACKPROBE_GIT_USER", "gitlab-ci-token")
    assert keep(run("a"), "--repository", server.url) == 2
    assert server.logins[1:] == [login("gitlab-ci-token")]
    captured = capsys.readouterr()
    assert "403" in captured.err and "Check --repository, the network, and git's credentials" in captured.err
    assert TOKEN not in captured.err + captured.out and login("x-access-token")[0][6:] not in captured.err


@pytest.fixture
def smart(bare: Path) -> Iterator[str]:
    """A real git server over HTTP, for whoever has the token."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.headers.get_all("Authorization") != login("x-access-token"):
                self.send_response(401)
                self.send_header("WWW-Authenticate", "Basic")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            path, _, query = self.path.partition("?")
            answer = subprocess.run(
                ["git", "http-backend"],
                input=self._body(),
                capture_output=True,
                check=True,
                env={
                    **os.environ, "GIT_PROJECT_ROOT": str(bare.parent), "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path,
                    "QUERY_STRING": query, "REQUEST_METHOD": self.command, "REMOTE_USER": "writer",
                    "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                    "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                    "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                },
            ).stdout  # fmt: skip
            head, _, body = answer.partition(b"\r\n\r\n")
            self.send_response(200)
            for line in head.decode().split("\r\n"):
                self.send_header(*line.split(": ", 1))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            return body

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/{bare.name}"
    server.shutdown()
    server.server_close()


def test_with_a_token_runs_are_kept_over_http(
    smart: str, run: Callable[..., Path], on_branch: Callable[[], set[str | None]], monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr("stackprobe.keeping.branch.TRIES", 1)
    assert keep(run("a"), "--repository", smart) == 2  # and nobody is asked for a password
    assert "cannot be read" in capsys.readouterr().err
    monkeypatch.setenv("STACKPROBE_GIT_TOKEN", TOKEN)
    assert keep(run("a"), "--repository", smart) == 0
    assert keep(run("b"), "--repository", smart) == 0
    monkeypatch.delenv("STACKPROBE_GIT_TOKEN")
    assert on_branch() == {"a", "b"}


def test_what_a_ci_has_put_into_the_checkout_is_used_and_a_token_of_the_environment_takes_its_place(
    bare: Path, tmp_path: Path, run: Callable[..., Path], server: Server, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    work = tmp_path / "work"
    git("init", "--quiet", work)
    host = server.url.removesuffix("data.git")
    git("-C", work, "config", f"http.{host}.extraheader", "AUTHORIZATION: " + login("x-access-token", "theirs")[0])
    git("-C", work, "remote", "add", "origin", server.url)
    monkeypatch.chdir(work)
    assert keep(run("a")) == 2
    assert server.logins == [login("x-access-token", "theirs")]
    monkeypatch.setenv("STACKPROBE_GIT_TOKEN", TOKEN)
    assert keep(run("a")) == 2
    assert server.logins[1:] == [login("x-access-token")]


def test_a_password_in_the_address_of_origin_stands_in_no_argument_and_no_message(
    bare: Path, tmp_path: Path, run: Callable[..., Path], server: Server, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    work = tmp_path / "work"
    git("init", "--quiet", work)
    git("-C", work, "remote", "add", "origin", server.url.replace("://", f"://gitlab-ci-token:{TOKEN}@"))
    seen = tmp_path / "arguments"
    spy = tmp_path / "bin" / "git"
    spy.parent.mkdir()
    real = subprocess.run(["which", "git"], check=True, capture_output=True, text=True).stdout.strip()
    spy.write_text(f'#!/bin/sh\necho "$@" >> {seen}\nexec {real} "$@"\n')
    spy.chmod(0o755)
    monkeypatch.setenv("PATH", f"{spy.parent}:{os.environ['PATH']}")
    monkeypatch.chdir(work)
    assert keep(run("a")) == 2
    captured = capsys.readouterr()
    assert server.logins and TOKEN not in captured.err + captured.out
    assert "ls-remote" in seen.read_text() and TOKEN not in seen.read_text()


def test_a_token_is_sent_over_https_alone(
    bare: Path, run: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STACKPROBE_GIT_TOKEN", TOKEN)
    assert keep(run("a"), "--repository", "http://git.example.org/x.git") == 2
    assert "not reached by https" in capsys.readouterr().err
