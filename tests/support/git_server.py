"""A server of git repositories by HTTP, as GitHub is one: git's own program behind a login."""

from __future__ import annotations

import base64
import os
import subprocess
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

#: What git's program is told of a request.
_TOLD = {"Content-Type": "CONTENT_TYPE", "Content-Encoding": "HTTP_CONTENT_ENCODING", "Git-Protocol": "GIT_PROTOCOL"}


class GitServer(AbstractContextManager["GitServer"]):
    """Serves bare repositories below a directory to whoever shows the token.

    :ivar url: where it is, without a slash at its end.
    :ivar refused: the paths that were asked for with a token that is wrong. Git asks without any at first.
    """

    def __init__(self, root: Path, token: str) -> None:
        self.root = root
        self.refused: list[str] = []
        login = "Basic " + base64.b64encode(f"x-access-token:{token}".encode()).decode()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                shown = self.headers.get("Authorization")
                if shown != login:
                    if shown is not None:
                        server.refused.append(self.path)
                    self.send_response(401)
                    self.send_header("WWW-Authenticate", 'Basic realm="git"')
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                status, headers, body = server._answer(self)
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def add(self, name: str) -> Path:
        """Make an empty repository, `OWNER/NAME`; its directory."""
        path = self.root / name
        subprocess.run(["git", "init", "--quiet", "--bare", path], check=True)
        return path

    def _answer(self, request: BaseHTTPRequestHandler) -> tuple[int, list[tuple[str, str]], bytes]:
        path, _, query = request.path.partition("?")
        told = {variable: request.headers.get(name, "") for name, variable in _TOLD.items()}
        length = request.headers.get("Content-Length", "")
        done = subprocess.run(
            ["git", "http-backend"],
            input=request.rfile.read(int(length or 0)),
            capture_output=True,
            check=True,
            env={
                **{name: value for name, value in {**told, "CONTENT_LENGTH": length}.items() if value},
                "PATH": os.environ["PATH"],
                "GIT_PROJECT_ROOT": str(self.root),
                "GIT_HTTP_EXPORT_ALL": "1",
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "REQUEST_METHOD": request.command,
                "REMOTE_USER": "x-access-token",
            },
        )
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        lines = [line.partition(": ") for line in head.decode().split("\r\n")]
        headers = [(name, value) for name, _, value in lines if name != "Status"]
        status = next((value for name, _, value in lines if name == "Status"), "200")
        return int(status.split()[0]), headers, body
