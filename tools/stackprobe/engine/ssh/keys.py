"""Keys: the run's own, which stay in memory, those of files, and those that hosts show."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

import paramiko
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from stackprobe.credentials import ssh_keys
from stackprobe.engine.classify import StepError

if TYPE_CHECKING:
    from openstack.connection import Connection

_PUBLIC_KEY = re.compile(r"((?:ssh|ecdsa|sk)-[\w.@-]{1,60}) +([A-Za-z0-9+/]{30,2000}={0,2})(?:\s|$)")


def from_memory(key: EllipticCurvePrivateKey) -> paramiko.PKey:
    """A key of this run as paramiko wants it."""
    text = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
    return paramiko.ECDSAKey.from_private_key(io.StringIO(text))


def from_file(path: str) -> paramiko.PKey:
    """The private key in a file.

    :raises StepError: there is none that can be used.
    """
    try:
        return paramiko.PKey.from_path(Path(path).expanduser())
    except (paramiko.PasswordRequiredException, TypeError):  # the latter is cryptography's
        raise StepError(f"the key {path} has a passphrase; give one without") from None
    except OSError as error:
        raise StepError(f"the key {path} cannot be read: {error.strerror}") from None
    except Exception:  # whatever paramiko and cryptography think of it; their messages could quote it
        raise StepError(f"{path} holds no private key that can be used") from None


def from_cloud(connection: Connection, name: str) -> paramiko.PKey:
    """The private key of that name in the cloud's entry of clouds.yaml.

    :raises StepError: there is none that can be used.
    """
    held = ssh_keys.of(connection)
    if name not in held:
        raise StepError(f"the cloud's entry in clouds.yaml has no key `{name}`; {ssh_keys.remedy(held)}")
    try:
        return ssh_keys.parse(held[name])
    except ssh_keys.Unusable as problem:
        raise StepError(f"the key `{name}` in the cloud's entry in clouds.yaml {problem}") from None


def fingerprint(key: bytes) -> str:
    """As ``ssh-keygen -l`` prints it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")


def public_keys(text: str) -> dict[str, bytes]:
    """The public keys that lines of a text hold, by their type; of one type the last."""
    found = {}
    for line in text.splitlines():
        if match := _PUBLIC_KEY.search(line):
            try:
                found[match[1]] = base64.b64decode(match[2], validate=True)
            except binascii.Error:
                continue
    return found


def public_key(given: object) -> dict[str, bytes]:
    """The one public key that an argument gives.

    :raises StepError: it is none.
    """
    found = public_keys(str(given))
    if len(found) != 1:
        raise StepError("`host_key` must be a public key like `ssh-ed25519 AAAA…`, or `any`")
    return found


def type_of(key: bytes) -> str:
    """The type of a public key in SSH's own form."""
    return key[4 : 4 + int.from_bytes(key[:4], "big")].decode("ascii", "replace")
