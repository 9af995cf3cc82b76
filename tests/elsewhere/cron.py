"""cron: its bare environment, and sh."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.elsewhere.processes import PATIENCE_S, ended


@dataclass
class Cron:
    """A line of the crontab as cron runs it: with sh and next to nothing in the environment."""

    command: str
    state: Path
    etc: Path
    helper: Path

    def start(self) -> psutil.Popen:
        return psutil.Popen(
            ["/bin/sh", "-c", self.command],
            cwd=self.state.parent,
            env={
                "HOME": str(self.state.parent),
                "LOGNAME": "stackprobe",
                "SHELL": "/bin/sh",
                "PATH": "/usr/bin:/bin",
                # only so that the test needs no root
                "STACKPROBE": str(self.helper),
                "STACKPROBE_ETC": str(self.etc),
                "STACKPROBE_STATE": str(self.state),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self) -> tuple[int, str]:
        """Exit code, and what cron would mail."""
        process = self.start()
        with ended(process):
            mail = process.communicate(timeout=PATIENCE_S)[0]
        return process.returncode, mail

    def reports(self) -> list[Path]:
        return sorted(path for path in (self.state / "mycloud" / "reports").glob("*") if path.is_dir())
