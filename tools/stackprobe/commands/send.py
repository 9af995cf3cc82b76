"""``stackprobe send DIR --graphite HOST:PORT``: deliver the figures of a run, and of earlier runs that still wait."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from stackprobe.address import parse_address
from stackprobe.config import load_config
from stackprobe.config.destinations import Destination, Tls
from stackprobe.errors import UsageError
from stackprobe.graphite.delivery import Deliverer, Delivery
from stackprobe.graphite.points import Point, parse_points
from stackprobe.graphite.readback import ReadBack
from stackprobe.graphite.spool import Spool, SpoolBusy, waiting_elsewhere
from stackprobe.graphite.tls import context
from stackprobe.graphite.undelivered import (
    add_earlier,
    for_destination,
    for_nobody,
    read_earlier,
    write_undelivered,
)
from stackprobe.graphite.wanted import points_for
from stackprobe.graphite.wire import ConfirmingSender
from stackprobe.metricname import part

HELP = "deliver DIR/metrics.txt to Graphite, after what earlier runs could not deliver"

#: How long to wait for another sender of the same spool, seconds.
LOCK_PATIENCE_S = 60.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("directory", metavar="DIR", type=Path, help="the output directory of a run")
    parser.add_argument(
        "--graphite",
        metavar="HOST:PORT",
        action="append",
        default=[],
        help="carbon's line receiver, often port 2003; may be given several times (default: those of --config)",
    )
    parser.add_argument("--tls", action="store_true", help="--graphite is behind TLS")
    parser.add_argument(
        "--ca", metavar="FILE", type=Path, help="with --tls: the certificates to trust (default: those of the system)"
    )
    parser.add_argument("--config", metavar="FILE", type=Path, help="probes.yaml, for its `graphite`")
    parser.add_argument(
        "--spool",
        metavar="DIR",
        type=Path,
        help="keeps what could not be delivered; give one place to all runs (default: DIR/spool)",
    )
    parser.add_argument(
        "--verify-url",
        metavar="URL",
        action="append",
        default=[],
        help="base address of graphite-web: read every figure back and send again what carbon has dropped; "
        "the first one belongs to the first destination, and so on",
    )
    parser.add_argument(
        "--wait", metavar="S", type=_seconds, default=20.0, help="go on trying for so long (default: %(default)g s)"
    )
    parser.add_argument(
        "--timeout",
        metavar="S",
        type=_seconds,
        default=10.0,
        help="for one batch or one answer (default: %(default)g s)",
    )
    parser.add_argument(
        "--settle",
        metavar="S",
        type=_seconds,
        default=3.0,
        help="with --verify-url: a figure is stored when it is readable so long after sending (default: %(default)g s)",
    )
    parser.add_argument(
        "--earlier",
        metavar="FILE",
        type=Path,
        action="append",
        default=[],
        help="deliver these figures of earlier runs too (see `stackprobe undelivered`); may be missing",
    )
    parser.add_argument(
        "--undelivered",
        metavar="FILE",
        type=Path,
        help="write what could not be delivered there, for a later run; removed when nothing waits",
    )
    parser.add_argument("--again", action="store_true", help="also send figures that were delivered before")


def execute(arguments: argparse.Namespace) -> int:
    """Deliver; 0 when nothing is left to deliver, 1 when something waits in the spool for the next time.

    Each destination has a spool of its own and is delivered to at the same time: one that is away holds up no other.

    :raises UsageError: a malformed address, no ``metrics.txt``, one that is none, or a spool that cannot be written.
    """
    places = destinations(arguments)
    if len(arguments.verify_url) > len(places):
        raise UsageError("there are more --verify-url than destinations", remedy="give one for each, in their order")
    urls = [*arguments.verify_url, *([None] * (len(places) - len(arguments.verify_url)))]
    written = _own(arguments)
    earlier = read_earlier(arguments.earlier, _say)
    jobs = [_job(arguments, *pair) for pair in zip(places, urls, strict=True)]
    for job in jobs:
        points = points_for(job.place, arguments.directory, written) if written else []
        if not job.spool.add(points, arguments.again) and points:
            job.say("these figures are delivered already, or are waiting")
        add_earlier(job.spool, for_destination(earlier, job.place))
    for name, number in for_nobody(earlier, places):
        _say(f"GIVEN UP: {number} figures of earlier runs for {name}: no destination here gets them")
    for directory in waiting_elsewhere([job.spool for job in jobs]):
        _say(f"figures wait in {directory}, which is of no destination here: name it again, or remove them")
    only = len(jobs) == 1 and places[0].takes_all
    spools = {"" if only else job.place.name: job.spool for job in jobs}
    _keep(spools, arguments.undelivered)  # a kill during the delivery must not cost them
    with ThreadPoolExecutor(len(jobs)) as pool:
        states = [future.result() for future in [pool.submit(_deliver, job) for job in jobs]]
    _keep(spools, arguments.undelivered)
    for job, state in zip(jobs, states, strict=True):
        if state:
            print(_summary(state, job.place.name, job.deliverer.readback is not None))
    return 1 if any(state is None or state.waiting for state in states) else 0


@dataclass(frozen=True)
class _Job:
    """One destination, and what delivers to it."""

    place: Destination
    spool: Spool
    deliverer: Deliverer
    say: Callable[[str], None]


def _job(arguments: argparse.Namespace, place: Destination, verify_url: str | None) -> _Job:
    def say(line: str) -> None:
        _say(f"{place.name}: {line}" if len(arguments.graphite) > 1 or not arguments.graphite else line)

    readback = ReadBack(verify_url, arguments.timeout) if verify_url else None
    kind = "" if place.takes_all else part("-".join(filter(None, (*place.naming, place.prefix))))
    spool = Spool(arguments.spool or arguments.directory / "spool", place.address, say, kind)
    sender = ConfirmingSender(place.address, arguments.timeout, context(place.tls) if place.tls else None)
    return _Job(place, spool, Deliverer(spool, sender, readback, arguments.wait, arguments.settle, say), say)


def _deliver(job: _Job) -> Delivery | None:
    """Deliver what waits; None: another sender does."""
    try:
        with job.spool.locked(LOCK_PATIENCE_S):
            return job.deliverer.run()
    except SpoolBusy:
        job.say("another sender works on this spool; these figures wait there for it or for the next one")
        return None
    except OSError as error:
        raise UsageError(
            f"the spool cannot be written: {error.strerror}",
            file=job.spool.directory,
            remedy="check permissions and free space",
        ) from error


def _own(arguments: argparse.Namespace) -> list[Point]:
    """The run's own figures. Where there are none, those of earlier runs are delivered all the same."""
    file = arguments.directory / "metrics.txt"
    if (arguments.earlier or arguments.undelivered) and not file.exists():
        _say(f"{file} is missing: this run has no figures")
        return []
    return _read(file)


