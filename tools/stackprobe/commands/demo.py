"""``stackprobe demo``: a genuine OpenStack and a genuine Graphite on loopback, probed once; both end with the command.

Its exit code is that of the run; 2 when the figures in Graphite are not those of the run.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import pocketgraphite
from pocketcloud.cloud import Cloud
from pocketcloud.errors import PocketcloudError
from pocketcloud.progress import Progress
from rich.console import Console
from rich.table import Table

from stackprobe.errors import UsageError

HELP = "try everything here: an embedded cloud, one run, its report, its figures in a real Graphite"
#: How long to read figures back, seconds: a busy machine's Graphite takes its time for thousands of new series.
READBACK_S = 180
SHOWN = ("duration_ms", "passed", "failed", "error")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "directory",
        metavar="DIR",
        type=Path,
        nargs="?",
        default=Path("demo"),
        help="where everything goes (default: demo)",
    )
    parser.add_argument(
        "--hold",
        action=argparse.BooleanOptionalAction,
        default=sys.stdin.isatty() and sys.stdout.isatty(),
        help="let cloud and Graphite run until Enter is pressed (default: in a terminal)",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Show everything.

    :raises UsageError: the directory is somebody else's, or something cannot be installed or started.
    """
    directory = arguments.directory.resolve()
    report = _report_directory(directory)
    with ExitStack() as stack:
        try:
            progress = Progress(sys.stdout)
            cloud = Cloud(directory / "cloud", progress)
            cloud.up()
            stack.callback(cloud.down)
            graphite = pocketgraphite.up(directory / "graphite", say=progress.note)
            stack.callback(pocketgraphite.down, directory / "graphite")
        except PocketcloudError as error:
            raise UsageError(error.what, remedy=error.remedy) from None
        except pocketgraphite.PocketgraphiteError as error:
            raise UsageError(error.what, remedy=error.remedy) from None
        environment = {**os.environ, "OS_CLIENT_CONFIG_FILE": str(cloud.clouds_yaml)}
        environment.pop("OS_CLOUD", None)
        code = _stackprobe(["run", "--cloud", "demo", "--output", str(report)], environment)
        where = ["--graphite", graphite.carbon, "--verify-url", graphite.url, "--wait", str(READBACK_S)]
        sent = _stackprobe(["send", str(report), *where], environment)
        console = Console()
        console.print(_figures(graphite, report))
        console.print(f"Report:   {report / 'report.html'}\nGraphite: {graphite.url}", highlight=False, soft_wrap=True)
        if arguments.hold:
            print(f"Look around: export OS_CLIENT_CONFIG_FILE={cloud.clouds_yaml} OS_CLOUD=demo")
            input("Press Enter to end the cloud and Graphite. ")
    return code or (2 if sent else 0)


def _report_directory(directory: Path) -> Path:
    """A new directory for this run's report; the demo can be repeated in one place."""
    ours = {"cloud", "graphite"}
    if directory.is_dir():
        foreign = sorted(
            one.name for one in directory.iterdir() if one.name not in ours and not one.name.startswith("report")
        )
        if foreign:
            raise UsageError(
                f"it is not a demo's directory, it holds {foreign[0]}", remedy="name another one", file=directory
            )
    for leftover in sorted(directory.glob("report")):
        leftover.rename(
            directory / f"report-{time.strftime('%Y%m%dT%H%M%S', time.localtime(leftover.stat().st_mtime))}"
        )
    return directory / "report"


def _stackprobe(arguments: Sequence[str], environment: dict[str, str]) -> int:
    return subprocess.run([sys.executable, "-m", "stackprobe", *arguments], env=environment, check=False).returncode


def _figures(graphite: pocketgraphite.Graphite, report: Path) -> Table:
    """What Graphite itself says about each scenario of the run, asked through its render API."""
    table = Table(title="As Graphite has it (/render)", title_justify="left", box=None, pad_edge=False)
    table.add_column("scenario")
    for column in SHOWN:
        table.add_column(column, justify="right")
    stored: dict[str, dict[str, float]] = {}
    for line in (report / "metrics.txt").read_text(encoding="utf-8").splitlines():
        name = line.split()[0]
        parts = name.split(".")
        if len(parts) == 5 and parts[-1] in SHOWN:
            stored.setdefault(parts[-2], {})[parts[-1]] = float("nan")
    now = time.time()
    series = graphite.render(["stackprobe.demo.*.*.{" + ",".join(SHOWN) + "}"], now - 1800, now + 60)
    for name, points in series.items():
        scenario, figure = name.split(".")[-2:]
        if points and scenario in stored:
            stored[scenario][figure] = points[-1][1]
    for scenario, figures in sorted(stored.items()):
        table.add_row(scenario, *(f"{figures.get(column, float('nan')):g}" for column in SHOWN))
    return table
