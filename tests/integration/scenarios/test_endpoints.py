"""The scenario `endpoints`, in fair weather and with the faults that it must see."""

from __future__ import annotations

import datetime
import http.server
import ipaddress
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from stackprobe.results import Outcome

from tests.integration.probing import Probed, run_probes
from tests.integration.scenarios.common_season import ENDPOINTS, SEASON
from tests.integration.scenarios.seasons import Weather

SERVICES = {"block-storage", "compute", "identity", "image", "network", "placement"}


def asked(run: Probed) -> dict[str | None, Outcome]:
    return {step.zone: step.outcome for step in run.scenario("endpoints").steps if step.key == "ask_the_service"}


def test_every_service_of_the_catalog_answers_in_fair_weather(fair_weather: Probed) -> None:
    assert asked(fair_weather) == dict.fromkeys(SERVICES, Outcome.PASSED)
    assert fair_weather.step("endpoints", "Read the catalog").outcome is Outcome.PASSED


@pytest.mark.parametrize("what", SEASON.faults_of("endpoints"))
def test_a_fault_is_seen_where_it_is_and_the_other_services_are_still_asked(what: str, weather: Weather) -> None:
    others = asked(weather(SEASON, "endpoints", what))
    zone = ENDPOINTS[what].zone
    assert others.pop(zone) is Outcome.FAILED
    assert others == dict.fromkeys(SERVICES - {zone}, Outcome.PASSED)


@pytest.mark.thorough
def test_other_interfaces_are_asked_on_request_and_services_can_be_left_out(probe: Callable[..., Probed]) -> None:
    options = {"endpoints": {"interfaces": ["public", "internal", "mars"], "leave_out": ["network"]}}
    run = probe("endpoints", options=options)
    assert run.exit_code == 0, run.said
    left = SERVICES - {"network"}
    assert asked(run) == {
        **dict.fromkeys(left, Outcome.PASSED),
        **dict.fromkeys({f"{service}-internal" for service in left}, Outcome.PASSED),
        **dict.fromkeys({f"{service}-mars" for service in left}, Outcome.SKIPPED),
    }


def test_a_catalog_that_lost_a_service_is_seen(probe: Callable[..., Probed]) -> None:
    emptied = {"service": "keystone", "path": "/auth/catalog", "remove": ["catalog.1"]}
    run = probe("endpoints", "image", rules=[emptied])
    assert run.exit_code == 1
    assert run.bad_steps("endpoints") == [("Read the catalog", None)]
    assert run.outcomes()["image"] is Outcome.PASSED


class Compute(http.server.BaseHTTPRequestHandler):
    """As much of Nova as the scenario asks for."""

    def do_GET(self) -> None:
        answer = {"flavors": []} if "/flavors" in self.path else {"versions": [{"id": "v2.1", "status": "CURRENT"}]}
        content = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def old_certificate(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """What clouds.yaml needs for a compute endpoint whose certificate is valid for ten more days."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name.from_rfc4514_string("CN=127.0.0.1")
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=80))
        .not_valid_after(now + datetime.timedelta(days=10, minutes=5))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    (tmp_path / "ca.pem").write_bytes(certificate.public_bytes(pem))
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    (tmp_path / "server.pem").write_bytes(secret + certificate.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Compute)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield {
        "compute_endpoint_override": f"https://127.0.0.1:{server.server_port}/v2.1",
        "cacert": str(tmp_path / "ca.pem"),
    }
    server.shutdown()


@pytest.mark.parametrize(("least", "outcome"), [(9, Outcome.PASSED), (14, Outcome.FAILED)])
def test_a_certificate_that_ends_soon_is_failed(
    least: int,
    outcome: Outcome,
    tmp_path: Path,
    changed: Callable[[dict[str, Any]], Path],
    old_certificate: dict[str, Any],
) -> None:
    options = {"endpoints": {"certificate_days": least}}
    run = run_probes(changed(old_certificate), tmp_path / "run", ["endpoints"], options=options)
    assert asked(run) == {**dict.fromkeys(SERVICES, Outcome.PASSED), "compute": outcome}, run.said
    if outcome is Outcome.FAILED:
        message = run.step("endpoints", "Ask the service", "compute").message
        assert message == "the TLS certificate of compute is valid for 10.0 more days, not 14"
