"""``stackprobe run``: probes one cloud and writes journal.jsonl, junit.xml, report.html, summary.md and metrics.txt.

Exit code 0: something passed and nothing failed or erred; 1: the cloud failed; 2: only the probe erred, or bad usage.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from stackprobe import ansible, ci, scenarios
from stackprobe.config import access_keys, load_config
from stackprobe.config.model import Config, Target
from stackprobe.errors import UsageError, sentence
from stackprobe.options import add_history, add_roles_path
from stackprobe.progress import progress
from stackprobe.stop import Stop
from stackprobe.suggest import listed
from stackprobe.workplace import workplace

if TYPE_CHECKING:
    from stackprobe.engine.session import Order, Session
    from stackprobe.service_levels.conduct import Asked

HELP = "probe one cloud and write the reports"
_AFTERMATH_S = 15.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_selection(parser)
    parser.add_argument(
        "--ansible-playbook",
        metavar="PROGRAM",
        help="the ansible-playbook to use; default: the one beside this Python, else the one on the PATH",
    )


def add_selection(parser: argparse.ArgumentParser) -> None:
    """Declare what says which cloud is probed with which scenarios, and where the results go."""
    parser.add_argument("--cloud", metavar="NAME", help="the cloud of clouds.yaml; default: the only one of --config")
    parser.add_argument("--region", metavar="NAME", help="its region; default: the first one configured")
    parser.add_argument("--config", metavar="FILE", type=Path, help="probes.yaml; default: none, all defaults")
    parser.add_argument(
        "--scenario", metavar="NAME", action="append", default=[], help="run this scenario (several times: these)"
    )
    parser.add_argument("--tag", metavar="TAG", action="append", default=[], help="run the scenarios with this tag")
    parser.add_argument(
        "--deadline",
        metavar="S",
        type=int,
        help="end the run after so many seconds, teardown included, if the configuration does not end it sooner",
    )
    parser.add_argument(
        "--output",
        metavar="DIR",
        type=Path,
        help="new or empty directory; default: stackprobe-CLOUD-TIME in the current one",
    )
    add_history(parser)
    add_roles_path(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Run.

    :raises UsageError: bad input; nothing was created in the cloud.
    """
    program = ansible.find(arguments.ansible_playbook)
    wanted = resolve(arguments)
    target, chosen = wanted.target, wanted.scenarios
    stop = Stop()
    with stop.listening(), output_directory(arguments.output, target.cloud) as output, workplace() as home:
        socket = home / "socket"
        with ansible.Ansible(program, wanted.roles, socket, home, output, forks=max(5, len(chosen))) as playbook:
            # Only now the SDK: its import and Ansible's start take about as long and go side by side.
            from stackprobe.engine.session import Session  # noqa: PLC0415

            order = wanted.order(output, ansible.version(program))
            session = Session(order, socket)
            session.open()
            console = Console(file=sys.stdout)
            title = f"{target.cloud} {session.facts.region or ''}  run {session.run_id}"
            with progress(console, [one.name for one in chosen], title) as view:
                session.recorder.listeners.append(view.take)
                _conduct(session, playbook, stop)
        return finish(order, session, console, wanted.history)


@dataclass(frozen=True)
class Wanted:
    """What arguments and configuration ask for.

    :param roles: the folders where roles are looked for.
    """

    roles: list[Path]
    config: Config
    target: Target
    scenarios: list[scenarios.Scenario]
    history_directory: Path | None = None
    graphite_url: str | None = None

    @property
    def history(self) -> Asked:
        """Where earlier runs are known."""
        from stackprobe.service_levels.conduct import Asked  # noqa: PLC0415

        return Asked(self.config, self.history_directory, self.graphite_url)

    def order(self, output: Path, ansible_version: str | None) -> Order:
        """The order of a run whose results go to ``output``."""
        from stackprobe.engine.session import Order  # noqa: PLC0415

        build = ci.current()
        return Order(
            self.target,
            self.scenarios,
            output,
            config=self.config.file,
            ci=build.facts,
            trigger_t=build.trigger_t,
            ansible=ansible_version,
            metrics_prefix=self.config.graphite.prefix if self.config.graphite else None,
            metrics_naming=self.config.graphite.naming if self.config.graphite else (),
        )


