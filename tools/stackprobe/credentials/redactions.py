"""What must never be shown of a CI's secrets, so that the CI itself can black it out.

Zuul blacks out what is encrypted in a secret, as a whole. The text of a clouds.yaml is one such value, and none of its
lines equals it: the password in it would pass. Here it is taken apart.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from stackprobe.errors import UsageError
from stackprobe.redact import MIN_SECRET_CHARACTERS, forms_of, is_secret_name, private_keys_in, secrets_in
from stackprobe.yamlfile import MAX_BYTES, Document

_TEXTS = ("clouds_yaml", "secure_yaml")
_ENTRY = re.compile(r"(?P<name>[\w-]+)[\"']?\s*[:=]\s*(?=(?P<value>[^\n]*))")
_AROUND = " \t\r\"',{}[]"


def redactions(raw: bytes) -> list[str]:
    """Every text that must not be shown, sorted: the secrets in each form in which they may reappear.

    :param raw: JSON: a list of secrets as jobs get them, mappings or texts. Others add nothing.
    :raises UsageError: it is no such list, or too long.
    """
    if len(raw) > MAX_BYTES:
        raise UsageError(f"the secrets are larger than {MAX_BYTES >> 20} MiB")
    try:
        secrets = json.loads(raw)
    except ValueError:
        secrets = None
    if not isinstance(secrets, list):
        raise UsageError("the secrets are missing: a list of them comes on standard input, as JSON")
    return sorted({form for value in taken_apart(secrets) for form in forms_of(value) if "\n" not in form})


def taken_apart(secrets: Iterable[Any]) -> set[str]:
    """The passwords, keys and addresses in secrets as jobs get them.

    Output is looked at line by line: of one that has several lines (a private key), each line is one.
    """
    found = set()
    for secret in secrets:
        for value in _values(secret):
            lines = {line.strip() for line in (value, *value.splitlines())}
            found |= {line for line in lines if len(line) >= MIN_SECRET_CHARACTERS}
    return found


def _values(secret: Any) -> Iterator[str]:
    if isinstance(secret, str):
        yield from _in_text(secret)
    elif isinstance(secret, dict):
        yield from secrets_in(secret)
        if isinstance(secret.get("url"), str):  # of a dead man's switch
            yield secret["url"]
        for key in _TEXTS:
            if isinstance(secret.get(key), str):
                yield from _in_text(secret[key])


def _in_text(text: str) -> Iterator[str]:
    """The secrets in a YAML text; in one that is broken, what follows the name of a secret, and private keys."""
    try:
        data = Document(text, "the secret").data
    except UsageError:
        for entry in _ENTRY.finditer(text):
            if is_secret_name(entry["name"]):
                yield from {part.strip(_AROUND) for part in (entry["value"], re.split("[,}]", entry["value"])[0])}
        yield from private_keys_in(text)
        return
    if isinstance(data, str) and data != text:
        yield from _in_text(data)
    else:
        yield from secrets_in(data)
