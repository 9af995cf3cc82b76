"""Load balancers without machines: octavia keeps the books, neutron gives genuine addresses, no packet is balanced."""

# mypy: disable-error-code="import-untyped, import-not-found"
from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from octavia.amphorae.drivers.noop_driver import driver as noop
from octavia.certificates.common import local
from octavia.common import clients, constants, data_models
from octavia.compute import compute_base
from octavia.db import api, repositories

from pocketcloud.host.drivers.stalls import stall

MANAGEMENT_IP = "192.0.2.1"  # for documentation only: nobody connects to it
VALID = datetime.timedelta(days=3650)


class Machines(compute_base.ComputeBase):
    """The machines that would run the balancing: each exists as soon as it is ordered."""

    placed: Mapping[str, str] = {}
    """What a port is told of where its machine is."""

    def build(self, name: str = "amphora", **_: Any) -> str:
        """Order a machine."""
        return str(uuid.uuid4())

    def delete(self, compute_id: str) -> None:
        """Give a machine back."""
        session = api.get_session()
        with session.begin():
            amphora = repositories.AmphoraRepository().get(session, compute_id=compute_id)
            name = amphora.load_balancer.name if amphora and amphora.load_balancer else None
        stall("balancer_delete", name)

    def status(self, compute_id: str) -> str:
        """Always up."""
        return str(constants.UP)

    def get_amphora(self, compute_id: str, management_network_id: str | None = None) -> tuple[Any, None]:
        """A machine that has booted."""
        amphora = data_models.Amphora(
            compute_id=compute_id, status=constants.ACTIVE, lb_network_ip=MANAGEMENT_IP, cached_zone="az1"
        )
        return amphora, None

    def create_server_group(self, name: str, policy: str) -> Any:
        """A group for machines that shall not share a host."""
        return SimpleNamespace(id=str(uuid.uuid4()))

    def delete_server_group(self, server_group_id: str) -> None:
        """Forget a group."""

    def attach_network_or_port(
        self,
        compute_id: str,
        network_id: str | None = None,
        ip_address: str | None = None,
        port_id: str | None = None,
    ) -> Any:
        """Plug a port, as nova would: the port names its machine."""
        network = clients.NeutronAuth.get_neutron_client().network
        port = network.update_port(port_id, device_id=compute_id, **self.placed)
        return SimpleNamespace(net_id=port.network_id, port_id=port.id, fixed_ips=port.fixed_ips)

    def detach_port(self, compute_id: str, port_id: str) -> None:
        """Unplug a port, which stays."""
        clients.NeutronAuth.get_neutron_client().network.update_port(port_id, device_id="")

    def validate_flavor(self, flavor_id: str) -> None:
        """Any will do."""

    def validate_availability_zone(self, availability_zone: str) -> None:
        """Any will do."""


class Balancers(noop.NoopAmphoraLoadBalancerDriver):
    """The agent inside the machines: takes every configuration, unless a fault says otherwise."""

    def update_amphora_listeners(self, loadbalancer: Any, amphora: Any, timeout_dict: Any) -> None:
        """Upstream's would invent statistics."""
        stall("balancer_update", loadbalancer.name)

    def update(self, loadbalancer: Any) -> None:
        """Take a configuration."""
        stall("balancer_update", loadbalancer.name)

    def post_vip_plug(self, amphora: Any, load_balancer: Any, *_: Any, **__: Any) -> None:
        """The machine learns its address: the last that is asked of it when a load balancer is made."""
        stall("balancer_create", load_balancer.name)


class Certificates:
    """For a connection to the machines that nobody makes: the same certificate each time."""

    _made: Any = None

    @classmethod
    def generate_cert_key_pair(cls, cn: str, validity: int, bit_length: int = 2048, passphrase: Any = None) -> Any:
        """A certificate and its key."""
        if cls._made is None:
            key = ec.generate_private_key(ec.SECP256R1())
            name = x509.Name.from_rfc4514_string("CN=amphora")
            now = datetime.datetime.now(datetime.UTC)
            certificate = (
                x509.CertificateBuilder()
                .subject_name(name)
                .issuer_name(name)
                .public_key(key.public_key())
                .serial_number(x509.random_serial_number())
                .not_valid_before(now)
                .not_valid_after(now + VALID)
                .sign(key, hashes.SHA256())
            )
            pem = serialization.Encoding.PEM
            secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
            cls._made = local.LocalCert(certificate=certificate.public_bytes(pem), private_key=secret)
        return cls._made
