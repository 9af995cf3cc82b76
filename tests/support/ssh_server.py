"""A genuine SSH server on loopback, as the current user, with host keys and a configuration of its own."""

from __future__ import annotations

import contextlib
import getpass
import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests.support import sshd
from tests.support.ports import free_port

_START_S = 20.0


class SshServer:
    """One that can be started, stopped and given another host key.

    :ivar user: who logs in.
    """

    def __init__(self, place: Path, more: str = "") -> None:
        self.place, self.user = place, getpass.getuser()
        self.host, self.port = "127.0.0.1", free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.place.mkdir(parents=True, exist_ok=True)
        (self.place / "authorized_keys").touch()
        self._command = sshd.command(place, self.port, more)
        self.new_host_key()

    def new_host_key(self) -> None:
        """Another host key, from the next start on."""
        for name in ("host_key", "host_key.pub"):
            (self.place / name).unlink(missing_ok=True)
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.place / "host_key")]
        subprocess.run(command, check=True)

    @property
    def host_key(self) -> str:
        """The public half of its host key."""
        return (self.place / "host_key.pub").read_text()

    def accept(self, *public_keys: str) -> None:
        """The keys that may log in, no others."""
        (self.place / "authorized_keys").write_text("".join(f"{one}\n" for one in public_keys))

    def start(self) -> None:
        """Start it and wait until it answers."""
        log = (self.place / "log").open("ab")
        self._process = subprocess.Popen(self._command, stderr=log, start_new_session=True)
        ends = time.monotonic() + _START_S
        while True:
            try:
                socket.create_connection((self.host, self.port), 1).close()
            except OSError:
                assert time.monotonic() < ends and self._process.poll() is None, self.log
                time.sleep(0.02)
            else:
                return

    def stop(self) -> None:
        """End the server and every login."""
        process, self._process = self._process, None  # a test may stop it beside its fixture
        if process is not None:
            for login in [*_children(process.pid), process.pid]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(login, 9)
            process.wait()

    def restart(self) -> None:
        self.stop()
        self.start()

    def logins(self) -> int:
        """How many connections it serves."""
        return len(psutil.Process(self._process.pid).children()) if self._process else 0

    def await_logins(self, number: int) -> None:
        """Wait until it serves so many."""
        ends = time.monotonic() + _START_S
        while self.logins() != number:
            assert time.monotonic() < ends, self.log
            time.sleep(0.05)

    @property
    def log(self) -> str:
        """What it said."""
        return (self.place / "log").read_text(errors="replace")


@contextlib.contextmanager
def ssh_server(place: Path, more: str = "") -> Iterator[SshServer]:
    """One that runs."""
    server = SshServer(place, more)
    server.start()
    try:
        yield server
    finally:
        server.stop()


class FullPort:
    """A port that answers nobody, as that of a host which is not there: what waits to be accepted fills it.

    :ivar number: the port.
    """

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=0)
        self.number: int = self._listener.getsockname()[1]
        self._waiting = [socket.socket() for _ in range(3)]
        self._accepted: list[socket.socket] = []
        for one in self._waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", self.number))

    def drain(self) -> None:
        """From now on it takes connections, and says nothing."""
        for one in self._waiting:
            one.close()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._accepted.append(self._listener.accept()[0])

    def await_left(self, within_s: float) -> bool:
        """Whether all who came have gone, after a while."""
        ends = time.monotonic() + within_s
        while time.monotonic() < ends:
            if self._accepted and all(_has_gone(one) for one in self._accepted):
                return True
            time.sleep(0.05)
        return False

    def close(self) -> None:
        for one in (self._listener, *self._waiting, *self._accepted):
            one.close()


def _has_gone(sock: socket.socket) -> bool:
    sock.setblocking(False)
    try:
        while sock.recv(4096):
            pass
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


@contextlib.contextmanager
def full_port() -> Iterator[FullPort]:
    """A port that is silent until it is told otherwise."""
    port = FullPort()
    try:
        yield port
    finally:
        port.close()


class Relay:
    """A cable to a port on loopback.

    :ivar port: its near end.
    """

    def __init__(self, to: int) -> None:
        self._to = to
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._passing = threading.Event()
        self._passing.set()
        self._socks: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near = self._listener.accept()[0]
                far = socket.create_connection(("127.0.0.1", self._to))
                self._socks += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=[source, sink], daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self._passing.wait()
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def hold(self) -> None:
        """Nothing passes any more, without a word."""
        self._passing.clear()

    def go_on(self) -> None:
        """What was held passes, and all that follows."""
        self._passing.set()

    def cut(self) -> None:
        """Both ends see their connections end."""
        self._passing.set()
        for one in self._socks:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.cut()
        for one in (self._listener, *self._socks):
            one.close()


@contextlib.contextmanager
def relay(to: int) -> Iterator[Relay]:
    """A cable to a port, which can be cut."""
    cable = Relay(to)
    try:
        yield cable
    finally:
        cable.close()


def _children(parent: int) -> list[int]:
    try:
        return [one.pid for one in psutil.Process(parent).children(recursive=True)]
    except psutil.NoSuchProcess:
        return []
