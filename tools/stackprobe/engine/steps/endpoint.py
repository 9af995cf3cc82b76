"""``probe_endpoint``: one endpoint of the catalog answers its version document and a list call."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import openstack.exceptions
from cryptography import x509
from os_service_types import ServiceTypes

from stackprobe.engine.classify import StepFailure, StepSkipped
from stackprobe.engine.steps.base import Step, StepContext, StepKind

# A cheap list call of each service: its path below the endpoint, the version that belongs in front where the catalog
# does not name it, and the key of the list in the answer (None: the answer is the list). A service that is not here
# only has to answer at all.
LISTS: dict[str, tuple[str, str, str | None]] = {
    "identity": ("/auth/projects", "v3", "projects"),
    "compute": ("/flavors?limit=1", "v2.1", "flavors"),
    "image": ("/images?limit=1", "v2", "images"),
    "network": ("/networks?limit=1", "v2.0", "networks"),
    "block-storage": ("/volumes?limit=1", "v3", "volumes"),
    "object-store": ("?limit=1&format=json", "", None),
    "load-balancer": ("/lbaas/loadbalancers?limit=1", "v2", "loadbalancers"),
    "orchestration": ("/stacks?limit=1", "", "stacks"),
    "key-manager": ("/secrets?limit=1", "v1", "secrets"),
    "dns": ("/zones?limit=1", "v2", "zones"),
    "shared-file-system": ("/shares?limit=1", "", "shares"),
    "container-infrastructure-management": ("/clusters?limit=1", "v1", "clusters"),
    "baremetal": ("/nodes?limit=1", "v1", "nodes"),
    "placement": ("/resource_providers", "", "resource_providers"),
}
ADMIN_ONLY = frozenset({"placement", "baremetal"})
"""A refusal by policy (403) is a proper answer of these to a customer."""


class EndpointStep(StepKind):
    """Asks the endpoint of ``service`` (as the catalog calls it, or its official type) on ``interface`` (default: the
    configured one).

    ``certificate_days``: fewer days than that left on its TLS certificate are a failure.
    The result has ``url``, ``versions`` and, where https, ``certificate_days_left``.
    """

    name = "endpoint"
    required = frozenset({"service"})
    optional = frozenset({"interface", "certificate_days"})
    default_deadline_s = 20.0

    def run(self, context: StepContext, step: Step) -> Any:
        service = str(step.arguments["service"])
        interface = str(step.arguments.get("interface") or configured_interface(context, service))
        session: Any = context.connection.session
        url = _url(context, session.auth.get_access(session).service_catalog.catalog, service, interface)
        if url is None:
            raise StepSkipped(f"the catalog has no {interface} endpoint of {service} in this region")
        official = ServiceTypes().get_service_type(service) or service
        versions, certificate = self._versions(context, session, url, strict=official in LISTS)
        result: dict[str, Any] = {"url": url, "versions": versions}
        if official in LISTS:
            self._list(session, official, url)
        if url.startswith("https:"):
            result["certificate_days_left"] = days = _days_left(certificate)
            context.figures["certificate_days"] = days
            least = step.arguments.get("certificate_days")
            if least not in (None, "") and days < float(least):
                raise StepFailure(f"the TLS certificate of {service} is valid for {days:.1f} more days, not {least}")
        if step.arguments.get("expect"):
            context.verify(result, step.arguments["expect"])
        return result

    @staticmethod
    def _versions(context: StepContext, session: Any, url: str, *, strict: bool) -> tuple[list[str], bytes | None]:
        """The versions that the unversioned document names, and the certificate of whoever answered.

        Some clouds answer only below the version; then the list call decides.

        :param strict: the service is known to have such a document.
        """
        split = urlsplit(url)
        parts = [part for part in split.path.split("/") if part]
        before = next((index for index, part in enumerate(parts) if _is_version(part)), len(parts))
        root = urlunsplit((split.scheme, split.netloc, "/".join(["", *parts[:before], ""]), "", ""))
        # Of a stream the connection is still known after the answer, and with it the certificate, also through a proxy.
        answer = session.get(root, authenticated=False, raise_exc=False, stream=split.scheme == "https")
        certificate = getattr(context.activity.connection, "stackprobe_certificate", None)
        content = answer.content
        if answer.status_code >= 500:
            raise StepFailure(f"the version document at {root} answers HTTP {answer.status_code}", answer.status_code)
        if answer.status_code >= 400 or not strict or not content:
            return [], certificate
        try:
            document = answer.json()
        except ValueError:
            raise StepFailure(f"the version document at {root} is no JSON", answer.status_code) from None
        versions = document.get("versions", [document.get("version")]) if isinstance(document, dict) else []
        versions = versions.get("values", []) if isinstance(versions, dict) else versions
        found = [str(version["id"]) for version in versions or [] if isinstance(version, dict) and version.get("id")]
        if not found:
            raise StepFailure(f"the version document at {root} names no version", answer.status_code)
        return found, certificate

    @staticmethod
    def _list(session: Any, service: str, url: str) -> None:
        path, version, key = LISTS[service]
        base = url.rstrip("/")
        if version and not any(_is_version(part) for part in urlsplit(base).path.split("/")):
            base = f"{base}/{version}"
        answer = session.get(base + path, raise_exc=False)
        status = answer.status_code
        if status == 403 and service in ADMIN_ONLY:
            return
        if status >= 500 or status == 404:
            text = " ".join(answer.text.split())[:200]
            raise StepFailure(f"{service} answers HTTP {status} to GET {path}: {text}", status)
        openstack.exceptions.raise_from_response(answer)
        try:
            document = answer.json()
        except ValueError:
            raise StepFailure(f"{service} answers GET {path} with something that is no JSON", status) from None
        if not isinstance(document.get(key) if key and isinstance(document, dict) else document, list):
            raise StepFailure(f"{service} answers GET {path} without a list of {key or 'anything'}", status)


def configured_interface(context: StepContext, service: str) -> str:
    """The interface (public, internal, admin) on which clouds.yaml wants a service to be used."""
    return str(context.connection.config.get_interface(service) or "public").removesuffix("URL")


def endpoints_of(service: dict[str, Any], region: str | None) -> Iterator[tuple[str, str]]:
    """Interface and URL of each endpoint that an entry of a catalog has in a region."""
    for endpoint in service.get("endpoints") or []:
        if region in (None, "", endpoint.get("region_id"), endpoint.get("region")):
            yield str(endpoint.get("interface")), str(endpoint.get("url"))


def _url(context: StepContext, catalog: list[dict[str, Any]], service: str, interface: str) -> str | None:
    config = context.connection.config
    if interface == configured_interface(context, service) and (override := config.get_endpoint(service)):
        return str(override)
    types = ServiceTypes()
    named = [one for one in catalog if one.get("type") == service]
    same = [one for one in catalog if types.get_service_type(one.get("type") or "") == service]
    region = config.get_region_name(service)
    return next((url for one in named or same for kind, url in endpoints_of(one, region) if kind == interface), None)


def _is_version(part: str) -> bool:
    return part[:1] == "v" and part[1:2].isdigit()


def _days_left(certificate: bytes | None) -> float:
    """Days until a certificate in DER ends."""
    if not certificate:
        raise StepFailure("the server shows no certificate")
    return (x509.load_der_x509_certificate(certificate).not_valid_after_utc.timestamp() - time.time()) / 86400
