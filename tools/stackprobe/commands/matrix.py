"""``stackprobe matrix``: the clouds and regions to probe, as a CI that makes a job of each wants them.

One line of JSON on standard output: ``{"include": [{"name": …, "cloud": …, "region": …}, …]}``, an empty region being
the first of clouds.yaml. In GitHub Actions it is the step's output ``matrix``, too; ``config`` is the configuration
that was found, and ``trigger-time`` (unix seconds) when the schedule's run was due.

Exit code 2: no cloud is named, or the configuration has mistakes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from stackprobe import ci, github, scenarios
from stackprobe.config import load_config
from stackprobe.config.model import Config, Target
from stackprobe.errors import UsageError
from stackprobe.options import add_roles_path

HELP = "list the clouds and regions to probe, for a CI that makes a job of each"

#: The name of a configuration that is taken without being asked for.
USUAL_CONFIG = Path("probes.yaml")
#: GitLab makes so many jobs of one matrix; GitHub makes 256.
MOST_JOBS = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--config", metavar="FILE", help=f"the configuration (default: {USUAL_CONFIG}, where there is one)"
    )
    parser.add_argument(
        "--clouds",
        metavar="LIST",
        default="",
        help="only these: CLOUD or CLOUD/REGION, separated by commas or spaces (default: all of the configuration)",
    )
    add_roles_path(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Print them.

    :raises UsageError: nothing is to be probed, or the configuration is no good.
    """
    file = Path(arguments.config) if arguments.config else USUAL_CONFIG if USUAL_CONFIG.is_file() else None
    found = scenarios.discover(scenarios.roles_paths(arguments.roles_path))
    config = load_config(file, known=scenarios.known(found))
    targets = list(dict.fromkeys((one.cloud, one.region or "") for one in _targets(config, arguments.clouds)))
    if not targets:
        raise UsageError(
            "no cloud is named",
            remedy="name clouds of the secret's clouds.yaml with --clouds (`clouds` in a workflow), "
            f"or as `clouds` in {USUAL_CONFIG}",
            file=file,
        )
    if len(targets) > MOST_JOBS:
        remedy = "split them among several workflows, by --clouds"
        raise UsageError(
            f"these are {len(targets)} clouds and regions, more than the {MOST_JOBS} of one matrix", remedy=remedy
        )
    include = [
        {"name": f"{cloud} / {region}" if region else cloud, "cloud": cloud, "region": region}
        for cloud, region in targets
    ]
    matrix = json.dumps({"include": include})
    print(matrix)
    if runner := github.runner():
        trigger_t = ci.current().trigger_t
        runner.output(
            matrix=matrix, config=str(file or ""), trigger_time="" if trigger_t is None else f"{trigger_t:.0f}"
        )
    return 0


def _targets(config: Config, wanted: str) -> Iterator[Target]:
    names = wanted.replace(",", " ").split()
    if not names:
        yield from config.targets
    for name in names:
        cloud, _, region = name.partition("/")
        if not cloud:
            raise UsageError(f"`{name}` names no cloud", remedy="write CLOUD or CLOUD/REGION")
        if region:
            yield config.target(cloud, region)
            continue
        of_config = [one for one in config.targets if one.cloud == cloud]
        yield from of_config or [config.target(cloud)]
