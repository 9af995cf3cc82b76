"""What the tier of one cloud is called outside its directory, so that two clouds do not meet."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

EXTERNAL_CIDR = "203.0.113.0/24"
OUTSIDE = "203.0.113.1"  # the gateway of the external network: the one address of the outside
OUTSIDE_ADDRESS = f"{OUTSIDE}/24"
EXTERNAL_CIDR_6 = "2001:db8:203::/64"
OUTSIDE_6 = "2001:db8:203::1"  # its gateway in IPv6, the outside too
OUTSIDE_ADDRESS_6 = f"{OUTSIDE_6}/64"
POOL_6 = "2001:db8:4000::/36"  # customers' networks of IPv6 are taken from it; the outside has routes to them
OUTSIDE_DEVICE = "outside"
PHYSICAL_NETWORK = "public"
METADATA_PORT = 8775  # of nova's metadata API, in the switch's namespace
CHASSIS = "pocket-chassis"  # what OVN knows the machine as; the compute services of all zones plug into it
INTEGRATION_BRIDGE, EXTERNAL_BRIDGE = "br-int", "br-ex"


@dataclass(frozen=True)
class Names:
    """Namespaces and sockets of the cloud in a directory, derived from its path alone."""

    root: Path

    @property
    def prefix(self) -> str:
        """Every namespace of this cloud, and nobody else's, begins with it."""
        return f"pc-{hashlib.sha256(bytes(self.root)).hexdigest()[:10]}-"

    @property
    def switch(self) -> str:
        """The namespace of the switch: Open vSwitch, OVN and the metadata agent."""
        return f"{self.prefix}switch"

    @property
    def outside(self) -> str:
        """The namespace that reaches floating IPs, and the public endpoints at the addresses of the catalog."""
        return f"{self.prefix}outside"

    def guest(self, server: str) -> str:
        """The namespace of a server."""
        return f"{self.prefix}guest-{server}"

    def balancer(self, machine: str) -> str:
        """The namespace of a load balancer's machine."""
        return f"{self.prefix}balancer-{machine}"

    @property
    def metadata(self) -> str:
        """What a network's id is appended to for the namespace of its metadata."""
        return f"{self.prefix}metadata-"

    @property
    def run(self) -> Path:
        """Directory of the tier's sockets: their paths may have 107 bytes, which a cloud's directory may use up."""
        return Path("/run") / self.prefix.rstrip("-")

    @property
    def ovs(self) -> str:
        """Where Open vSwitch's database listens."""
        return f"unix:{self.run}/ovs.sock"

    @property
    def northbound(self) -> str:
        """Where OVN's northbound database listens."""
        return f"unix:{self.run}/ovnnb.sock"

    @property
    def southbound(self) -> str:
        """Where OVN's southbound database listens."""
        return f"unix:{self.run}/ovnsb.sock"
