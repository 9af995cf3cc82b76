"""Programs that a command needs: looked for in the guest, brought where a scenario says how."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stackprobe.engine.activity import Activity
from stackprobe.engine.classify import StepError, StepFailure, StepSkipped
from stackprobe.engine.ssh import command
from stackprobe.engine.ssh.connections import Connection
from stackprobe.outputs.clean import tail

PLACE = ".stackprobe/bin"
"""Where brought files are, below the home of the user."""
MOST_BYTES = 64 * 1024 * 1024
INSTALL_S = 240
"""How long an installation may take; a guest that reaches no packages would wait for them very long."""
_PROGRAM = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,63}")
_TIMED_OUT = 124
_PATH = f'PATH="$HOME/{PLACE}:$PATH:/usr/local/sbin:/usr/sbin:/sbin"; export PATH'
_AS_ROOT = """
as_root= limit=
[ "$(id -u)" = 0 ] || as_root="sudo -n --"
command -v timeout >/dev/null && limit="timeout {limit_s}"
exec $as_root $limit sh -c {script}
"""
"""The limit is inside: nobody but root ends what runs as root."""
_SPARE_S = 5.0
_INSTALL = """
if command -v apt-get >/dev/null; then
  apt() { env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120 -o Acquire::Retries=0 \\
    -o Acquire::http::Timeout=15 -o Acquire::https::Timeout=15 "$@"; }
  apt update && apt install --no-install-recommends "$1"
elif command -v dnf >/dev/null; then dnf install -q -y "$1"
elif command -v yum >/dev/null; then yum install -q -y "$1"
elif command -v zypper >/dev/null; then zypper --non-interactive install "$1"
elif command -v apk >/dev/null; then apk add "$1"
elif command -v pacman >/dev/null; then pacman -Sy --noconfirm "$1"
else echo 'there is no package manager'; exit 3
fi
"""


def programs(given: Any) -> list[str]:
    """The programs that ``needs`` lists.

    :raises StepError: it is no list of names.
    """
    listed = [] if given in (None, "") else given if isinstance(given, list) else [given]
    for one in listed:
        if not _PROGRAM.fullmatch(str(one)):
            raise StepError(f"`needs` must be a list of programs, {str(one)[:60]!r} is no name of one")
    return [str(one) for one in listed]


def path(needs: list[str]) -> str:
    """What lets a script find what was brought; nothing where nothing is needed."""
    return f"{_PATH}\n" if needs else ""


def bring(connection: Connection, needs: list[str], how: Any, activity: Activity) -> dict[str, str]:
    """See to it that a guest has some programs; what was brought now, in words, by program.

    :raises StepSkipped: it lacks one, and nobody says how to bring it, or it cannot be brought.
    :raises StepFailure: it lacks one that it had before, and that is not brought again.
    """
    if how not in (None, "") and not isinstance(how, Mapping):
        raise StepError("`bring` must be a mapping of programs to how they are brought")
    brought = {}
    for program in _absent(connection, [one for one in needs if one not in connection.found], activity):
        order = (how or {}).get(program)
        if not order and program in connection.known:
            raise StepFailure(f"the guest has no {program} any more")
        if not order:
            raise StepSkipped(f"the guest has no {program}")
        problem = _brought(connection, program, order, activity)
        if problem or _absent(connection, [program], activity):
            raise StepSkipped(
                f"the guest has no {program}, and it cannot be brought: {problem or 'it is not found then'}"
            )
        brought[program] = _in_words(program, order)
    connection.found.update(needs)
    connection.known.update(needs)
    return brought


def _absent(connection: Connection, needs: list[str], activity: Activity) -> list[str]:
    if not needs:
        return []
    script = f'{_PATH}\nfor one in {shlex.join(needs)}; do command -v "$one" >/dev/null 2>&1 || echo "$one"; done'
    ran = _run(connection, script, activity)
    said = ran.stdout.decode("utf-8", "replace").split()
    if ran.rc != 0:
        raise StepFailure(f"the guest cannot be asked for programs: {_last(ran)}")
    return [one for one in needs if one in said]


def _brought(connection: Connection, program: str, order: Any, activity: Activity) -> str | None:
    """What went wrong, if anything did."""
    if not isinstance(order, Mapping) or len(order) != 1 or not set(order) <= {"packages", "file"}:
        raise StepError(f"`bring` of {program} must be {{packages: true}} or {{file: path on the runner}}")
    if "packages" in order:
        if str(order["packages"]).lower() in ("false", "no"):
            return "its configuration does not want packages"
        package = _package(program, order["packages"])
        if not _PROGRAM.fullmatch(package):
            raise StepError(f"`bring` of {program}: {package[:60]!r} is no name of a package")
        limit_s = int(min(INSTALL_S, activity.remaining() - _SPARE_S))
        if limit_s < 1:
            return "the step has no time for its installation"
        script = shlex.quote(f"set -- {shlex.quote(package)}\n{_INSTALL}")
        ran = _run(connection, _AS_ROOT.format(limit_s=limit_s, script=script), activity)
        if ran.rc == _TIMED_OUT:
            return f"its installation takes longer than {limit_s} s"
    else:
        place = f"$HOME/{PLACE}/{program}"
        script = f'umask 077; mkdir -p "$HOME/{PLACE}" && cat > "{place}" && chmod 700 "{place}"'
        ran = _run(connection, script, activity, _content(program, str(order["file"])))
    return None if ran.rc == 0 else _last(ran)


def _package(program: str, given: Any) -> str:
    return program if str(given).lower() in ("true", "yes") else str(given)


def _in_words(program: str, order: Mapping[str, Any]) -> str:
    if "packages" in order:
        return f"installed from the package {_package(program, order['packages'])}"
    return f"copied from {order['file']} of the runner to ~/{PLACE}"


def _content(program: str, path: str) -> bytes:
    place = Path(path).expanduser()
    try:
        if place.stat().st_size > MOST_BYTES:
            raise StepError(f"`bring` of {program}: {path} has more than {MOST_BYTES} bytes")
        return place.read_bytes()
    except OSError as error:
        raise StepError(f"`bring` of {program}: {path} cannot be read: {error.strerror}") from None


def _run(connection: Connection, script: str, activity: Activity, stdin: bytes = b"") -> command.Ran:
    return command.run(connection, f"exec sh -c {shlex.quote(script)}", activity, stdin=stdin, max_bytes=16 * 1024)


def _last(ran: command.Ran) -> str:
    text = (ran.stderr.strip() or ran.stdout).decode("utf-8", "replace")
    return tail(text, 200) or f"it ended with {ran.rc}"
