"""Starting, asking and ending one Graphite. Linux only: processes are found in /proc."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pocketgraphite import configs, venv
from pocketgraphite.configs import HOST, Settings
from pocketgraphite.errors import PocketgraphiteError

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 10.0
NAMES = ("carbon", "web")
_MARK = "pocketgraphite.json"


def up(
    directory: str | Path,
    port: int | None = None,
    retentions: str = "10s:1d,1m:7d",
    creates_per_minute: int | None = None,
    cache_answers: bool = True,
    say: Callable[[str], None] = lambda line: None,
) -> Graphite:
    """Start a Graphite in a directory, or start again the one that is there, with its data.

    :param port: of graphite-web; carbon's line receiver gets the next one. Free ports are found without it.
    :param say: gets a line for whatever takes long.
    :raises PocketgraphiteError: a taken port, a directory of something else, or a process that does not start.
    """
    root = Path(directory).absolute()
    if root.exists() and any(root.iterdir()) and not (root / _MARK).exists():
        raise PocketgraphiteError(f"{root} is not empty and not a pocketgraphite's", "choose an empty directory")
    place = venv.ensure(say)
    if (root / _MARK).exists():
        down(root)
    ports = _free_ports(port)
    settings = Settings(*ports, retentions, creates_per_minute, cache_answers)
    try:
        root.mkdir(parents=True, exist_ok=True)
        configs.write(root, settings)
        (root / _MARK).write_text(json.dumps({**settings.as_json(), "venv": str(place)}) + "\n")
    except OSError as error:
        raise PocketgraphiteError(f"cannot write to {root}: {error.strerror}", "choose another directory") from error
    graphite = Graphite(root, place, settings)
    try:
        graphite.migrate()
        for name in NAMES:
            graphite.start(name)
    except BaseException:
        down(root)
        raise
    say(f"Graphite is up: {graphite.url} takes figures at {graphite.carbon}")
    return graphite


def down(directory: str | Path) -> int:
    """End every process of the Graphite in a directory; its data stay. Returns how many were ended."""
    root = Path(directory).absolute()
    if not (root / _MARK).exists():
        raise PocketgraphiteError(f"{root} holds no pocketgraphite", "give the directory that `up` was given")
    return _end(root, NAMES, signal.SIGTERM)


def existing(directory: str | Path) -> Graphite:
    """The Graphite in a directory, running or not."""
    root = Path(directory).absolute()
    try:
        stored = json.loads((root / _MARK).read_text())
        place = Path(stored.pop("venv"))
        return Graphite(root, place, Settings(**stored))
    except (OSError, ValueError, TypeError, KeyError):
        raise PocketgraphiteError(f"{root} holds no pocketgraphite", "give the directory that `up` was given") from None


@dataclass(frozen=True)
class Graphite:
    """One Graphite: where it is, and what it says."""

    root: Path
    venv: Path
    settings: Settings

    @property
    def url(self) -> str:
        """Base address of graphite-web."""
        return f"http://{HOST}:{self.settings.web_port}"

    @property
    def carbon(self) -> str:
        """``HOST:PORT`` of carbon's line receiver."""
        return f"{HOST}:{self.settings.line_port}"

    def start(self, name: str) -> None:
        """Start ``carbon`` or ``web`` and wait until it answers.

        :raises PocketgraphiteError: it does not answer in 30 s, or ends.
        """
        log = self.root / "log" / f"{name}.log"
        with open(log, "ab") as stream:
            process = subprocess.Popen(
                self._command(name),
                cwd=self.root,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self.answers(name):
            ended = process.poll() is not None
            if ended or time.monotonic() > deadline:
                tail = log.read_text(errors="replace").strip().splitlines()[-1:] or [""]
                what = "ended while it was starting" if ended else "does not answer"
                raise PocketgraphiteError(f"{name} {what} ({tail[0]})", f"see {log}")
            time.sleep(0.05)

    def stop(self, name: str, force: bool = False) -> None:
        """End ``carbon`` or ``web``; with force at once, losing what carbon has not yet written."""
        _end(self.root, [name], signal.SIGKILL if force else signal.SIGTERM)

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a part, such as SIGSTOP to make it hang."""
        for pid in _find(self.root, name):
            os.kill(pid, number)

    def processes(self) -> dict[str, list[int]]:
        """Process ids by part."""
        return {name: _find(self.root, name) for name in NAMES}

    def answers(self, name: str) -> bool:
        """Whether a part answers."""
        if name == "carbon":
            with contextlib.suppress(OSError), socket.create_connection((HOST, self.settings.line_port), 1):
                return True
            return False
        try:
            with urllib.request.urlopen(f"{self.url}/version/", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def find(self, query: str) -> list[str]:
        """Names of the series, or of the branches, that match a pattern such as ``stackprobe.*``."""
        found = self._ask("/metrics/find", [("query", query), ("format", "treejson")])
        return [str(entry["id"]) for entry in found]

    def render(self, targets: Iterable[str], from_t: float, until_t: float) -> dict[str, list[tuple[int, float]]]:
        """Points of series, ``(unix_seconds, value)`` each, without the gaps, by target."""
        arguments = [("target", target) for target in targets]
        arguments += [("from", str(int(from_t))), ("until", str(int(until_t))), ("format", "json")]
        answer = self._ask("/render", arguments)
        return {
            str(series["target"]): [(int(t), float(value)) for value, t in series["datapoints"] if value is not None]
            for series in answer
        }

    def picture(self, targets: Iterable[str], from_t: float, until_t: float, **options: str) -> bytes:
        """A PNG of series. Needs libcairo on the system."""
        arguments = [("target", target) for target in targets]
        arguments += [("from", str(int(from_t))), ("until", str(int(until_t))), ("format", "png"), *options.items()]
        return self._fetch("/render", arguments)

    def migrate(self) -> None:
        """Make graphite-web's own database; a copy of it is kept beside the venv, since making it takes seconds."""
        database, golden = self.root / "storage" / "graphite.db", self.venv / "graphite.db"
        if database.exists():
            return
        if golden.exists():
            shutil.copyfile(golden, database)
            return
        done = subprocess.run(
            [str(self.venv / "bin" / "django-admin"), "migrate", "--run-syncdb", "-v", "0"],
            env=self._environment(),
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            last = done.stderr.strip().splitlines()[-1:] or [""]
            raise PocketgraphiteError(f"graphite-web's database cannot be made ({last[0]})", "check the free space")
        copy = golden.with_suffix(f".{os.getpid()}")
        shutil.copyfile(database, copy)
        copy.replace(golden)

    def _ask(self, path: str, arguments: list[tuple[str, str]]) -> Any:
        return json.loads(self._fetch(path, arguments))

    def _fetch(self, path: str, arguments: list[tuple[str, str]]) -> bytes:
        data = urllib.parse.urlencode(arguments).encode()
        try:
            with urllib.request.urlopen(f"{self.url}{path}", data, timeout=30) as answer:
                return bytes(answer.read())
        except OSError as error:
            raise PocketgraphiteError(f"graphite-web does not answer: {error}", f"see {self.root / 'log'}") from error

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "DJANGO"))}
        return kept | {
            "GRAPHITE_ROOT": str(self.root),
            "GRAPHITE_CONF_DIR": str(self.root / "etc"),
            "GRAPHITE_STORAGE_DIR": str(self.root / "storage"),
            "GRAPHITE_SETTINGS_MODULE": "pocketgraphite_settings",
            "DJANGO_SETTINGS_MODULE": "graphite.settings",
            "PYTHONPATH": str(self.root / "etc"),
            "PYTHONWARNINGS": "ignore",
        }

    def _command(self, name: str) -> list[str]:
        mark = _mark(self.root, name)
        if name == "carbon":
            script, config = str(self.venv / "bin" / "carbon-cache.py"), str(self.root / "etc" / "carbon.conf")
            (self.root / "run" / "carbon.pid").unlink(missing_ok=True)
            python = str(self.venv / "bin" / "python")
            return [python, script, "--nodaemon", "--config", config, "--pidfile", mark, "start"]
        gunicorn = str(self.venv / "bin" / "gunicorn")
        address = f"{HOST}:{self.settings.web_port}"
        # One process with threads: graphite-web is mostly reading files, and this one has one user.
        workers = ["--workers", "1", "--threads", "4", "--timeout", "60", "--worker-tmp-dir", str(self.root / "run")]
        return [gunicorn, "graphite.wsgi:application", "--bind", address, *workers, "--pid", mark]


