"""All scenarios side by side against the longest one alone.

Once on the embedded cloud as it is, where six services share the runner's cores and their work side by side makes each
other slower; once with every answer delayed as a real cloud's distance and load delay it, so that the runner's share
shows.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from pocketcloud.cloud import Cloud
from stackprobe.results import from_directory

from tests.bench.measuring import cost_of, judged

ROUNDS = 3
TARGET = 1.2
DELAY_S = [0.2, 0.4]
"""What every public request is delayed by in the second part, in seconds, evenly spread."""


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        work = Path(directory)
        cloud = Cloud(work / "cloud")
        cloud.up()
        try:
            environment = {"OS_CLIENT_CONFIG_FILE": str(cloud.clouds_yaml)}

            def run(number: str, *selection: str) -> Path:
                output = work / f"out-{number}"
                command = [sys.executable, "-m", "stackprobe", "run", "--cloud", "demo", "--output", str(output)]
                cost_of([*command, *selection], environment)
                return output

            longest = _longest(run("first"))
            _compare("the embedded cloud as it is", "plain", longest, run)
            cloud.faults([{"delay": DELAY_S}])
            _compare(f"every answer delayed by {DELAY_S[0]:g} to {DELAY_S[1]:g} s", "delayed", longest, run)
        finally:
            cloud.down()


def _compare(label: str, key: str, longest: str, run: Callable[..., Path]) -> None:
    together, alone = [], []
    for number in range(ROUNDS):
        alone.append(_duration_s(run(f"{key}-alone-{number}", "--scenario", longest)))
        together.append(_duration_s(run(f"{key}-together-{number}")))
    ratio = statistics.median(one / other for one, other in zip(together, alone, strict=True))
    print(f"-- {label}")
    print(f"longest scenario alone ({longest}): median {statistics.median(alone):.2f} s of {alone}")
    print(f"all scenarios together:  median {statistics.median(together):.2f} s of {together}")
    print(judged("together / longest alone", ratio, TARGET, "x"))


def _longest(output: Path) -> str:
    return max(from_directory(output).scenarios, key=lambda scenario: scenario.duration_ms).name


def _duration_s(output: Path) -> float:
    return round(from_directory(output).duration_ms / 1000, 2)


if __name__ == "__main__":
    main()
