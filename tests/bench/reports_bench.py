"""What the reports of a very large run cost: 50,000 steps in one journal, in 25 scenarios and in a single one."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.measuring import judged
from tests.support import big_journal

STEPS = 50_000
TARGET_S = 20.0
TARGET_MIB = 300.0


def main() -> None:
    """Print the figures."""
    for scenarios in (25, 1):
        with tempfile.TemporaryDirectory(prefix="bench-") as name:
            directory = Path(name)
            journal = big_journal.write(directory, STEPS, scenarios)
            print(f"-- {STEPS} steps in {scenarios} scenario(s), a journal of {_mib(journal):.0f} MiB")
            start = time.monotonic()
            command = [sys.executable, "-m", "stackprobe", "report", name]
            with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
                _, status, used = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                raise RuntimeError(f"it ended with {process.returncode}")
            print(judged("all reports, wall time", time.monotonic() - start, TARGET_S, "s"))
            print(judged("their CPU time", used.ru_utime + used.ru_stime, TARGET_S, "s"))
            print(judged("peak memory (RSS)", used.ru_maxrss / 1024, TARGET_MIB, "MiB"))
            sizes = (f"{path.name} {_mib(path):.1f} MiB" for path in sorted(directory.iterdir()) if path != journal)
            print(", ".join(sizes))


def _mib(path: Path) -> float:
    return path.stat().st_size / (1 << 20)


if __name__ == "__main__":
    main()
