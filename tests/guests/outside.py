"""What a customer does from the outside: SSH and pings to floating IPs, by the programs that everybody uses."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

PATIENCE_S = 90.0
OPTIONS = {
    "BatchMode": "yes",
    "ConnectTimeout": "2",
    "ConnectionAttempts": "3",  # where many guests boot, a packet may be late
    "IdentitiesOnly": "yes",
    "LogLevel": "ERROR",
    "StrictHostKeyChecking": "no",
    "UserKnownHostsFile": "/dev/null",
}


class Refused(Exception):
    """A login or a command on a guest did not succeed."""


def until(done: Callable[[], object], what: str, patience_s: float = PATIENCE_S) -> None:
    """Poll until done."""
    end = time.monotonic() + patience_s
    while not done():
        assert time.monotonic() < end, f"not within {patience_s:.0f} s: {what}"
        time.sleep(0.1)


class Outside:
    """The network namespace of a cloud that reaches floating IPs, with a key that guests know."""

    def __init__(self, namespace: str, key: Path) -> None:
        self.namespace = namespace
        self.key = key

    @staticmethod
    def make_key(path: Path) -> Path:
        """A new key without a passphrase."""
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
        return path

    def run(self, *words: str, timeout_s: float = 30.0) -> subprocess.CompletedProcess[str]:
        """A command there."""
        command = ["ip", "netns", "exec", self.namespace, *words]
        return subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=timeout_s, stdin=subprocess.DEVNULL
        )

    def ssh(self, address: str, command: str, user: str = "root", key: Path | None = None) -> str:
        """What a command on a guest prints. Raises Refused."""
        options = (word for name, value in OPTIONS.items() for word in ("-o", f"{name}={value}"))
        words = ("ssh", "-F", "none", "-i", str(key or self.key), *options, f"{user}@{address}", command)
        try:
            done = self.run(*words)
        except subprocess.TimeoutExpired:
            raise Refused(f"silent: {command}") from None
        if done.returncode:
            raise Refused(f"{done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout.strip()

    def login(self, address: str, patience_s: float = PATIENCE_S) -> str:
        """Try until a login succeeds; the guest's hostname."""
        end = time.monotonic() + patience_s
        while True:
            try:
                return self.ssh(address, "hostname")
            except Refused:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)

    def connects(self, address: str, port: int = 22) -> bool:
        """Whether TCP connects within two seconds."""
        reached = self.run("bash", "-c", f"exec timeout 2 bash -c '</dev/tcp/{address}/{port}'")
        return reached.returncode == 0

    def pings(self, address: str) -> bool:
        """Whether one of three pings is answered."""
        return self.run("ping", "-q", "-c", "3", "-i", "0.2", "-W", "1", address).returncode == 0
