"""A Zuul to work with by hand: ``python -m tests.zuul.rig up``."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
from pathlib import Path

from tests.zuul.rig import Rig, RigError, tenants


def main() -> int:
    """0 after Ctrl-C, 2 when the rig does not start."""
    parser = argparse.ArgumentParser(prog="python -m tests.zuul.rig", description=__doc__)
    up = parser.add_subparsers(dest="command", required=True).add_parser("up", help="start it, until Ctrl-C")
    up.add_argument("--keep", action="store_true", help="leave its directory behind, with the services' logs")
    up.add_argument("--tenants", type=Path, default=tenants.FOLDER, metavar="DIR", help="folders of tenants")
    up.add_argument("--value", action="append", default=[], metavar="NAME=VALUE", help="for a placeholder @NAME@")
    options = parser.parse_args()
    values = dict(one.split("=", 1) for one in options.value)
    try:
        with Rig(values, options.tenants, options.keep, say=print) as rig:
            for name in rig.tenants:
                for error in rig.config_errors(name):
                    print(f"{name}: {error}")
                print(f"{name}: {rig.url}/t/{name}")
            with contextlib.suppress(KeyboardInterrupt):
                signal.pause()
    except RigError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
