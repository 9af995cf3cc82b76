"""Makes the folder of a new scenario and its test, from the templates beside this file."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from stackprobe.errors import UsageError
from stackprobe.scenarios import RESERVED

_TEMPLATES = Path(__file__).with_name("templates")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
_PLACE = "@NAME@"


def check_name(name: str, existing: Collection[str]) -> None:
    """Refuse what cannot be the name of a new scenario.

    :param existing: the scenarios there are.
    :raises UsageError: it cannot.
    """
    if not _NAME.fullmatch(name):
        better = re.sub(r"[^a-z0-9]+", "_", name.lower().removeprefix("probe_")).strip("_0123456789")[:40]
        raise UsageError(
            f"a scenario cannot be called `{name}`" + (f"; did you mean `{better}`?" if better else ""),
            remedy="its name is of at most 40 lower-case letters, digits and _, the first a letter",
        )
    if name.startswith("probe_"):
        raise UsageError(
            f"a scenario cannot be called `{name}`; did you mean `{name.removeprefix('probe_')}`?",
            remedy="its role will be called probe_<name>",
        )
    if name in RESERVED:
        raise UsageError(f"`{name}` is the name of something else in reports", remedy="choose another one")
    if name in existing:
        raise UsageError(f"there is a scenario `{name}` already", remedy="choose another name")


def make(name: str, directory: Path) -> list[Path]:
    """Make the role and its test in ``directory``; the files that were made.

    :raises UsageError: one of them exists, or cannot be written; then nothing is made.
    """
    texts = {
        directory / _target(template.relative_to(_TEMPLATES), name): _filled(template, name)
        for template in sorted(_TEMPLATES.rglob("*.in"))
    }
    common = directory / "tests" / "conftest.py"
    if common.exists():  # of an earlier scenario, or the operator's own
        del texts[common]
    for file in (directory / "roles" / f"probe_{name}", *texts):
        if file.exists():
            raise UsageError("it exists, and nothing is overwritten", remedy="choose another name or place", file=file)
    made: list[Path] = []
    try:
        for file, text in texts.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            with open(file, "x", encoding="utf-8") as stream:
                made.append(file)
                stream.write(text)
    except OSError as error:
        for file in made:
            file.unlink(missing_ok=True)
        raise UsageError(
            f"it cannot be written: {error.strerror or error}",
            remedy="name another place with --directory",
            file=error.filename,
        ) from None
    return made


def _target(template: Path, name: str) -> Path:
    parts = [part.replace(_PLACE, name) for part in template.with_suffix("").parts]
    return Path(*parts)


def _filled(template: Path, name: str) -> str:
    return template.read_text(encoding="utf-8").replace(_PLACE, name)
