"""A Zuul to work with by hand.

``up`` starts it with the tenants of tests/zuul/tenants, a cloud, a Graphite and a dead man's switch. Then type a tenant
and a pipeline to run the jobs of its operator; Ctrl-C ends everything.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import tempfile
from pathlib import Path

from tests.zuul.rig import Rig, RigError, tenants


def main() -> int:
    """0 after Ctrl-C, 2 when it does not start."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.zuul.rig", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    up = parser.add_subparsers(dest="command", required=True).add_parser("up", help="start it, until Ctrl-C")
    up.add_argument("--tenant", action="append", metavar="NAME", help="only this one; may be repeated")
    up.add_argument("--tenants", type=Path, default=tenants.FOLDER, metavar="DIR", help="the folders of tenants")
    up.add_argument("--keep", action="store_true", help="leave its directory behind, with the services' logs")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with contextlib.ExitStack() as started:
            rig = _start(started, options)
            for name in rig.tenants:
                print(f"{rig.url}/t/{name}", *rig.config_errors(name), sep="\n  ", flush=True)
            _obey(rig)
    except RigError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print()
    return 0


def _start(started: contextlib.ExitStack, options: argparse.Namespace) -> Rig:
    chosen = [
        tenant for tenant in tenants.discover(options.tenants) if not options.tenant or tenant.name in options.tenant
    ]
    if absent := set(options.tenant or []) - {tenant.name for tenant in chosen}:
        raise RigError(f"no tenant {', '.join(sorted(absent))} in {options.tenants}")
    # only where a tenant needs them: they take time and memory
    values: dict[str, str] = {}
    if any(tenant.placeholders() - Rig.own_placeholders for tenant in chosen):
        from tests.zuul import surroundings

        place = Path(started.enter_context(tempfile.TemporaryDirectory(prefix="zuul-rig-around-")))
        values = started.enter_context(surroundings.everything(place))
        print(*(f"{name}={value}" for name, value in values.items() if "PASSWORD" not in name), sep="\n", flush=True)
    return started.enter_context(Rig(values, chosen, options.keep, say=print))


def _obey(rig: Rig) -> None:
    """Run what is typed, until Ctrl-C."""
    print("TENANT PIPELINE: ", end="", flush=True)
    for line in sys.stdin:
        words = line.split()
        try:
            if len(words) in (1, 2) and words[0] in rig.tenants:
                for name, build in rig.run(words[0], pipeline=(words[1:] or ["manual"])[0], timeout_s=3600).items():
                    print(f"{build.result} {name} {build.log_url or build.error_detail}")
        except RigError as error:
            print(error)
        print("TENANT PIPELINE: ", end="", flush=True)
    signal.pause()


if __name__ == "__main__":
    sys.exit(main())
