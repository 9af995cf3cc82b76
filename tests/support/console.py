"""Runs what a page of the documentation tells its readers to do: its console blocks and its files, in their order.

In a block ``console`` a line after ``$ `` is a command (with the lines that its backslashes continue it by), every
other line is what it must say, ``…`` standing for anything. A ``code-block`` with a ``:caption:`` is a file of that
name.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_BLOCK = re.compile(
    r"^```(?:console|\{code-block\} \w+\n:caption: (?P<file>\S+))\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
_MARK = "@@@ command"


@dataclass
class Command:
    """A command, and lines that it must say, in their order."""

    text: str
    says: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class File:
    """A file that a reader writes."""

    path: str
    text: str


def steps_of(page: str) -> list[Command | File]:
    """What a page tells its readers to do.

    :raises ValueError: a console block does not begin with a command.
    """
    steps: list[Command | File] = []
    for block in _BLOCK.finditer(page):
        if block["file"]:
            steps.append(File(block["file"], block["text"]))
        else:
            steps += _commands(block["text"])
    return steps


def _commands(text: str) -> Iterator[Command]:
    command: Command | None = None
    continued = False
    for line in text.splitlines():
        if command is not None and continued:
            command.text += "\n" + line
        elif line.startswith("$ "):
            if command is not None:
                yield command
            command = Command(line.removeprefix("$ "))
        elif command is None:
            raise ValueError(f"a console block begins with something else than a command: {line}")
        else:
            command.says.append(line)
        continued = line.endswith("\\") and not (command is not None and command.says)
    if command is not None:
        yield command


def follow(page: Path, directory: Path, environment: Mapping[str, str], timeout_s: float = 600.0) -> list[Command]:
    """Do it in ``directory``, in one shell; the commands that were run.

    :raises AssertionError: a command fails, or does not say what the page shows.
    """
    steps = steps_of(page.read_text(encoding="utf-8"))
    commands = [step for step in steps if isinstance(step, Command)]
    assert commands, f"{page.name} has no command"
    done = subprocess.run(
        ["bash", "-c", _script(steps)],
        cwd=directory,
        env={**environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    said = re.split(rf"^{_MARK}\n", done.stdout, flags=re.MULTILINE)[1:]
    for command, words in zip(commands, said, strict=False):
        _check(page.name, command, words)
    assert done.returncode == 0, (
        f"{page.name}: $ {commands[len(said) - 1].text}\nexit code {done.returncode}\n{said[-1]}"
    )
    assert len(said) == len(commands), f"{page.name}: the shell ended after {len(said)} of {len(commands)} commands"
    return commands


def _script(steps: list[Command | File]) -> str:
    lines = ["set -e"]
    for number, step in enumerate(steps):
        if isinstance(step, File):
            end = f"END-OF-FILE-{number}"
            folder = os.path.dirname(step.path) or "."
            lines += [f"mkdir -p '{folder}'", f"cat > '{step.path}' <<'{end}'", step.text + end]
        else:
            lines += [f"printf '\\n{_MARK}\\n'", step.text]
    return "\n".join(lines) + "\n"


def _check(page: str, command: Command, words: str) -> None:
    """Each expected line stands in what was said, in this order."""
    lines = iter(words.splitlines())
    for wanted in command.says:
        pattern = ".*".join(re.escape(part) for part in wanted.split("…"))
        assert any(re.fullmatch(pattern, line.rstrip()) for line in lines), (
            f"{page}: $ {command.text}\nmust say: {wanted}\nand says:\n{words}"
        )


def environment_of(program: Path, home: Path) -> dict[str, str]:
    """The environment of a reader whose ``PATH`` begins where ``program`` is, and who has no settings of OpenStack."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OS_", "POCKETCLOUD_", "PYTEST_", "XDG_"))
    }
    path = os.pathsep.join([str(program.parent), environment.get("PATH", os.defpath)])
    return environment | {
        "PATH": path,
        "HOME": str(home),
        "XDG_CACHE_HOME": cache,
        "XDG_STATE_HOME": str(home / "state"),
    }
