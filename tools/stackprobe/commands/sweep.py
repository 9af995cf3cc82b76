"""``stackprobe sweep``: removes what dead runs left in a project, never what a live run or anyone else owns.

Whose a resource is stands in its name; only the project of the credentials is looked at. A run is dead when it was
killed on this machine, or when it is over by its own deadline; ages are judged by the cloud's clock.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

from stackprobe import scenarios
from stackprobe.cloud import open_cloud
from stackprobe.config import load_config
from stackprobe.errors import UsageError
from stackprobe.metricname import part
from stackprobe.naming import is_prefix
from stackprobe.options import add_roles_path
from stackprobe.sweep import sweep
from stackprobe.sweep.report import write

HELP = "remove what dead runs left in a project"

_REQUEST_TIMEOUT_S = 30.0
_AGE = re.compile(r"([0-9]{1,9})([smhd])")
_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--cloud", required=True, metavar="NAME", help="the cloud of clouds.yaml")
    parser.add_argument("--region", metavar="NAME", help="its region (default: its first)")
    parser.add_argument("--config", metavar="FILE", type=Path, help="the configuration, for prefix and region")
    parser.add_argument("--prefix", metavar="PREFIX", help="the prefix of names (default: the configuration's)")
    parser.add_argument(
        "--older-than",
        metavar="AGE",
        help="remove resources of runs of other machines when they are older than this (90s, 15m, 2h, 1d); "
        "by default when their run is over by its own deadline",
    )
    add_roles_path(parser)
    parser.add_argument("--dry-run", action="store_true", help="only say what would be deleted")
    parser.add_argument("--json", action="store_true", help="report as JSON")
    parser.add_argument(
        "--output",
        metavar="DIR",
        type=Path,
        help="also write the report to DIR/sweep.json and add its figures to DIR/metrics.txt",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Sweep; 0 when nothing of a dead run is left, 1 when the cloud could not delete or list something.

    :raises UsageError: bad input, or credentials that the cloud refuses.
    """
    older_than_s = None if arguments.older_than is None else parse_age(arguments.older_than)
    scenarios.learn_resources(scenarios.discover(scenarios.roles_paths(arguments.roles_path)).values())
    config = load_config(arguments.config)
    target = config.target(arguments.cloud, arguments.region)
    prefix = arguments.prefix or target.prefix
    if not is_prefix(prefix):
        raise UsageError(f"the prefix `{prefix}` is not 2 to 20 lower-case letters and digits, the first a letter")
    connection = open_cloud(arguments.cloud, target.region, timeout_s=_REQUEST_TIMEOUT_S)
    report = sweep(
        connection,
        prefix=prefix,
        older_than_s=older_than_s,
        dry_run=arguments.dry_run,
        tell=lambda text: print(text, file=sys.stderr, flush=True),
    )
    if arguments.output:
        metrics_prefix = config.graphite.prefix if config.graphite else prefix
        region = target.metric_region(connection.config.get_region_name())
        try:
            write(report, arguments.output, ".".join((metrics_prefix, part(target.metric_cloud), part(region))))
        except OSError as error:
            remedy = "check permissions and free space"
            raise UsageError(
                f"the report cannot be written: {error.strerror}", file=arguments.output, remedy=remedy
            ) from error
    if arguments.json:
        print(json.dumps(report.as_dict(), indent=2))
    else:
        print("\n".join(report.lines()))
    return report.exit_code


def parse_age(text: str) -> float:
    """An age like 90s, 15m, 2h or 1d in seconds.

    :raises UsageError: it is malformed.
    """
    match = _AGE.fullmatch(text)
    if not match:
        raise UsageError(f"`{text}` is no age", remedy="write a number and a unit, as in 90s, 15m, 2h or 1d")
    return float(int(match[1]) * _UNITS_S[match[2]])