def _keep(spools: Mapping[str, Spool], file: Path | None) -> None:
    if file is not None:
        write_undelivered(spools, file, _say)


def destinations(arguments: argparse.Namespace) -> tuple[Destination, ...]:
    """Where the figures go: what the command line names, or else the configuration.

    :raises UsageError: a malformed address, nothing named at all, or TLS for what is named elsewhere.
    """
    if arguments.graphite:
        tls = Tls(arguments.ca) if arguments.tls or arguments.ca else None
        found = tuple(Destination(parse_address(one), tls=tls) for one in arguments.graphite)
        if len(set(found)) < len(found):
            raise UsageError("one --graphite is named twice", remedy="leave one of them out")
        return found
    if arguments.tls or arguments.ca:
        raise UsageError("--tls and --ca are for --graphite", remedy="write `tls` in `graphite` of --config")
    graphite = load_config(arguments.config).graphite if arguments.config else None
    if graphite is None:
        raise UsageError(
            "no Graphite was given",
            remedy="name one with --graphite, or in `graphite` of --config",
            file=arguments.config,
        )
    return graphite.destinations


def _summary(state: Delivery, place: str, verified: bool) -> str:
    how = "stored and read back" if verified else "taken by carbon, not read back (see --verify-url)"
    text = f"{place}: {state.delivered} figures {how}"
    if state.superseded:
        text += f" ({state.superseded} of them superseded by a later value in the same slot)"
    if state.waiting:
        text += f"; {state.waiting} wait in the spool for the next time"
        text += f" ({state.trouble})" if state.trouble else ""
    return text


def _read(path: Path) -> list[Point]:
    try:
        return parse_points(path.read_text(encoding="utf-8"), path)
    except UnicodeDecodeError as error:
        raise UsageError("this is not a file of figures", file=path, remedy="run `stackprobe report` first") from error
    except OSError as error:
        raise UsageError(
            f"the figures cannot be read: {error.strerror}",
            file=path,
            remedy="run `stackprobe report` on the directory",
        ) from error


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 86400:
        raise argparse.ArgumentTypeError(f"`{text}` is no number of seconds from 0 to 86400")
    return value


def _say(line: str) -> None:
    print(f"send: {line}", file=sys.stderr, flush=True)
