"""The command line."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
import sys
from collections.abc import Sequence

from pocketcloud.cloud import HYPERVISORS, NAMESPACES, Cloud, Status
from pocketcloud.errors import PocketcloudError, ServiceDied
from pocketcloud.faults.rules import FaultsError
from pocketcloud.guests import namespaces
from pocketcloud.progress import Progress
from pocketcloud.series import ALL as SERIES
from pocketcloud.series import NEWEST
from pocketcloud.services import ALL, OPTIONAL

MIB = 1 << 20


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pocketcloud", description="Genuine OpenStack services in one directory.")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start a fresh cloud in DIR")
    up.add_argument("--port", type=int, help="first of its ports in a row (default: any that are free)")
    up.add_argument("--tls", action="store_true", help="https endpoints, with an authority made for this cloud")
    names = ", ".join(service.name for service in OPTIONAL)
    up.add_argument(
        "--with", dest="extra", type=_names, default=[], metavar="SERVICES",
        help=f"optional services beside the six, separated by commas: {names}, or {ALL}",
    )  # fmt: skip
    up.add_argument(
        "--series", default=NEWEST.name, metavar="RELEASE",
        help=f"the release of OpenStack: {', '.join(SERIES)} (default: %(default)s)",
    )  # fmt: skip
    up.add_argument("--rtt", type=float, default=0.0, metavar="MS", help="add this round-trip time, in milliseconds")
    up.add_argument(
        "--guests", action="store_true",
        help="move packets and run the servers as guests that take SSH (Linux and root; says what it needs)",
    )  # fmt: skip
    up.add_argument(
        "--hypervisor", default=NAMESPACES, choices=HYPERVISORS,
        help="what guests are: network namespaces, or virtual machines by nova's libvirt driver (default: %(default)s)",
    )  # fmt: skip
    down = commands.add_parser("down", help="stop the cloud in DIR; its logs stay")
    status = commands.add_parser("status", help="say what answers, on which port, with how much memory")
    status.add_argument("--json", action="store_true", help="as JSON")
    faults = commands.add_parser("faults", help="check DIR/faults.json")
    for command in (up, down, status, faults):
        command.add_argument("dir", metavar="DIR")
    guests = commands.add_parser("guests", help="of a cloud with guests: what reaches their floating IPs")
    what = guests.add_subparsers(dest="what", required=True)
    execute = what.add_parser("exec", help="run a command where floating IPs and the APIs are reached")
    execute.add_argument("dir", metavar="DIR")
    execute.add_argument("words", nargs="+", metavar="-- COMMAND", help="the command and its arguments")
    what.add_parser("namespace", help="print the name of that network namespace").add_argument("dir", metavar="DIR")
    return parser


def _names(text: str) -> list[str]:
    return [name for name in (part.strip() for part in text.split(",")) if name]


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code: 0 done, 1 (status) not everything answers, 2 an error with a remedy, 130 interrupted."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return _run(options)
    except PocketcloudError as error:
        print(f"pocketcloud: {error}", file=sys.stderr)
        if isinstance(error, ServiceDied):
            print(error.log_tail, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("pocketcloud: interrupted; run the same command again at any time", file=sys.stderr)
        return 130


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _run(options: argparse.Namespace) -> int:
    cloud = Cloud(options.dir, Progress())
    if options.command == "up":
        if options.rtt < 0:
            raise PocketcloudError("--rtt is negative", "give milliseconds")
        how = (options.port, options.tls, options.rtt, options.extra, options.series)
        cloud.up(*how, guests=options.guests, hypervisor=options.hypervisor)
        print(f"export OS_CLIENT_CONFIG_FILE={shlex.quote(str(cloud.clouds_yaml))} OS_CLOUD=demo")
        return 0
    if options.command == "down":
        killed = cloud.down()
        print(f"stopped{f', {killed} processes killed' if killed else ''}; logs are in {cloud.layout.log}")
        return 0
    if options.command == "guests":
        return _guests(cloud, options)
    if options.command == "faults":
        return _check_faults(cloud)
    status = cloud.status()
    print(_as_json(status) if options.json else _as_text(status))
    return 0 if status.all_answer else 1


def _guests(cloud: Cloud, options: argparse.Namespace) -> int:
    if not namespaces.exists(cloud.outside):
        raise PocketcloudError(
            f"no cloud with guests runs in {cloud.layout.root}", f"start one: pocketcloud up --guests {options.dir}"
        )
    if options.what == "namespace":
        print(cloud.outside)
        return 0
    try:
        namespaces.enter(cloud.outside)
        os.execvp(options.words[0], options.words)  # noqa: S606 - the user's command
    except OSError as error:
        raise PocketcloudError(f"cannot run {options.words[0]}: {error.strerror}", "see the line above") from None


def _check_faults(cloud: Cloud) -> int:
    try:
        rules = cloud.check_faults(cloud.layout.faults.read_text())
    except FileNotFoundError:
        rules = []
    except FaultsError as error:
        raise PocketcloudError(f"{cloud.layout.faults}: {error}", "correct the file") from None
    print(f"{len(rules)} rules in force")
    return 0


def _as_text(status: Status) -> str:
    lines = [f"{'':<14} {'port':>5} {'answers':>8} {'pid':>8} {'RSS MiB':>8} {'PSS MiB':>8}"]
    for one in status.parts:
        answers = ("yes" if one.answers else "no") if one.port else ""
        rss, pss = one.memory.rss_bytes // MIB, one.memory.pss_bytes // MIB
        lines.append(f"{one.name:<14} {one.port or '':>5} {answers:>8} {one.pid or '':>8} {rss:>8} {pss:>8}")
    total = status.memory
    lines.append(f"{'total':<14} {'':>5} {'':>8} {'':>8} {total.rss_bytes // MIB:>8} {total.pss_bytes // MIB:>8}")
    return "\n".join(lines)


def _as_json(status: Status) -> str:
    total = status.memory
    processes = [
        {
            "name": one.name,
            "pid": one.pid,
            "port": one.port,
            "answers": one.answers,
            "rss_bytes": one.memory.rss_bytes,
            "pss_bytes": one.memory.pss_bytes,
        }
        for one in status.parts
    ]
    document = {
        "directory": str(status.directory),
        "all_answer": status.all_answer,
        "rss_bytes": total.rss_bytes,
        "pss_bytes": total.pss_bytes,
        "processes": processes,
    }
    return json.dumps(document, indent=2)
