"""``probe_temporary_url``: what a temporary URL of the object store gives to somebody who has no token."""

from __future__ import annotations

import hmac
import re
import time
from typing import Any
from urllib.parse import urlsplit

import openstack.exceptions

from stackprobe.engine.classify import StepError, StepFailure
from stackprobe.engine.plain import plain
from stackprobe.engine.steps.arguments import is_true
from stackprobe.engine.steps.base import Step, StepContext, StepKind, seconds

METHODS = ("GET", "HEAD")
DIGESTS = ("sha1", "sha256", "sha512")
VALID_S = 300.0
_VERSION = re.compile(r"/v\d+(\.\d+)?/")


class TemporaryUrlStep(StepKind):
    """Signs a URL for ``path`` (``/container/object``) with the secret that is remembered as ``key``, and asks it.

    The URL is good for ``method`` (GET, HEAD) and ``valid`` seconds, signed with ``digest``. With ``forged`` the
    signature is one for another object. The request carries no token. ``refused`` lists statuses of which one must be
    answered.
    The URL and its signature leave this process in the request only.
    """

    name = "temporary_url"
    required = frozenset({"path", "key"})
    optional = frozenset({"method", "valid", "digest", "forged", "refused"})

    def run(self, context: StepContext, step: Step) -> Any:
        arguments = step.arguments
        method, digest = str(arguments.get("method") or "GET").upper(), str(arguments.get("digest") or "sha256")
        if method not in METHODS or digest not in DIGESTS:
            raise StepError(f"`method` must be one of {', '.join(METHODS)}, `digest` one of {', '.join(DIGESTS)}")
        path = str(arguments["path"])
        if not re.fullmatch(r"(/[\w.~-]+){2,}", path, re.ASCII):
            raise StepError(f"`path` must be /container/object, not {path!r}")
        endpoint = str(context.connection.object_store.get_endpoint() or "").rstrip("/")
        signed = _signed_path(endpoint + path)
        if is_true(arguments.get("forged")):
            signed += "-another"
        expires = int(time.time() + (seconds(arguments, "valid", VALID_S) or VALID_S))
        key = context.values.secret(arguments["key"], step.scenario)
        signature = hmac.new(key.encode(), f"{method}\n{expires}\n{signed}".encode(), digest).hexdigest()
        context.values.remember(f"signature {step.name}", step.scenario, signature)
        response = context.connection.session.request(
            f"{endpoint}{path}?temp_url_sig={signature}&temp_url_expires={expires}",
            method,
            authenticated=False,
            raise_exc=False,
            headers={"Accept": "*/*"},
        )
        refused = [int(one) for one in arguments.get("refused") or []]
        if refused and response.status_code in refused:
            return {"status": response.status_code}
        if refused and response.status_code < 400:
            raise StepFailure(f"expected a refusal with {refused}, but the cloud did it", response.status_code)
        openstack.exceptions.raise_from_response(response)
        result = plain(response)
        if arguments.get("expect"):
            context.verify(result, arguments["expect"])
        return result


def _signed_path(url: str) -> str:
    """What the object store sees of a URL's path, whatever a proxy before it takes off: from the version on."""
    path = urlsplit(url).path
    version = _VERSION.search(path)
    return path[version.start() :] if version else path
