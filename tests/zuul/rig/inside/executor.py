"""zuul-executor, with the one thing changed that would show it to the world. Run by the Python of Zuul's venv.

Upstream's log streamer listens on '::', whatever the configuration says; tests listen on loopback only.
"""

import sys
from typing import Any

import zuul.lib.log_streamer
from zuul.cmd.executor import main

listen = zuul.lib.log_streamer.LogStreamer.__init__


def on_loopback(self: Any, host: str, port: int, jobdir_root: str) -> None:
    listen(self, "127.0.0.1", port, jobdir_root)


zuul.lib.log_streamer.LogStreamer.__init__ = on_loopback
sys.argv[0] = "zuul-executor"  # the name of its component, and of the section of its configuration
main()
