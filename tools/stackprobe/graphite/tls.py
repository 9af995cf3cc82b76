"""TLS towards carbon's listener: whom to trust."""

from __future__ import annotations

import ssl

from stackprobe.config.destinations import Tls
from stackprobe.errors import UsageError


def context(tls: Tls) -> ssl.SSLContext:
    """What a connection is wrapped with.

    :raises UsageError: the file of certificates cannot be read, or holds none.
    """
    try:
        made = ssl.create_default_context(cafile=str(tls.ca) if tls.ca else None)
    except OSError as error:  # includes ssl.SSLError
        raise UsageError(
            f"the certificates to trust cannot be read: {error.strerror or error}",
            file=tls.ca,
            remedy="give a file of certificates in PEM",
        ) from error
    if not tls.verify:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made
