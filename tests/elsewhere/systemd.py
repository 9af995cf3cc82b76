"""The rules of systemd for the lines that the unit uses: nobody may start the real one in a test."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.elsewhere.examples import seconds
from tests.elsewhere.processes import PATIENCE_S, ended


@dataclass
class Systemd:
    """The rules of systemd that the unit makes use of: man systemd.unit, systemd.service, systemd.exec.

    :param directories: of %S, of /etc/stackprobe.
    """

    text: str
    instance: str
    state: Path
    home: Path

    @property
    def service(self) -> dict[str, list[str]]:
        """The settings of [Service], each with all its values."""
        found: dict[str, list[str]] = {}
        section = ""
        for raw in self.text.splitlines():
            line = raw.strip()
            if line.startswith("["):
                section = line
            elif section == "[Service]" and line and line[0] not in "#;":
                key, _, value = line.partition("=")
                found.setdefault(key, []).append(self._specified(value))
        return found

    def one(self, key: str) -> str:
        """The only value of a setting."""
        (value,) = self.service[key]
        return value

    def _specified(self, value: str) -> str:
        known = {"i": self.instance, "S": str(self.state), "%": "%", "n": f"stackprobe@{self.instance}.service"}
        return re.sub("%(.)", lambda match: known[match[1]], value)

    def environment(self, invocation: str) -> dict[str, str]:
        """Of all lines of one start."""
        own = dict(part.split("=", 1) for line in self.service["Environment"] for part in shlex.split(line))
        for line in self.service["EnvironmentFile"]:
            file = Path(line.removeprefix("-"))
            if file.exists() or not line.startswith("-"):
                own |= dict(part.split("=", 1) for part in shlex.split(file.read_text(), comments=True))
        (self.state / self.one("StateDirectory")).mkdir(parents=True, exist_ok=True)
        return {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(self.home),
            "USER": self.one("User"),
            "LOGNAME": self.one("User"),
            "SHELL": "/usr/sbin/nologin",
            "INVOCATION_ID": invocation,
            "STATE_DIRECTORY": str(self.state / self.one("StateDirectory")),
            **own,
        }

    @staticmethod
    def arguments(line: str, environment: Mapping[str, str]) -> list[str]:
        """A command line: `${NAME}` is replaced within a word, a word `$NAME` by the words of the value."""
        words: list[str] = []
        for word in shlex.split(line):
            if re.fullmatch(r"\$[A-Z_]+", word):
                words += environment[word[1:]].split()
            else:
                words.append(re.sub(r"\$\{([A-Z_]+)\}", lambda match: environment[match[1]], word))
        return words

    def start(self, invocation: str) -> psutil.Popen:
        """ExecStart, as the leader of what it starts."""
        with open(self.home / f"{invocation}.log", "wb") as log:
            return psutil.Popen(
                self.arguments(self.one("ExecStart"), self.environment(invocation)),
                cwd="/",
                env=self.environment(invocation),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                umask=int(self.one("UMask"), 8),
            )

    def stop_post(self, invocation: str, code: int) -> list[int]:
        """All lines of ExecStopPost until one fails; they come whatever ended ExecStart."""
        result = "success" if code == 0 else "signal" if code < 0 else "exit-code"
        ended = {"SERVICE_RESULT": result, "EXIT_CODE": "killed" if code < 0 else "exited", "EXIT_STATUS": str(code)}
        codes: list[int] = []
        for line in self.service["ExecStopPost"]:
            with open(self.home / f"{invocation}.log", "ab") as log:
                done = subprocess.run(
                    self.arguments(line, self.environment(invocation)),
                    cwd="/",
                    env=self.environment(invocation) | ended,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    umask=int(self.one("UMask"), 8),
                    timeout=seconds(self.one("TimeoutStopSec")),
                    check=False,
                )
            codes.append(done.returncode)
            if done.returncode:
                break
        return codes

    def activate(self, invocation: str) -> tuple[int, list[int]]:
        """A whole start; exit codes of ExecStart and of each ExecStopPost."""
        process = self.start(invocation)
        with ended(process):
            code = process.wait(PATIENCE_S)
        return code, self.stop_post(invocation, code)

    def report(self, invocation: str) -> Path:
        return self.state / "stackprobe" / self.instance / "reports" / invocation

    def log(self, invocation: str) -> str:
        return (self.home / f"{invocation}.log").read_text()
