"""zuul-executor, with the one thing changed that would show it to the world. Run by the Python of Zuul's venv.

Upstream's log streamer listens on '::', whatever the configuration says; tests listen on loopback only. And what a
killed executor leaves of its process pools is left in the rig's directory (ZUUL_RIG_TMP); jobs do not get this setting.
"""

import os
import sys
import tempfile
from typing import Any

import zuul.lib.log_streamer
from zuul.cmd.executor import main

listen = zuul.lib.log_streamer.LogStreamer.__init__


def on_loopback(self: Any, host: str, port: int, jobdir_root: str) -> None:
    listen(self, "127.0.0.1", port, jobdir_root)


zuul.lib.log_streamer.LogStreamer.__init__ = on_loopback
tempfile.tempdir = os.environ["ZUUL_RIG_TMP"]
sys.argv[0] = "zuul-executor"  # the name of its component, and of the section of its configuration
main()
