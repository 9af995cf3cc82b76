"""Which commands follow a run, and what it means when one of them does not end well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stackprobe.commands.heartbeat import VARIABLE
from stackprobe.results import Outcome, Results


@dataclass(frozen=True)
class Part:
    """One command of the helper.

    :param title: what it does, for people.
    :param arguments: of ``stackprobe``.
    :param limit_s: it is ended after so long, seconds.
    :param meaning: what it means that it did not end with 0.
    :param environment: variables that it needs beside those that there are.
    :param always: it is done even when what follows the run was interrupted.
    """

    title: str
    arguments: tuple[str, ...]
    limit_s: float
    meaning: str
    environment: Mapping[str, str] = field(default_factory=dict)
    always: bool = False


@dataclass(frozen=True)
class Wanted:
    """What the operator wants to follow.

    :param directory: the output directory of the run.
    :param clouds_file: what ``stackprobe login`` wrote; None: credentials are found as every client finds them.
    :param graphite: carbon's line receiver; None: that of ``config``.
    :param roles_paths: folders of the operator's own scenarios, which may make what only they know.
    :param deliver: whether there is a Graphite at all.
    """

    directory: Path
    config: Path | None = None
    clouds_file: Path | None = None
    sweep: bool = True
    sweep_limit_s: float = 180.0
    deliver: bool = False
    graphite: str | None = None
    verify_url: str | None = None
    spool: Path | None = None
    roles_paths: tuple[Path, ...] = ()


def parts(wanted: Wanted, results: Results | None, environment: Mapping[str, str]) -> Iterator[Part]:
    """The commands, in their order.

    :param results: of the run; None: it did not come so far as to have any, so that nothing was created.
    """
    if results and results.known and wanted.sweep and _can_be_swept(results):
        yield _sweep(wanted, results)
    if results and wanted.deliver:
        yield _delivery(wanted)
    if results and environment.get(VARIABLE, "").strip():
        meaning = "the dead man's switch could not be reached"
        yield Part("Tell the dead man's switch", ("heartbeat", str(wanted.directory)), 30.0, meaning)
    if wanted.clouds_file is not None:
        arguments = ("logout", "--clouds-file", str(wanted.clouds_file))
        yield Part("Log out", arguments, 30.0, "the login was not ended as it should be", always=True)


def _can_be_swept(results: Results) -> bool:
    """Whatever kept a run from judging the cloud would stop the sweep too; unless it was ended, or left something."""
    judged = results.outcome is not Outcome.ERROR
    return judged or not results.finished or bool(results.end_reason) or results.leftovers > 0


def _sweep(wanted: Wanted, results: Results) -> Part:
    arguments = ["sweep", "--cloud", results.cloud, "--prefix", results.prefix, "--output", str(wanted.directory)]
    arguments += [part for path in wanted.roles_paths for part in ("--roles-path", str(path))]
    if results.region:
        arguments += ["--region", results.region]
    if wanted.config:
        arguments += ["--config", str(wanted.config)]
    # credentials of a login hold for its runs only; else wherever every client looks
    environment = {"OS_CLIENT_CONFIG_FILE": str(wanted.clouds_file)} if wanted.clouds_file else {}
    meaning = "what dead runs have left could not be removed"
    return Part("Remove what dead runs have left", tuple(arguments), wanted.sweep_limit_s, meaning, environment)


def _delivery(wanted: Wanted) -> Part:
    arguments = ["send", str(wanted.directory)]
    options = {
        "--graphite": wanted.graphite,
        "--config": None if wanted.graphite else wanted.config,
        "--verify-url": wanted.verify_url,
        "--spool": wanted.spool,
    }
    for option, value in options.items():
        if value:
            arguments += [option, str(value)]
    meaning = "figures could not be delivered to Graphite and wait for a later run"
    return Part("Deliver the figures to Graphite", tuple(arguments), 120.0, meaning)
