"""What a machine has that installs the helper: a Python, and a pip that knows its index."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def python() -> str:
    """The Python below that of the tests' environment."""
    return os.path.realpath(os.path.join(sys.base_prefix, "bin", "python3"))


def pip_settings() -> dict[str, str]:
    """Variables with which pip finds its index and its cache in another home, too."""
    own = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pip"
    settings = {"PIP_CACHE_DIR": str(cache), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    configuration = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "pip" / "pip.conf"
    if configuration.is_file():
        settings["PIP_CONFIG_FILE"] = str(configuration)
    return settings | own
