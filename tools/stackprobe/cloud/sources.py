"""The files that clouds come from, so that errors say what stands where."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openstack.config import loader

from stackprobe.errors import UsageError
from stackprobe.yamlfile import Document

EXAMPLE = "https://docs.openstack.org/openstacksdk/latest/user/config/configuration.html"
"""Where a file of clouds is explained."""


@dataclass(frozen=True)
class Sources:
    """Where clouds come from: the documents, as far as they can be read, for errors that say what stands where.

    :param clouds: clouds.yaml.
    :param secure: secure.yaml, which is merged into it.
    :param unreadable: files that exist and may not be read.
    :param entries: name → what both say of the cloud, for openstacksdk to use in place of the files it finds itself,
        and in place of the environment; None: the documents are those files.
    """

    clouds: Document | None
    secure: Document | None = None
    unreadable: tuple[str, ...] = ()
    entries: Mapping[str, Mapping[str, Any]] | None = None

    @property
    def confidential(self) -> bool:
        """Whether no error may show any of it: what is known to be secret in it is not all that is."""
        return self.entries is not None

    def error_at(self, cloud: str, message: str, remedy: str = "", path: tuple[str, ...] = ()) -> UsageError:
        """An error about an entry of clouds.yaml."""
        full = ("clouds", cloud, *path)
        if self.clouds is None:
            return UsageError(message, remedy=remedy)
        return self.clouds.error(full, message, remedy=remedy, at_key=True)


def read_sources() -> Sources:
    """Those files that openstacksdk finds.

    :raises UsageError: one of them is malformed.
    """
    unreadable: list[str] = []
    clouds = _first_document(os.environ.get("OS_CLIENT_CONFIG_FILE"), loader.CONFIG_FILES, unreadable)
    secure = _first_document(os.environ.get("OS_CLIENT_SECURE_FILE"), loader.SECURE_FILES, unreadable)
    return Sources(clouds, secure, tuple(unreadable))


def _first_document(override: str | None, searched: list[str], unreadable: list[str]) -> Document | None:
    """The first file that exists and may be read, as openstacksdk takes it; a malformed one is an error here."""
    for file in [*([override] if override else []), *searched]:
        if not os.path.exists(file):
            continue
        if os.path.isdir(file) or not os.access(file, os.R_OK):
            unreadable.append(file)
            continue
        document = _read_json(Path(file)) if file.endswith("json") else Document.read(Path(file), "file of clouds")
        if not isinstance(document.data, dict):
            raise UsageError(
                "the file of clouds is empty" if document.data is None else "the file of clouds is no mapping",
                remedy=f"it begins with `clouds:`, see {EXAMPLE}",
                file=file,
                line=1,
            )
        if not isinstance(document.data.get("clouds", {}), dict):
            raise document.error(["clouds"], "`clouds` must map names to clouds", remedy=f"see {EXAMPLE}")
        return document
    return None


def _read_json(file: Path) -> Document:
    text = file.read_text(encoding="utf-8", errors="replace")
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(
            f"this is no valid JSON: {error.msg}", file=file, line=error.lineno, column=error.colno
        ) from None
    return Document(text.replace("\t", " "), file)
