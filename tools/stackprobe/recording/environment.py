"""What `stackprobe record` and the callback plugin tell each other: variables of the environment."""

from __future__ import annotations

import configparser
import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stackprobe.recording.chronicle import Place

PLUGIN = "stackprobe_recorder"
PLUGINS = Path(__file__).parent / "callback_plugins"

DIRECTORY = "STACKPROBE_RECORD_DIR"
CLOUD = "STACKPROBE_RECORD_CLOUD"
REGION = "STACKPROBE_RECORD_REGION"
ENVIRONMENT = "STACKPROBE_RECORD_ENVIRONMENT"
ZONE = "STACKPROBE_RECORD_ZONE"
NAMING = "STACKPROBE_RECORD_NAMING"
COUNT_RESCUED = "STACKPROBE_RECORD_COUNT_RESCUED"
"""Set: a failure that a block rescues is one all the same."""
SUPERVISED = "STACKPROBE_RECORD_SUPERVISED"
"""Set: somebody else writes the last record of the journal."""


@dataclass(frozen=True)
class Settings:
    """How to record: where to, what is probed, and whether failures count that the playbook rescues."""

    directory: Path
    place: Place
    supervised: bool = False
    count_rescued: bool = False

    def variables(self) -> dict[str, str]:
        """As variables of the environment."""
        found = {
            DIRECTORY: str(self.directory.absolute()),
            CLOUD: self.place.cloud,
            REGION: self.place.region,
            ENVIRONMENT: self.place.environment,
            ZONE: self.place.zone,
            NAMING: ",".join(self.place.naming),
            SUPERVISED: "1" if self.supervised else None,
            COUNT_RESCUED: "1" if self.count_rescued else None,
        }
        return {name: value for name, value in found.items() if value}


def settings(environ: Mapping[str, str]) -> Settings | None:
    """What the environment says; None: nothing is to be recorded."""
    directory = environ.get(DIRECTORY)
    if not directory:
        return None
    return Settings(Path(directory), place(environ), bool(environ.get(SUPERVISED)), bool(environ.get(COUNT_RESCUED)))


def place(environ: Mapping[str, str]) -> Place:
    """Which cloud it is, by our variables or by those of OpenStack's own clients."""
    return Place(
        environ.get(CLOUD) or environ.get("OS_CLOUD") or "unknown",
        environ.get(REGION) or environ.get("OS_REGION_NAME") or None,
        environ.get(ENVIRONMENT) or None,
        environ.get(ZONE) or None,
        tuple(one for one in environ.get(NAMING, "").split(",") if one),
    )


def for_ansible(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that make Ansible load the plugin, with what the operator has set kept.

    A variable takes the place of the same setting in ansible.cfg, so what that file says is carried over.
    """
    file = _ansible_cfg(environ)
    folders = environ.get("ANSIBLE_CALLBACK_PLUGINS") or _setting(file, "callback_plugins")
    enabled = (
        environ.get("ANSIBLE_CALLBACKS_ENABLED")
        or _setting(file, "callbacks_enabled")
        or _setting(file, "callback_whitelist")
    )
    return {
        "ANSIBLE_CALLBACK_PLUGINS": os.pathsep.join([one for one in [folders, str(PLUGINS)] if one]),
        "ANSIBLE_CALLBACKS_ENABLED": ",".join([one for one in [enabled, PLUGIN] if one]),
    }


def _ansible_cfg(environ: Mapping[str, str]) -> Path | None:
    """The ansible.cfg that Ansible will read."""
    given = environ.get("ANSIBLE_CONFIG")
    first = Path(given, "ansible.cfg") if given and os.path.isdir(given) else Path(given) if given else None
    places = (first, Path("ansible.cfg"), Path(os.path.expanduser("~/.ansible.cfg")), Path("/etc/ansible/ansible.cfg"))
    return next((path for path in places if path is not None and path.is_file()), None)


def _setting(file: Path | None, name: str) -> str:
    if file is None:
        return ""
    parser = configparser.ConfigParser(interpolation=None, inline_comment_prefixes=(";",))
    with contextlib.suppress(configparser.Error, OSError, UnicodeDecodeError):
        parser.read(file, encoding="utf-8")
        value = parser.get("defaults", name, fallback="").strip()
        if value and name == "callback_plugins":
            return os.pathsep.join(
                str(file.parent.absolute() / os.path.expanduser(one)) for one in value.split(os.pathsep) if one
            )
        return value
    return ""
