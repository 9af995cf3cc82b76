"""Private SSH keys in a cloud's entry of clouds.yaml, for hosts that lead to its guests.

They stand under the key that only stackprobe reads: ``stackprobe: {ssh_keys: {NAME: text of the key}}``. So the secret
of a CI brings them along with the credentials. No error shows any of their text.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from stackprobe.credentials.held_token import MARKER
from stackprobe.redact import SSH_KEYS
from stackprobe.suggest import did_you_mean, listed

if TYPE_CHECKING:
    import paramiko
    from openstack.connection import Connection

    from stackprobe.yamlfile import Document

KNOWN = (SSH_KEYS, "login", "token_of", "expires")
"""What may stand under the key: keys, and what ``stackprobe login`` notes."""
_BLOCK = "write `NAME: |`, and below it, indented, the lines of the key from -----BEGIN to -----END"
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_SHOWN = 32
"""A longer word under the wrong key may be a line of a key."""
_OTHER_KIND = ("is a private key of a kind that cannot be used", "give one of Ed25519, ECDSA or RSA")
_PUBLIC = re.compile(r"(?:ssh|ecdsa|sk)-[\w.@-]+ +[A-Za-z0-9+/]")


class Unusable(Exception):
    """A text is no private key that can be used; why, without any of the text.

    :param remedy: what to do about it.
    """

    def __init__(self, message: str, remedy: str = _BLOCK) -> None:
        super().__init__(message)
        self.remedy = remedy


def parse(text: Any) -> paramiko.PKey:
    """The private key in a text of PEM or of OpenSSH.

    :raises Unusable: there is none.
    """
    if not isinstance(text, str) or not text.strip():
        raise Unusable("is no text" if text and not isinstance(text, str) else "is empty")
    if "-----BEGIN" not in text:
        if _PUBLIC.match(text.strip()):
            raise Unusable("is a public key", "the private one belongs there, and the public one on the jump host")
        raise Unusable("is no private key")
    lines = "\n".join(line.strip() for line in text.strip().splitlines()) + "\n"
    try:
        loaded = _loaded(lines.encode())
    except TypeError:  # by which cryptography says it
        raise Unusable("has a passphrase", "give one without: `ssh-keygen -p -N '' -f FILE` takes it off") from None
    except Exception:  # whatever cryptography thinks of it; its messages could quote it
        raise Unusable("is no private key that can be read") from None
    return _of_paramiko(loaded)


def _loaded(data: bytes) -> Any:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415  # few clouds have such keys

    try:
        return serialization.load_ssh_private_key(data, None)
    except ValueError:
        return serialization.load_pem_private_key(data, None)


def _of_paramiko(loaded: Any) -> paramiko.PKey:
    import paramiko  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat  # noqa: PLC0415

    wanted: type[paramiko.PKey]
    if isinstance(loaded, ed25519.Ed25519PrivateKey):
        wanted = paramiko.Ed25519Key
    elif isinstance(loaded, ec.EllipticCurvePrivateKey):
        wanted = paramiko.ECDSAKey
    elif isinstance(loaded, rsa.RSAPrivateKey):
        wanted = paramiko.RSAKey
    else:
        raise Unusable(*_OTHER_KIND)
    try:
        text = loaded.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
        return wanted.from_private_key(io.StringIO(text))
    except Exception:  # a curve that SSH has no name for
        raise Unusable(*_OTHER_KIND) from None


def check(cloud: str, *documents: Document | None) -> None:
    """See that what the documents say under the key is right.

    :raises stackprobe.errors.UsageError: it is not.
    """
    for document in documents:
        entry = (document.data.get("clouds") or {}).get(cloud) if document else None
        if document and isinstance(entry, Mapping) and MARKER in entry:
            _check(document, ("clouds", cloud, MARKER), entry[MARKER])


def _check(document: Document, path: tuple[str, ...], given: Any) -> None:
    if not isinstance(given, Mapping):
        raise document.error(path, f"`{MARKER}` must be a mapping", remedy=f"it may hold `{SSH_KEYS}`")
    for key in given:
        if key not in KNOWN:
            shown = f" `{key}`" if _NAME.fullmatch(str(key)) and len(str(key)) < _SHOWN else ""
            raise document.error(
                (*path, str(key)),
                f"unknown key{shown} in `{'.'.join(path)}`{did_you_mean(str(key), KNOWN)}",
                remedy=f"what you may write there is `{SSH_KEYS}`",
                at_key=True,
            )
    keys = given.get(SSH_KEYS, {})
    if not isinstance(keys, Mapping):
        raise document.error((*path, SSH_KEYS), f"`{SSH_KEYS}` must map names to private keys", remedy=_BLOCK)
    for name, text in keys.items():
        place = (*path, SSH_KEYS, str(name))
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            message = f"the name of a key in `{SSH_KEYS}` must be letters, digits, `_`, `-` and `.`, 64 at most"
            raise document.error((*path, SSH_KEYS), message, remedy="in quotes, if it is a number", at_key=True)
        try:
            parse(text)
        except Unusable as problem:
            message = f"the key `{name}` in `{SSH_KEYS}` {problem}"
            raise document.error(place, message, remedy=problem.remedy, at_key=True) from None


def within(entry: Any) -> Mapping[str, Any]:
    """The keys in a cloud's entry, by name; none where it holds none."""
    marker = entry.get(MARKER) if isinstance(entry, Mapping) else None
    found = marker.get(SSH_KEYS) if isinstance(marker, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def of(connection: Connection) -> Mapping[str, Any]:
    """The keys in the entry of an open cloud, by name."""
    # not from its config, in which openstacksdk has changed names
    merged: Any = getattr(connection.config._openstack_config, "cloud_config", None) or {}
    return within((merged.get("clouds") or {}).get(connection.config.name))


def remedy(held: Mapping[str, Any]) -> str:
    """What to do about a name that is not among these keys."""
    return f"its keys are {listed(sorted(held))}" if held else f"put it there: `{MARKER}: {{{SSH_KEYS}: {{NAME: …}}}}`"
