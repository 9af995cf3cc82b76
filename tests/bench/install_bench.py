"""What a job of GitHub Actions or GitLab CI pays before its first probe: the helper's installation.

``tools/bootstrap.py`` with the environment that the CI has kept, packed as caches are; without it; and beside it what
one would write otherwise: a venv and ``pip install`` of the checkout, pip's downloads being kept.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from tests.bench.measuring import Cost, cost_of, judged

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 3
LIMIT_S = 20.0


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="install-bench-") as directory:
        place = Path(directory)
        downloads = {"PIP_CACHE_DIR": str(place / "pip"), "PIP_CONSTRAINT": ""}
        nothing = _bootstrapped(place, downloads)
        cost_of(["tar", "-C", directory, "--use-compress-program=zstd -T0 -3", "-cf", str(place / "kept"), "venv"], {})
        ours = [_restored(place, downloads) for _ in range(ROUNDS)]
        _pip(place, downloads)  # what it builds with is downloaded, too
        theirs = [_pip(place, downloads) for _ in range(ROUNDS)]
        size = (place / "kept").stat().st_size >> 20
    wall_s, other_s = (statistics.median(cost.wall_s for cost in costs) for costs in (ours, theirs))
    print(f"{'installation, nothing kept':<58} {nothing.wall_s:8.1f} s   CPU {nothing.cpu_s:.1f} s")
    print(judged(f"installation, environment kept ({size} MiB), unpacked", wall_s, LIMIT_S, "s"))
    print(f"{'the same, CPU':<58} {statistics.median(cost.cpu_s for cost in ours):8.1f} s")
    label = "venv and pip install of the checkout, downloads kept"
    print(f"{label:<58} {other_s:8.1f} s   {other_s / wall_s:.1f} x ours")


def _bootstrapped(place: Path, environment: dict[str, str]) -> Cost:
    return cost_of([_python(), str(ROOT / "tools" / "bootstrap.py"), str(place / "venv")], environment)


def _restored(place: Path, environment: dict[str, str]) -> Cost:
    shutil.rmtree(place / "venv")
    unpack = ["tar", "-C", str(place), "--use-compress-program=zstd -d", "-xf", str(place / "kept")]
    unpacked, installed = cost_of(unpack, {}), _bootstrapped(place, environment)
    return Cost(unpacked.wall_s + installed.wall_s, unpacked.cpu_s + installed.cpu_s)


def _pip(place: Path, environment: dict[str, str]) -> Cost:
    venv = place / "plain"
    shutil.rmtree(venv, ignore_errors=True)
    made = cost_of([_python(), "-m", "venv", str(venv)], environment)
    install = [str(venv / "bin" / "pip"), "install", "-qq", "-c", str(ROOT / "constraints.txt"), str(ROOT)]
    installed = cost_of(install, environment)
    return Cost(made.wall_s + installed.wall_s, made.cpu_s + installed.cpu_s)


def _python() -> str:
    """The Python below the environment that this runs in: a CI's job has no environment yet."""
    return str(Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}")
