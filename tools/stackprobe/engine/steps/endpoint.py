"""``probe_endpoint``: one endpoint of the catalog answers its version document and a list call."""

from __future__ import annotations

import socket
import ssl
import time
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from cryptography import x509

from stackprobe.engine.classify import StepError, StepFailure
from stackprobe.engine.steps.base import Step, StepContext, StepKind

# A cheap list call of each service, as path below its endpoint. A service that is not here only has to answer its
# version document.
LISTS = {
    "identity": "/auth/projects",
    "compute": "/flavors?limit=1",
    "image": "/images?limit=1",
    "network": "/networks?limit=1",
    "block-storage": "/volumes?limit=1",
    "object-store": "?limit=1&format=json",
    "load-balancer": "/lbaas/loadbalancers?limit=1",
    "orchestration": "/stacks?limit=1",
    "key-manager": "/secrets?limit=1",
    "dns": "/zones?limit=1",
    "shared-file-system": "/shares?limit=1",
    "container-infrastructure-management": "/clusters?limit=1",
    "baremetal": "/nodes?limit=1",
    "placement": "/resource_classes",
}
ADMIN_ONLY = frozenset({"placement", "baremetal"})
"""A refusal by policy (403) is a proper answer of these to a customer."""


class EndpointStep(StepKind):
    """Asks the endpoint of ``service`` (official type) on ``interface`` (default: the configured one).

    ``certificate_days``: fewer days than that left on its TLS certificate are a failure.
    The result has ``url``, ``versions`` and, where https, ``certificate_days_left``.
    """

    name = "endpoint"
    required = frozenset({"service"})
    optional = frozenset({"interface", "certificate_days"})
    default_deadline_s = 20.0

    def run(self, context: StepContext, step: Step) -> Any:
        service = str(step.arguments["service"])
        interface = step.arguments.get("interface") or context.connection.config.get_interface(service) or "public"
        session: Any = context.connection.session
        region = context.connection.config.get_region_name(service)
        url = session.auth.get_access(session).service_catalog.url_for(
            service_type=service, interface=interface, region_name=region
        )
        result: dict[str, Any] = {"url": url, "versions": self._versions(session, url)}
        path = LISTS.get(service)
        if path is not None:
            self._list(session, service, url, path, context)
        if url.startswith("https:"):
            result["certificate_days_left"] = days = self._days_left(url, context)
            least = step.arguments.get("certificate_days")
            if least is not None and days < float(least):
                raise StepFailure(
                    f"the TLS certificate of {service} is valid for {days:.0f} more days, less than {least}"
                )
        if step.arguments.get("expect"):
            context.verify(result, step.arguments["expect"])
        return result

    @staticmethod
    def _versions(session: Any, url: str) -> list[str]:
        """The versions that the unversioned document names; some clouds only answer below the version."""
        split = urlsplit(url)
        parts = [part for part in split.path.split("/") if part]
        version = next(
            (index for index, part in enumerate(parts) if part[:1] == "v" and part[1:2].isdigit()), len(parts)
        )
        root = urlunsplit((split.scheme, split.netloc, "/".join(["", *parts[:version], ""]), "", ""))
        answer = session.get(root, authenticated=False, raise_exc=False)
        if answer.status_code >= 500:
            raise StepFailure(f"the version document at {root} answers HTTP {answer.status_code}", answer.status_code)
        if answer.status_code in (401, 403, 404):
            return []  # protected or not published at the root: the list call decides
        try:
            document = answer.json()
        except ValueError:
            raise StepFailure(f"the version document at {root} is no JSON", answer.status_code) from None
        versions = document.get("versions", [document.get("version")]) if isinstance(document, dict) else []
        versions = versions.get("values", []) if isinstance(versions, dict) else versions
        found = [str(version.get("id")) for version in versions if isinstance(version, dict)]
        if not found:
            raise StepFailure(f"the version document at {root} names no version", answer.status_code)
        return found

    @staticmethod
    def _list(session: Any, service: str, url: str, path: str, context: StepContext) -> None:
        base = url.rstrip("/")
        if service == "network" and "/v2.0" not in base:
            base += "/v2.0"
        elif service == "image" and "/v2" not in base:
            base += "/v2"
        elif service == "identity" and "/v3" not in base:
            base += "/v3"
        elif service == "dns" and "/v2" not in base:
            base += "/v2"
        elif service in ("load-balancer", "key-manager") and not base.rsplit("/", 1)[-1].startswith("v"):
            base += "/v2" if service == "load-balancer" else "/v1"
        answer = session.get(base + path, raise_exc=False)
        if answer.status_code == 403 and service in ADMIN_ONLY:
            return
        if answer.status_code >= 400:
            answer_text = " ".join(answer.text.split())[:200]
            raise StepFailure(
                f"{service} answers HTTP {answer.status_code} to GET {path}: {answer_text}", answer.status_code
            )
        try:
            answer.json()
        except ValueError:
            raise StepFailure(
                f"{service} answers GET {path} with something that is no JSON", answer.status_code
            ) from None

    @staticmethod
    def _days_left(url: str, context: StepContext) -> float:
        """Days until the server's certificate ends, read from a TLS handshake of its own."""
        split = urlsplit(url)
        tls = ssl.create_default_context()
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE  # only read here; the API calls verify it
        remaining = context.activity.remaining()
        if remaining <= 0:
            raise StepError("no time left to read the certificate")
        with (
            socket.create_connection((split.hostname or "", split.port or 443), remaining) as plain_socket,
            tls.wrap_socket(plain_socket, server_hostname=split.hostname) as tls_socket,
        ):
            certificate = tls_socket.getpeercert(binary_form=True)
        if not certificate:
            raise StepFailure("the server shows no certificate")
        return (x509.load_der_x509_certificate(certificate).not_valid_after_utc.timestamp() - time.time()) / 86400
