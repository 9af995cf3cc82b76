"""``probe_command``: a command in a guest, with what it says and measures."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stackprobe.engine import expect, guest_text
from stackprobe.engine.classify import StepError, StepFailure
from stackprobe.engine.expect import Checked
from stackprobe.engine.ssh.connections import Connection
from stackprobe.engine.steps.arguments import flag, whole
from stackprobe.engine.steps.base import Step, StepContext, StepKind
from stackprobe.namings.figures import OWN
from stackprobe.outputs.clean import one_line, tail

MAX_BYTES = 256 * 1024
_MOST_BYTES = 16 * 1024 * 1024
_QUOTED_CHARACTERS = 300
_FIGURE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_NO_ROOT = re.compile(
    r"\bsudo: (?:a password is required|a terminal is required|sorry, you must have a tty|no tty present"
    r"|(?:command )?not found|.{0,99} may not run sudo).{0,99}|^.{0,99} is not in the sudoers file.{0,99}",
    re.MULTILINE,
)
"""What is said by a guest whose user cannot become root without a password."""
_PARSERS = ("text", "json", "lines")
_ANY = "any"
_PATH = 'PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"; export PATH\n'
"""Where `ip` is in some images, which is not on the path that their SSH server gives a user."""


class CommandStep(StepKind):
    """Runs ``run`` (a line of ``sh``, or a list of words) in the guest of the connection ``on``.

    ``stdin`` is its input, ``sudo`` runs it as root; ``rc`` is the expected exit status (0), a list of which one is
    expected, or ``any``. ``parse``: ``text``, ``json`` or ``lines``; ``max_bytes`` of each output are kept (262144).
    ``needs`` lists programs; one that the guest lacks is brought as ``bring`` says, or the step is skipped; the result
    and the report say what was ``brought``. ``figures``
    maps names, which end with their unit, to where the number stands in the result, or to several places whose sum it
    is; ``expect`` finds them as ``figures``.
    """

    name = "command"
    required = frozenset({"on", "run"})
    optional = frozenset({"stdin", "sudo", "rc", "parse", "max_bytes", "needs", "bring", "figures"})

    def run(self, context: StepContext, step: Step) -> Any:
        from stackprobe.engine.ssh import bringing, command  # noqa: PLC0415  # paramiko takes its time, few runs need it

        arguments = step.arguments
        connection = context.connections.get(step.scenario, arguments["on"])
        wanted, parse = _statuses(arguments.get("rc")), str(arguments.get("parse") or "text")
        if parse not in _PARSERS:
            raise StepError(f"`parse` knows {', '.join(_PARSERS)}, not {parse!r}")
        figures = figures_of(arguments.get("figures"))
        max_bytes = whole(arguments, "max_bytes", 1, _MOST_BYTES, MAX_BYTES)
        stdin = _stdin(context.values.resolve(arguments.get("stdin"), step.scenario))
        text = words(context.values.resolve(arguments["run"], step.scenario))
        needs = bringing.programs(arguments.get("needs"))
        brought = bringing.bring(connection, needs, arguments.get("bring"), context.activity)
        context.checks += [Checked("brought into the guest", True, one, how) for one, how in brought.items()]
        line = command_line(connection, text, sudo=flag(arguments, "sudo", False), before=bringing.path(needs))
        ran = command.run(connection, line, context.activity, stdin=stdin, max_bytes=max_bytes)
        context.duration_ms = ran.duration_ms
        result: dict[str, Any] = {
            "rc": ran.rc,
            "signal": ran.signal,
            "stdout": guest_text.text(ran.stdout),
            "stderr": guest_text.text(ran.stderr),
            "json": None,
            "lines": [],
            "cut": ran.cut,
            "figures": {},
            "brought": brought,
            "duration_ms": round(ran.duration_ms, 3),
        }
        if wanted and ran.rc not in wanted:
            if flag(arguments, "sudo", False):
                check_root(connection, result["stderr"])
            raise StepFailure(_ended(result, wanted))
        if parse == "lines":
            result["lines"] = guest_text.lines(result["stdout"])
        elif parse == "json":
            if ran.cut:
                raise StepFailure(f"the output is longer than {max_bytes} bytes, {ran.cut} were thrown away")
            result["json"] = guest_text.parsed(ran.stdout)
        result["figures"] = {name: measured(result, name, figure) for name, figure in figures.items()}
        context.figures.update(result["figures"])
        if arguments.get("expect"):
            context.verify(result, arguments["expect"])
        return result


def words(given: Any) -> str:
    """The line of a shell that ``run`` stands for.

    :raises StepError: it is none.
    """
    if isinstance(given, list) and given and all(isinstance(one, str | int | float) for one in given):
        line = shlex.join(str(one) for one in given)
    elif isinstance(given, str) and given.strip():
        line = given
    else:
        raise StepError("`run` must be a shell command line or a list of words")
    if "\0" in line:
        raise StepError("`run` holds a character that no command line can have")
    return line


def command_line(connection: Connection, script: str, *, sudo: bool, before: str = "") -> str:
    """What the user's shell is given, whichever that is: a script of ``sh``, as root if wanted.

    :param before: what the user's own ``sh`` does first, whose ``PATH`` root has, too.
    """
    before = before or _PATH
    if not sudo or connection.user == "root":
        return f"exec sh -c {shlex.quote(before + script)}"
    as_root = 'exec sudo -n -- env PATH="$PATH" sh -c'
    return f"exec sh -c {shlex.quote(f'{before}{as_root} {shlex.quote(script)}')}"


def check_root(connection: Connection, said: str) -> None:
    """Whether a command that was to run as root has failed because its user is not let become root.

    :raises StepError: so it is, which the cloud cannot help.
    """
    if connection.user != "root" and (found := _NO_ROOT.search(said)):
        raise StepError(
            f"{connection.user} cannot become root in the guest ({one_line(found.group(), 120)}): name in the option"
            " `user` one who needs no password for sudo, or take another image"
        )


def _statuses(given: Any) -> set[int]:
    """Exit statuses of which one is expected; empty: any."""
    if given == _ANY:
        return set()
    listed = [0] if given in (None, "", []) else given if isinstance(given, list) else [given]
    found = {int(one) if str(one).isascii() and str(one).isdigit() else -1 for one in listed}
    if not all(0 <= one <= 255 for one in found):
        raise StepError(f"`rc` must be an exit status of 0 to 255, a list of them, or `any`, not {given!r}")
    return found


def _stdin(given: Any) -> bytes:
    if given is None:
        return b""
    if isinstance(given, bytes):
        return given
    if isinstance(given, str | int | float):
        return str(given).encode()
    raise StepError("`stdin` must be a text, or {$bytes: …}")


def _ended(result: dict[str, Any], wanted: set[int]) -> str:
    how = f"by the signal {result['signal']}" if result["signal"] else f"with {result['rc']}"
    said = tail(result["stderr"].strip() or result["stdout"], _QUOTED_CHARACTERS)
    expected = " or ".join(map(str, sorted(wanted)))
    return f"the command ended {how}, expected {expected}" + (f": {said}" if said else "")


@dataclass(frozen=True)
class Figure:
    """Where a figure stands in the result (in several places: it is their sum), and how it is written."""

    paths: tuple[str, ...]
    factor: float
    digits: int


def figures_of(given: Any) -> dict[str, Figure]:
    """The figures that are wanted, by name.

    :raises StepError: they are not written as they must be.
    """
    if given in (None, ""):
        return {}
    if not isinstance(given, Mapping):
        raise StepError("`figures` must be a mapping of names to where the numbers stand in the result")
    found = {}
    for name, where in given.items():
        if not _FIGURE.fullmatch(str(name)) or name in OWN:
            raise StepError(
                f"`figures` has {str(name)[:60]!r}, which no figure can be called: give it a name and a unit"
            )
        order = where if isinstance(where, Mapping) else {"path": where}
        try:
            path = order["path"]
            paths = tuple(map(str, path)) if isinstance(path, list) else (str(path),)
            figure = found[str(name)] = Figure(paths, float(order.get("factor", 1)), int(order.get("digits", 3)))
        except (KeyError, TypeError, ValueError):
            raise StepError(f"the figure {name} needs a path, or path, factor and digits, not {where!r}") from None
        if not set(order) <= {"path", "factor", "digits"} or not 0 <= figure.digits <= 9 or not paths:
            raise StepError(f"the figure {name} knows path, factor and digits (0 to 9), not {where!r}")
    return found


def measured(result: Any, name: str, figure: Figure) -> float:
    """A figure of a result.

    :raises StepFailure: there is no number.
    """
    return round(sum(_number(result, name, path) for path in figure.paths) * figure.factor, figure.digits)


def _number(result: Any, name: str, path: str) -> float:
    value = expect.lookup(result, path)
    try:
        number = float("nan") if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = float("nan")
    if not abs(number) < 1e15:
        raise StepFailure(f"the output has no number for {name} at {path}, but {one_line(value, 80)!r}")
    return number
