"""The secrets that a recorded playbook has at hand, so that none is written: environment, clouds.yaml, variables."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from stackprobe.redact import Scrubber, secrets_in

_NAMES = ("clouds.yaml", "clouds.yml", "secure.yaml", "secure.yml", "clouds-public.yaml")
_LARGEST = 4 << 20
_NOT_LOOKED_AT = frozenset({"hostvars", "vars", "groups", "omit", "environment"})
#: What stands under names of secrets and is none: what Ansible puts in their place, the choices of `update_password`.
_FIXED = frozenset(
    {"VALUE_SPECIFIED_IN_NO_LOG_PARAMETER", "NOT_LOGGING_PASSWORD", "********", "***", "None", "True", "False"}
    | {"always", "on_create"}
)


def scrubber(environ: Mapping[str, str]) -> Scrubber:
    """What removes the secrets of this environment and of the clouds.yaml that it names or that lie in usual places."""
    made = Scrubber()
    learn(made, dict(environ))
    for path in _files(environ):
        with contextlib.suppress(Exception):  # no file, no YAML: then nobody can log in with it either
            if path.is_file() and path.stat().st_size <= _LARGEST:
                learn(made, _load(path))
    return made


def learn(made: Scrubber, value: Any) -> None:
    """Add the secrets in data of any depth, as results of tasks are."""
    for secret in secrets_in(value):
        if secret not in _FIXED and "{{" not in secret:
            made.add(secret)


def of_variables(variables: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The variables of a play or host that may hold secrets of the operator's."""
    for name in list(variables):
        if name not in _NOT_LOOKED_AT and not name.startswith("ansible_facts"):
            with contextlib.suppress(Exception):  # a value that cannot be had is no secret that could be shown
                yield name, variables[name]


def _files(environ: Mapping[str, str]) -> Iterator[Path]:
    for name in ("OS_CLIENT_CONFIG_FILE", "OS_CLIENT_SECURE_FILE"):
        if environ.get(name):
            yield Path(environ[name])
    home = Path(environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config"))
    for folder in (Path.cwd(), home / "openstack", Path("/etc/openstack")):
        yield from (folder / name for name in _NAMES)


def _load(path: Path) -> Any:
    import yaml  # noqa: PLC0415  # Ansible needs it, so its Python has it

    return yaml.safe_load(path.read_text(encoding="utf-8"))
