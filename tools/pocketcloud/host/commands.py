"""The commands that the launcher runs inside the services' venv."""

from __future__ import annotations

import os
import signal
import sys
import sysconfig
from pathlib import Path

from pocketcloud.host import supervisor
from pocketcloud.layout import Layout, load_settings


def main(arguments: list[str]) -> int:
    """COMMAND DIR: `schema` makes empty databases, `populate` fills the catalog, `serve` runs the services."""
    command, root = arguments
    tied_to = os.environ.pop("POCKETCLOUD_TIED", "")
    if tied_to:
        supervisor.end_with_parent()
        if os.getppid() != int(tied_to):  # it ended before the request to end with it
            return 1
    layout = Layout(Path(root))
    settings = load_settings(layout)
    if settings is None:
        raise SystemExit(f"{layout.settings} is unfinished")
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    for layer in settings.layers.values():
        for kind in ("purelib", "platlib"):
            path = sysconfig.get_path(kind, "posix_prefix", {"base": layer, "platbase": layer})
            if os.path.isdir(path) and path not in sys.path:
                sys.path.append(path)
    # stevedore finds neutron's mechanism driver by an entry point
    sys.path.append(str(layout.etc / "plugins"))
    if command == "schema":
        from pocketcloud.host import schema

        schema.create(layout, settings)
    elif command == "populate":
        from pocketcloud.host import contents

        contents.create(layout, settings)
    elif command == "serve":
        return supervisor.run(layout, settings, os.environ.pop("POCKETCLOUD_SOCKETS"))
    else:
        raise SystemExit(f"unknown command {command}")
    return 0
