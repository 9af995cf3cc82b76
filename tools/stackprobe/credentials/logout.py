"""Ends a login: revokes its token and removes its files."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from stackprobe.cloud import Sources
from stackprobe.credentials.held_token import MARKER, token_of
from stackprobe.credentials.keystone import CloudFault, Keystone
from stackprobe.credentials.private_files import left_of, shred
from stackprobe.credentials.secret import CA_FILE
from stackprobe.errors import UsageError
from stackprobe.yamlfile import Document


def end(file: Path, timeout_s: float) -> str:
    """Revoke the token that a login keeps in ``file``, if it keeps one, and remove its files; a sentence about it.

    The files are removed whatever happens to the token.

    :param timeout_s: how long the cloud may take (s).
    :raises UsageError: ``file`` is not of a login, and left alone; or it cannot be removed.
    :raises CloudFault: the cloud did not revoke the token. The files are removed.
    """
    if not left_of(file):
        return f"nothing to do: there is no {file}"
    if file.is_symlink() or (file.exists() and not file.is_file()):
        raise UsageError("this is not the file of a login", remedy="name the one of `stackprobe login --to`", file=file)
    name, entry, document = _read(file)
    try:
        said = _revoke(name, entry, document, timeout_s)
    finally:
        ca_file = file.parent.absolute() / CA_FILE
        shred(file)
        if entry.get("cacert") == str(ca_file):
            shred(ca_file)
        with contextlib.suppress(OSError):
            file.parent.rmdir()
    return f"{said}; removed {file}"


def _read(file: Path) -> tuple[str, dict[str, Any], Document | None]:
    """Name and entry of the only cloud of a login's file; both empty where a login was ended half-way."""
    if not file.exists() or not file.read_bytes().strip(b"\0"):
        return "", {}, None
    try:
        document = Document.read(file)
        ((name, entry),) = document.data["clouds"].items()
        if entry[MARKER]["login"] is True:
            return str(name), entry, document
    except (UsageError, ValueError, KeyError, TypeError, AttributeError):
        pass
    raise UsageError("this is not the file of a login", remedy="name the one of `stackprobe login --to`", file=file)


def _revoke(name: str, entry: dict[str, Any], document: Document | None, timeout_s: float) -> str:
    if not token_of(entry):
        return "there was no token to revoke"
    try:
        keystone = Keystone(name, None, Sources(document, entries={name: entry}), timeout_s=timeout_s)
        revoked = keystone.revoke(str(entry["auth"]["token"]))
    except (UsageError, KeyError, TypeError) as error:
        raise CloudFault(f"the file of the login is damaged: {error}") from None
    return "revoked the token" if revoked else "Keystone did not accept the token any more"
