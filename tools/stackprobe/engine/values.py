"""Values that a scenario orders by kind and that must not pass through Ansible: generated content, keys, secrets.

In a step's arguments a mapping with one key that starts with ``$`` stands for such a value:

``{$bytes: 65536}``           that many bytes of reproducible content (the same in every step of the scenario)
``{$bytes: {size: 65536, first: 0, last: 99}}``  of that content the bytes from one place to another, both included
``{$md5: 65536}``             the MD5 digest of that content, in hexadecimal digits; with ``first`` and ``last`` too
``{$public_key: web}``        the public half of an SSH key pair made for this run; the private half never leaves memory
``{$secret: other}``          a random secret of 32 characters, remembered under that name; never written anywhere
``{$secret_bytes: other}``    that secret as content: of what is expected, its size and digests are written, not itself
``{$base64: text}``           the text in base64 (what nova wants for user data)
``{$int: "8080"}``            the whole number: what a template gives is text before ansible-core 2.19
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from stackprobe.engine.classify import StepError
from stackprobe.redact import is_secret_name

MAX_BYTES = 256 * 1024 * 1024
"""The largest content that is generated, in bytes."""


def content(size: int, seed: str) -> bytes:
    """``size`` bytes that do not compress and are the same for the same ``seed`` (SHAKE-256)."""
    return hashlib.shake_256(seed.encode()).digest(size)


class Values:
    """Makes and remembers special values. Nothing of it is ever written; secrets are told to the scrubber.

    :param hide: called with every secret that was made.
    """

    def __init__(self, hide: Callable[[str], None]) -> None:
        self._hide = hide
        self._lock = threading.Lock()
        self._secrets: dict[tuple[str, str], str] = {}
        self._keys: dict[tuple[str, str], ec.EllipticCurvePrivateKey] = {}

    def hide(self, secret: str) -> None:
        """Keep a secret that nobody here has made out of everything that is written."""
        self._hide(secret)

    def resolve(self, value: Any, scenario: str) -> Any:
        """``value`` with every special mapping replaced. What stands under the name of a secret is hidden from now on.

        :raises StepError: for an unknown kind or a wrong operand.
        """
        if isinstance(value, list):
            return [self.resolve(item, scenario) for item in value]
        if not isinstance(value, dict):
            return value
        special = [key for key in value if isinstance(key, str) and key.startswith("$")]
        if not special:
            resolved = {key: self.resolve(item, scenario) for key, item in value.items()}
            for key, item in resolved.items():
                if isinstance(item, str) and is_secret_name(str(key)):
                    self._hide(item)  # nova's refusals, for one, quote the user data that they refuse
            return resolved
        kind, operand = next(iter(value.items()))
        makers = {
            "$bytes": self._bytes,
            "$md5": self._md5,
            "$public_key": self._public_key,
            "$secret": self.secret,
            "$secret_bytes": lambda name, scenario: self.secret(name, scenario).encode(),
            "$base64": self._base64,
            "$int": self._int,
        }
        if len(value) != 1 or kind not in makers:
            raise StepError(
                f"`{special[0]}` is no special value; there are {', '.join(makers)}, each alone in its mapping"
            )
        return makers[kind](operand, scenario)

    def secret(self, name: Any, scenario: str) -> str:
        """The secret remembered under ``name``, made at its first use."""
        with self._lock:
            known = self._secrets.get((scenario, str(name)))
            if known is None:
                known = self._secrets[scenario, str(name)] = secrets.token_urlsafe(24)
                self._hide(known)
            return known

    def remember(self, name: str, scenario: str, secret: str) -> None:
        """Keep a secret that the cloud issued (a token) under ``name``."""
        self._hide(secret)
        with self._lock:
            self._secrets[scenario, name] = secret

    def known(self, name: str, scenario: str) -> str | None:
        """The secret remembered under ``name``, if any."""
        return self._secrets.get((scenario, name))

    def _bytes(self, operand: Any, scenario: str) -> bytes:
        wanted = operand if isinstance(operand, dict) else {"size": operand}
        try:
            size = int(wanted["size"])
            first, last = int(wanted.get("first", 0)), int(wanted.get("last", size - 1))
        except (KeyError, TypeError, ValueError):
            raise StepError(f"`$bytes` needs a number of bytes, or size, first and last, not {operand!r}") from None
        if not 0 < size <= MAX_BYTES:
            raise StepError(f"`$bytes` makes 1 to {MAX_BYTES} bytes, not {size}")
        if not 0 <= first <= last < size or not set(wanted) <= {"size", "first", "last"}:
            raise StepError(f"`$bytes` knows size, first and last, places within the size, not {operand!r}")
        return content(size, scenario)[first : last + 1]

    def _md5(self, operand: Any, scenario: str) -> str:
        return hashlib.md5(self._bytes(operand, scenario), usedforsecurity=False).hexdigest()

    def _public_key(self, name: Any, scenario: str) -> str:
        with self._lock:
            # The kind that every SSH server of a guest takes: Dropbear before 2020 and FIPS mode know no Ed25519.
            key = self._keys.get((scenario, str(name))) or ec.generate_private_key(ec.SECP256R1())
            self._keys[scenario, str(name)] = key
        return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()

    def private_key(self, name: object, scenario: str) -> ec.EllipticCurvePrivateKey | None:
        """The private half of ``{$public_key: name}``; None if no step has made that key."""
        with self._lock:
            return self._keys.get((scenario, str(name)))

    @staticmethod
    def _base64(text: Any, scenario: str) -> str:
        return base64.b64encode(str(text).encode()).decode()

    @staticmethod
    def _int(number: Any, scenario: str) -> int:
        try:
            return int(number)
        except (TypeError, ValueError):
            raise StepError(f"`$int` needs a whole number, not {number!r}") from None