def resolve(arguments: argparse.Namespace) -> Wanted:
    """The cloud's settings and the scenarios that the arguments and the configuration select.

    :raises UsageError: they do not fit together.
    """
    roles = scenarios.roles_paths(arguments.roles_path)
    found = scenarios.discover(roles)
    config = load_config(arguments.config, known=scenarios.known(found))
    target = config.target(_cloud(arguments.cloud, config), arguments.region).ending_by(arguments.deadline)
    chosen = scenarios.select(found, target.selection, arguments.scenario, arguments.tag)
    runs = {one.name for one in chosen}
    for warning in config.warnings:
        if warning.scenario not in runs:
            print(f"stackprobe: warning: {warning}", file=sys.stderr)
    access_keys.check(config, target, sorted(runs))
    return Wanted(roles, config, target, chosen, arguments.history, arguments.graphite_url)


def finish(order: Order, session: Session, console: Console | None, history: Asked) -> int:
    """Judge the service levels of a closed session, write its reports and say how it went; the exit code.

    :param history: where earlier runs are known.
    """
    from stackprobe.outputs import OutputError, write_all  # noqa: PLC0415
    from stackprobe.outputs.earlier_opening import add_earlier  # noqa: PLC0415
    from stackprobe.outputs.warning_lines import service_level_lines  # noqa: PLC0415
    from stackprobe.results import from_directory  # noqa: PLC0415
    from stackprobe.service_levels.conduct import judge_run  # noqa: PLC0415

    results = from_directory(order.output)
    problem = session.recorder.blind
    try:
        judge_run(order.output, results, history)
        write_all(order.output, results)
        add_earlier(order.output, results, order.config, history=history.directory, url=history.url)
    except OutputError as error:
        problem = str(error)
    if problem:
        print(f"stackprobe: {problem}", file=sys.stderr)
    for suite in results.suites:
        for step in suite.steps:
            if suite.name == "run" and step.outcome.is_bad:
                remedy = f" {sentence(step.remedy)}" if step.remedy else ""
                print(f"stackprobe: {order.target.cloud} – {step.message}.{remedy}", file=sys.stderr)
    if console is not None:
        console.print(
            f"{order.target.cloud} – {results.outcome}; {len(results.scenarios)} scenarios, {len(results.steps)} steps,"
            f" {results.leftovers} leftovers, {results.duration_ms / 1000:.1f} s."
            f" Report: {order.output / 'report.html'}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
        for line in service_level_lines(results):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    return 2 if problem and results.exit_code == 0 else results.exit_code


@contextmanager
def output_directory(wanted: Path | None, cloud: str) -> Iterator[Path]:
    """The directory of the results, made if need be; a directory that was made in vain is removed again.

    :raises UsageError: it cannot be written, or holds something already.
    """
    safe = re.sub(r"[^A-Za-z0-9_.-]+", "_", cloud)
    path = wanted or Path(f"stackprobe-{safe}-{time.strftime('%Y%m%dT%H%M%S')}")
    existed = path.exists()
    try:
        path.mkdir(parents=True, exist_ok=True)
        occupied = any(path.iterdir())
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise UsageError(
            f"the output directory cannot be written: {error.strerror or error}",
            remedy="name another one with --output",
            file=path,
        ) from None
    if occupied:
        raise UsageError("the output directory is not empty", remedy="name a new one with --output", file=path)
    try:
        yield path
    except UsageError:
        (path / ansible.LOG).unlink(missing_ok=True)
        if not existed and not any(path.iterdir()):
            path.rmdir()
        raise


def _conduct(session: Session, playbook: ansible.Ansible, stop: Stop) -> None:
    """From the first authentication to the last teardown."""
    prepared = threading.Thread(target=session.prepare, name="prepare", daemon=True)
    prepared.start()
    code = None
    while code is None and stop.reason is None and time.monotonic() < session.engine.ends + _AFTERMATH_S:
        code = playbook.wait(0.2)
    reason = stop.reason or ("deadline" if code is None else None)
    problem = None
    if reason:
        session.engine.performer.interrupt(reason)
        playbook.wait(2.0)
    else:
        prepared.join(_AFTERMATH_S)
        problem = f"Ansible ended with exit code {code}: {playbook.last_words()}" if code else None
    session.close(reason, problem)
    session.server.stop()


def _cloud(wanted: str | None, config: Config) -> str:
    if wanted:
        return wanted
    named = sorted({target.cloud for target in config.targets})
    if len(named) == 1:
        return named[0]
    remedy = f"choose one of {listed(named)} with --cloud" if named else "name a cloud of clouds.yaml with --cloud"
    raise UsageError("no cloud was given", remedy=remedy)
