"""Wall and CPU time of a command with all its children, and lines fitted through several sizes of the same work."""

from __future__ import annotations

import contextlib
import os
import resource
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Cost:
    """Seconds of wall time and of CPU (user and system, all reaped descendants)."""

    wall_s: float
    cpu_s: float


def cost_of(command: Sequence[str], environment: dict[str, str], ok: Sequence[int] = (0,)) -> Cost:
    """Run ``command`` to its end and return what it cost.

    :raises RuntimeError: its exit code is none of ``ok``.
    """
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in ok:
        raise RuntimeError(f"{command[:3]} ended with {done.returncode}: {(done.stdout + done.stderr)[-3000:]}")
    return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


@dataclass(frozen=True)
class Slope:
    """What one more unit of work costs, in milliseconds, and what it costs to begin, in seconds."""

    wall_ms: float
    cpu_ms: float
    start_s: float


def per_unit(run: Callable[[int], Cost], small: int, large: int, rounds: int) -> Slope:
    """Median cost of a unit from ``rounds`` pairs of a small and a large run: what is paid once cancels out."""
    walls, cpus, starts = [], [], []
    for _ in range(rounds):
        first, second = run(small), run(large)
        walls.append((second.wall_s - first.wall_s) / (large - small) * 1000)
        cpus.append((second.cpu_s - first.cpu_s) / (large - small) * 1000)
        starts.append(first.wall_s - small * walls[-1] / 1000)
    return Slope(statistics.median(walls), statistics.median(cpus), statistics.median(starts))


def judged(label: str, value: float, target: float, unit: str) -> str:
    """A line that says whether a figure keeps its target."""
    return f"{label:<58} {value:8.1f} {unit:<3} target {target:g} {unit}: {'kept' if value <= target else 'MISSED'}"


@dataclass(frozen=True)
class Watched:
    """What a command cost, and the memory of it and all its descendants at its peak (RSS, MiB).

    :param parts: how much of that each program had.
    """

    wall_s: float
    cpu_s: float
    peak_mib: float
    parts: dict[str, float]


def watch(command: Sequence[str], environment: dict[str, str], interval_s: float = 0.25) -> Watched:
    """Run ``command`` to its end, whatever its exit code, and look at its memory every ``interval_s`` seconds."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    with subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL) as process:
        root = psutil.Process(process.pid)
        peak: dict[str, float] = {}
        while process.poll() is None:
            now = _memory_of(root)
            if sum(now.values()) > sum(peak.values()):
                peak = now
            time.sleep(interval_s)
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Watched(wall, cpu, sum(peak.values()), peak)


def _memory_of(root: psutil.Process) -> dict[str, float]:
    """MiB of each program among a process and its descendants: the session, Ansible, its workers."""
    found: dict[str, float] = {}
    with contextlib.suppress(psutil.Error):
        for process in [root, *root.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                words = " ".join(process.cmdline()[:4])
                name = "session" if process == root else "Ansible" if "ansible" in words else "others"
                found[name] = found.get(name, 0.0) + process.memory_info().rss / (1 << 20)
    return found