def _mark(root: Path, name: str) -> str:
    """What stands in the command line of every process of a part, and in no other."""
    return str(root / "run" / f"{name}.pid")


def _find(root: Path, name: str) -> list[int]:
    mark, found = _mark(root, name).encode(), []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                arguments = (entry / "cmdline").read_bytes().split(b"\0")
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
                if mark in arguments and state != "Z" and entry.stat().st_uid == os.getuid():
                    found.append(int(entry.name))
    return found


def _end(root: Path, names: Iterable[str], first: signal.Signals) -> int:
    pids = [pid for name in names for pid in _find(root, name)]
    for number, patience_s in ((first, STOP_TIMEOUT_S), (signal.SIGKILL, STOP_TIMEOUT_S)):
        left = [pid for name in names for pid in _find(root, name)]
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)  # a stopped process does not see SIGTERM
                os.kill(pid, number)
        deadline = time.monotonic() + patience_s
        while left and time.monotonic() < deadline:
            time.sleep(0.05)
            left = [pid for name in names for pid in _find(root, name)]
        if not left:
            break
    for pid in pids:  # ours, when this process started them: leave no zombie
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
    return len(pids)


def _free_ports(web_port: int | None) -> tuple[int, int, int]:
    wanted = [web_port, web_port + 1, web_port + 2] if web_port is not None else [0, 0, 0]
    with contextlib.ExitStack() as held:
        found = []
        for port in wanted:
            try:
                one = held.enter_context(socket.socket())
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                one.bind((HOST, port))
            except (OSError, OverflowError) as error:
                reason = error.strerror if isinstance(error, OSError) else "not a port"
                raise PocketgraphiteError(
                    f"port {port} cannot be had ({reason})", "choose another --port, or leave it out for a free one"
                ) from None
            found.append(one.getsockname()[1])
    return found[0], found[1], found[2]
