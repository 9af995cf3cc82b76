"""What the executor's bubblewrap must let jobs see, so that Python and pip work in them as on the machine itself.

bubblewrap shows a job /usr and little else. On a machine whose Python lives elsewhere, or whose pip is told of an
index, certificates or constraints by files, an operator of Zuul lists these in `trusted_ro_paths`; the rig finds them.
"""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tests.zuul.rig.processes import run

#: What bubblewrap shows in any case.
SHOWN = ("/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc/ssl/certs", "/etc/resolv.conf", "/etc/hosts")
#: tox sets this one, for the versions of this project; jobs are to find out for themselves.
NOT_OURS = "PIP_CONSTRAINT"


def pip_environment() -> dict[str, str]:
    """pip's configuration on this machine, from files and environment, as environment variables `PIP_…`."""
    environment = {name: value for name, value in os.environ.items() if name != NOT_OURS}
    listed = run([sys.executable, "-m", "pip", "config", "list"], env=environment)
    found: dict[str, str] = {}
    for section in ("global", "install"):  # the more special one wins
        for name, value in re.findall(rf"^{section}\.([\w-]+)=(.*)$", listed, re.MULTILINE):
            found[_variable(name)] = " ".join(str(ast.literal_eval(value)).split())
    found.update({name: value for name, value in environment.items() if name.startswith("PIP_")})
    return found


def _variable(name: str) -> str:
    return "PIP_" + name.upper().replace("-", "_")


def readable(pythons: Iterable[Path], pip: Mapping[str, str]) -> list[Path]:
    """What has to be shown besides: the installations of these Pythons, and what pip's values name."""
    wanted = [_prefix(python) for python in pythons]
    for name, value in pip.items():
        wanted += [path for word in value.split() for path in _named(name, word)]
    shown: list[Path] = []
    for path in dict.fromkeys([*wanted, *(path.resolve() for path in wanted)]):
        if path.exists() and not any(path.is_relative_to(other) for other in (*map(Path, SHOWN), *shown)):
            shown.append(path)
    return shown


def _prefix(python: Path) -> Path:
    """Where the Python of a venv is installed."""
    return python.resolve().parent.parent


def _named(name: str, word: str) -> list[Path]:
    parts = urlsplit(word)
    if parts.scheme == "file":
        path = Path(unquote(parts.path))
        # the pages of an index link to files that lie beside it
        return [path.parent] if "INDEX_URL" in name and path.is_dir() else [path]
    return [Path(word)] if word.startswith("/") else []
