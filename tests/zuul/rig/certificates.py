"""Certificates for ZooKeeper's TLS, and the executor's SSH key."""

from __future__ import annotations

from pathlib import Path

from tests.zuul.rig.processes import run

DAYS = "30"


def make(place: Path) -> None:
    """Make an authority (`ca.pem`), one certificate for everybody (`leaf.pem`, `leaf.key`), and `id_rsa`.

    :raises RigError: openssl or ssh-keygen cannot do it.
    """

    def openssl(*words: str) -> None:
        run(["openssl", *words], cwd=place)

    key = ("-newkey", "rsa:2048", "-nodes")
    openssl("req", "-x509", *key, "-days", DAYS, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=rig-ca")
    openssl("req", *key, "-keyout", "leaf.key", "-out", "leaf.csr", "-subj", "/CN=localhost")
    (place / "ext").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    openssl(
        "x509", "-req", "-in", "leaf.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", DAYS,
        "-out", "leaf.pem", "-extfile", "ext",
    )  # fmt: skip
    (place / "keystore.pem").write_text((place / "leaf.key").read_text() + (place / "leaf.pem").read_text())
    make_ssh_key(place / "id_rsa")


def make_ssh_key(path: Path) -> str:
    """Make a key pair; returns the public key as one line."""
    run(["ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", path])
    return path.with_name(path.name + ".pub").read_text().strip()
