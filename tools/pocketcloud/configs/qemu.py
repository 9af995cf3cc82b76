"""What a cloud with virtual machines has otherwise than one with guests in namespaces."""

from __future__ import annotations

from pocketcloud.configs import Ini, Site
from pocketcloud.guests.names import Names
from pocketcloud.qemu import daemon


def settings(service: str, site: Site) -> Ini:
    """Changes to the configuration of a service."""
    if service == "neutron":
        return {"ovn": {"ovs_create_tap": "false"}}  # libvirt makes it, where the switch is
    if service == "nova":
        return {
            "DEFAULT": {
                "compute_driver": "pocketcloud.QemuDriver",
                "instances_path": site.layout.state / "guests",
            },
            "os_vif_ovs": {"ovsdb_connection": Names(site.layout.root).ovs},
            "libvirt": {
                "virt_type": "qemu",
                "cpu_mode": "none",
                "connection_uri": f"qemu+unix:///system?socket={daemon.socket(site.layout)}",
                "num_pcie_ports": 8,
                "device_detach_timeout": 5,
                "device_detach_attempts": 4,
            },
        }
    return {}
