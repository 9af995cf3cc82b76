"""How long `stackprobe init` looks at the embedded cloud, as it is and with every answer delayed as by a real cloud."""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from pocketcloud.cloud import Cloud

from tests.bench.measuring import cost_of, judged

ROUNDS = 5
TARGET_S = 10.0
DELAY_S = [0.2, 0.4]
"""What every public request is delayed by in the second part, in seconds, evenly spread."""


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        cloud = Cloud(Path(directory) / "cloud")
        cloud.up()
        try:
            environment = {"OS_CLIENT_CONFIG_FILE": str(cloud.clouds_yaml)}
            command = [sys.executable, "-m", "stackprobe", "init", "--cloud", "demo", "--output", "-"]
            cost_of(command, environment)
            for label, rules in (("as it is", []), ("every answer delayed by 0.2 to 0.4 s", [{"delay": DELAY_S}])):
                cloud.faults(rules)
                costs = [cost_of(command, environment) for _ in range(ROUNDS)]
                print(f"-- the embedded cloud, {label}: {[round(one.wall_s, 2) for one in costs]} s")
                print(judged("init, wall time", statistics.median(one.wall_s for one in costs), TARGET_S, "s"))
                print(f"its CPU: median {statistics.median(one.cpu_s for one in costs):.2f} s")
        finally:
            cloud.down()


if __name__ == "__main__":
    main()
