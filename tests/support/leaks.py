"""Whether a secret occurs in what is published, in whatever encoding."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus


def leaks(secrets: Iterable[str], *folders: Path) -> list[tuple[str, str]]:
    """Where a secret occurs, in any encoding: file and the secret's first characters."""
    found = []
    forms = {secret: list(forms_of(secret)) for secret in secrets}
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                found += [
                    (str(path.relative_to(folder)), secret[:4])
                    for secret, encoded in forms.items()
                    if any(form in content for form in encoded)
                ]
    return found


def forms_of(secret: str) -> Iterator[bytes]:
    """How a secret may be written: plain, in JSON, in an address, in base64."""
    yield secret.encode()
    yield json.dumps(secret)[1:-1].encode()
    yield quote(secret, safe="").encode()
    yield quote_plus(secret).encode()
    for shift in range(3):  # in base64 three alignments are possible; the ends depend on the neighbours
        encoded = base64.b64encode(b"\0" * shift + secret.encode())
        yield encoded[4 if shift else 0 : -4]
