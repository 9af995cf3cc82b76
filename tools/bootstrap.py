"""Make a virtual environment in which the helper of this checkout runs: for CI jobs, which pay for it in every build.

    bootstrap.py VENV [--sdk pinned|executor|newest] [--extra REQUIREMENT]… [--pip-option OPTION]…
    bootstrap.py VENV [--sdk pinned|executor|newest] [--extra REQUIREMENT]… --key

Nothing is built: the environment looks into this checkout, and gets what is installed from an index without anything to
work out, as constraints.txt is complete and exact. One that a CI has kept from an earlier build is taken as it is, if
it holds the same for the same Python. A script of its own, with nothing but the standard library.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import importlib.util
import re
import shlex
import subprocess
import sys
import sysconfig
import tempfile
import time
import venv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

TOOLS = Path(__file__).resolve().parent
#: In an environment that is whole: what it was made of.
KEPT = "made-of.txt"
CONSTRAINTS = TOOLS.parent / "constraints.txt"
#: Libraries keep things in the user's cache; a job's home is to be left as it was found (Zuul warns of it, for one).
PROGRAM = """\
#!/bin/sh
[ -n "$XDG_CACHE_HOME" ] || XDG_CACHE_HOME={cache}
export XDG_CACHE_HOME
exec {python} -P -m stackprobe "$@"
"""


def main() -> int:
    """0, or what pip said."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("venv", metavar="VENV", type=Path, help="where it is made")
    parser.add_argument(
        "--sdk",
        choices=("pinned", "executor", "newest"),
        default="pinned",
        help="which openstacksdk: the one that was tested, the one beside the running Python, the newest of the index",
    )
    parser.add_argument(
        "--extra",
        action="append",
        default=[],
        metavar="REQUIREMENT",
        help="a further package, such as a vendor's extension of openstacksdk: otcextensions==0.34.8",
    )
    parser.add_argument("--pip-option", action="append", default=[], help="for pip install")
    parser.add_argument(
        "--key", action="store_true", help="only print a text that is another one whenever its content would be"
    )
    options = parser.parse_args()
    if options.extra and options.sdk == "executor":
        parser.error("--extra does not go with --sdk executor: it would bring an openstacksdk of its own")
    if any(not one or one.startswith("-") for one in options.extra):
        parser.error("--extra is the name of a package, with its version, and no option of pip")
    place = options.venv.absolute()
    content = _content(place, options.sdk, options.extra)
    if options.key:
        print(hashlib.sha256(content.encode()).hexdigest()[:32])
        return 0
    if _kept(place) != content:
        if code := _install(place, options.sdk, options.extra, options.pip_option):
            return code
        (place / KEPT).write_text(content)
    _look_into_checkout(place, options.sdk)
    return 0


def _install(place: Path, sdk: str, extra: Sequence[str], pip_options: Iterable[str]) -> int:
    """Make the environment anew; 0, or what pip said."""
    own_pip = importlib.util.find_spec("pip") is None
    venv.create(place, symlinks=True, with_pip=own_pip, clear=True)
    python = place / "bin" / "python"
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as wanted:
        lines = CONSTRAINTS.read_text().splitlines()
        wanted.writelines(f"{line}\n" for line in (missing(lines) if sdk == "executor" else lines))
        wanted.flush()
        pip = [str(python), "-m", "pip"] if own_pip else [sys.executable, "-m", "pip", "--python", str(python)]
        pip += ["install", "--quiet", "--disable-pip-version-check", "--no-compile", "--no-warn-script-location"]
        pip += pip_options
        for arguments in _installations(wanted.name, sdk, extra):
            done = subprocess.run([*pip, *arguments], check=False)
            if done.returncode:
                return done.returncode
    return 0


def _look_into_checkout(place: Path, sdk: str) -> None:
    paths = [str(TOOLS)] + ([sysconfig.get_path("purelib")] if sdk == "executor" else [])
    (_site_packages(place) / "stackprobe.pth").write_text("".join(f"{path}\n" for path in paths))
    program = place / "bin" / "stackprobe"
    python, cache = (shlex.quote(str(path)) for path in (place / "bin" / "python", place / "cache"))
    program.write_text(PROGRAM.format(python=python, cache=cache))
    program.chmod(0o755)


def _content(place: Path, sdk: str, extra: Sequence[str]) -> str:
    """All that an environment depends on, as a text; of the newest openstacksdk, no two are the same."""
    facts = [sys.version, sys.base_prefix, str(place), sdk, str(time.time()) if sdk == "newest" else "", *extra]
    return "\n".join([*facts, CONSTRAINTS.read_text()])


def _kept(place: Path) -> str | None:
    """What the environment that is there depends on; None: there is none, or it is not whole."""
    try:
        return (place / KEPT).read_text()
    except OSError:
        return None


def _installations(requirements: str, sdk: str, extra: Sequence[str]) -> Iterator[list[str]]:
    yield ["--no-deps", "--requirement", requirements]
    if sdk == "newest":  # with whatever it needs newer than was pinned
        yield ["--upgrade", "openstacksdk"]
    if extra:  # what was tested together stays as it is
        yield [*(["--constraint", requirements] if sdk == "pinned" else []), *extra]


def missing(constraints: Iterable[str]) -> list[str]:
    """The lines of a file of constraints whose package the running Python does not have, in whatever version."""
    found = []
    for line in constraints:
        name = re.match(r"[A-Za-z0-9._-]+", line)
        try:
            importlib.metadata.version(name[0] if name else "")
        except (importlib.metadata.PackageNotFoundError, ValueError):
            found.append(line)
    return found


def _site_packages(place: Path) -> Path:
    return Path(sysconfig.get_path("purelib", "venv", {"base": str(place), "platbase": str(place)}))


if __name__ == "__main__":
    sys.exit(main())
