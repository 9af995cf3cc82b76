"""Secrets as an operator encrypts them for a project (`zuul-client encrypt`)."""

from __future__ import annotations

import base64

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

#: What RSAES-OAEP with SHA-1 adds to a text (RFC 8017, section 7.1.1): two hashes and two bytes.
OVERHEAD_BYTES = 2 * 20 + 2


def encrypt(public_key: str, text: str) -> list[str]:
    """The value of `!encrypted/pkcs1-oaep`: the text in pieces that the key (PEM) can take, each in base64."""
    key = serialization.load_pem_public_key(public_key.encode())
    if not isinstance(key, rsa.RSAPublicKey):
        raise TypeError("the key of a project of Zuul is one of RSA")
    sha1 = hashes.SHA1()
    scheme = padding.OAEP(padding.MGF1(sha1), sha1, None)
    data, size = text.encode(), key.key_size // 8 - OVERHEAD_BYTES
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    return [base64.b64encode(key.encrypt(piece, scheme)).decode() for piece in pieces]
