"""Looks at the clouds that a command line names: whose state, from which history, at what time."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from stackprobe import scenarios
from stackprobe.config import load_config
from stackprobe.config.model import Config, Target
from stackprobe.errors import UsageError
from stackprobe.history.model import History
from stackprobe.history.opening import open_history
from stackprobe.options import add_roles_path
from stackprobe.state.assess import assess
from stackprobe.state.model import CloudState

USUAL_CONFIG = Path("probes.yaml")
"""The configuration that is taken without being asked for."""


@dataclass(frozen=True)
class Look:
    """One cloud and region with its history, and what is known of it."""

    target: Target
    history: History
    state: CloudState


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare whose state is looked at, and where its history is."""
    parser.add_argument(
        "--config",
        metavar="FILE",
        type=Path,
        help=f"the configuration (default: {USUAL_CONFIG}, where there is one)",
    )
    parser.add_argument("--cloud", metavar="NAME", help="only this cloud (default: all of the configuration)")
    parser.add_argument("--region", metavar="NAME", help="only this region of it")
    parser.add_argument(
        "--history",
        metavar="DIR",
        type=Path,
        help="a directory of past runs (default: `history` of the configuration)",
    )
    parser.add_argument(
        "--graphite-url",
        metavar="URL",
        help="base address of graphite-web, in place of a directory (default: `graphite.url` of the configuration)",
    )
    parser.add_argument(
        "--at", metavar="TIME", type=_moment, help="as it was at that time, such as 2026-12-01T22:00:00Z (default: now)"
    )
    add_roles_path(parser)


def look(arguments: argparse.Namespace) -> list[Look]:
    """The clouds that the command line names, in the order of the configuration.

    :raises UsageError: none is named, the configuration is no good, or there is no history.
    """
    found = scenarios.discover(scenarios.roles_paths(arguments.roles_path))
    file = arguments.config or (USUAL_CONFIG if USUAL_CONFIG.is_file() else None)
    config = load_config(file, known=scenarios.known(found))
    targets = _targets(config, arguments.cloud, arguments.region)
    histories = [_history(config, one, arguments) for one in targets]
    now_t = time.time() if arguments.at is None else arguments.at
    configured = config.file is not None
    return [
        Look(one, history, assess(history, one, found, now_t, configured=configured))
        for one, history in zip(targets, histories, strict=True)
    ]


def _targets(config: Config, cloud: str | None, region: str | None) -> Sequence[Target]:
    if cloud is None:
        if region is not None:
            raise UsageError("a region is named without its cloud", remedy="give --cloud, too")
        if not config.targets:
            remedy = f"name it with --cloud, or clouds under `clouds` of {USUAL_CONFIG}"
            raise UsageError("no cloud is named", remedy=remedy, file=config.file)
        return config.targets
    if region is None and (found := [one for one in config.targets if one.cloud == cloud]):
        return found
    return [config.target(cloud, region)]


def _history(config: Config, target: Target, arguments: argparse.Namespace) -> History:
    history = open_history(config, target, directory=arguments.history, url=arguments.graphite_url)
    if history is None:
        raise UsageError(
            "there is no history of past runs",
            remedy="give --history DIR or --graphite-url URL, or `history.directory` or `graphite.url` in the "
            "configuration",
            file=config.file,
        )
    return history


def _moment(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"`{text}` is no time with its zone, such as 2026-12-01T22:00:00Z")
    return moment.timestamp()
