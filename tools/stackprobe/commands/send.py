"""``stackprobe send DIR --graphite HOST:PORT``: deliver the figures of a run, and of earlier runs that still wait."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from stackprobe.address import Address, parse_address
from stackprobe.config import load_config
from stackprobe.errors import UsageError
from stackprobe.graphite.delivery import Deliverer, Delivery
from stackprobe.graphite.points import Point, parse_points
from stackprobe.graphite.readback import ReadBack
from stackprobe.graphite.spool import Spool, SpoolBusy
from stackprobe.graphite.undelivered import add_earlier, read_earlier, write_undelivered
from stackprobe.graphite.wire import ConfirmingSender

HELP = "deliver DIR/metrics.txt to Graphite, after what earlier runs could not deliver"

#: How long to wait for another sender of the same spool, seconds.
LOCK_PATIENCE_S = 60.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("directory", metavar="DIR", type=Path, help="the output directory of a run")
    parser.add_argument(
        "--graphite", metavar="HOST:PORT", help="carbon's line receiver, often port 2003; default: that of --config"
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
        help="base address of graphite-web: read every figure back and send again what carbon has dropped",
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

    :raises UsageError: a malformed address, no ``metrics.txt``, one that is none, or a spool that cannot be written.
    """
    address = _address(arguments)
    readback = ReadBack(arguments.verify_url, arguments.timeout) if arguments.verify_url else None
    points = _own(arguments)
    spool = Spool(arguments.spool or arguments.directory / "spool", address, _say)
    new = spool.add(points, arguments.again)
    if points and not new:
        _say("these figures are delivered already, or are waiting")
    add_earlier(spool, read_earlier(arguments.earlier, _say))
    _keep(spool, arguments.undelivered)  # a kill during the delivery must not cost them
    deliverer = Deliverer(
        spool, ConfirmingSender(address, arguments.timeout), readback, arguments.wait, arguments.settle, _say
    )
    try:
        with spool.locked(LOCK_PATIENCE_S):
            state = deliverer.run()
    except SpoolBusy:
        _say("another sender works on this spool; these figures wait there for it or for the next one")
        return 1
    except OSError as error:
        raise UsageError(
            f"the spool cannot be written: {error.strerror}",
            file=spool.directory,
            remedy="check permissions and free space",
        ) from error
    _keep(spool, arguments.undelivered)
    print(_summary(state, str(address), readback is not None))
    return 1 if state.waiting else 0


def _own(arguments: argparse.Namespace) -> list[Point]:
    """The run's own figures. Where there are none, those of earlier runs are delivered all the same."""
    file = arguments.directory / "metrics.txt"
    if (arguments.earlier or arguments.undelivered) and not file.exists():
        _say(f"{file} is missing: this run has no figures")
        return []
    return _read(file)


def _keep(spool: Spool, file: Path | None) -> None:
    if file is not None:
        write_undelivered(spool, file, _say)


def _address(arguments: argparse.Namespace) -> Address:
    if arguments.graphite:
        return parse_address(arguments.graphite)
    graphite = load_config(arguments.config).graphite if arguments.config else None
    if graphite is None:
        raise UsageError(
            "no Graphite was given",
            remedy="name one with --graphite, or in `graphite` of --config",
            file=arguments.config,
        )
    return graphite.address


def _summary(state: Delivery, address: str, verified: bool) -> str:
    how = "stored and read back" if verified else "taken by carbon, not read back (see --verify-url)"
    text = f"{address}: {state.delivered} figures {how}"
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
    value = float(text)
    if not 0 <= value < 86400:
        raise argparse.ArgumentTypeError("give seconds, 0 to 86400")
    return value


def _say(line: str) -> None:
    print(f"send: {line}", file=sys.stderr, flush=True)
