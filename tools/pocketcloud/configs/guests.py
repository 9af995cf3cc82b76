"""What a cloud with guests has otherwise: ML2/OVN, a driver that makes guests, and the way to their metadata."""

from __future__ import annotations

import hashlib

from pocketcloud.configs import Ini, Site, qemu
from pocketcloud.guests.names import METADATA_PORT, OUTSIDE, PHYSICAL_NETWORK, Names
from pocketcloud.services import HOST, ZONES

PLUG_WITHIN_S = 240
"""s: as long as neutron may take to say that a port is bound, where many servers boot at once on few processors."""


def _shared_secret(site: Site) -> str:
    """Of the metadata agent and nova: a secret of this cloud, derived from one that it has already."""
    return hashlib.sha256(b"metadata" + site.service_password.encode()).hexdigest()


def _databases(site: Site) -> dict[str, object]:
    names = Names(site.layout.root)
    return {"ovn_nb_connection": names.northbound, "ovn_sb_connection": names.southbound}


def _neutron(site: Site) -> Ini:
    return {
        "DEFAULT": {"service_plugins": "ovn-router,port_forwarding,qos"},
        "ml2": {
            "type_drivers": "flat,vlan,geneve,local",
            "tenant_network_types": "geneve",
            "mechanism_drivers": "ovn",
            "extension_drivers": "port_security,qos",
            "overlay_ip_version": 4,
        },
        "ml2_type_flat": {"flat_networks": PHYSICAL_NETWORK},
        "ml2_type_geneve": {"vni_ranges": "1:65536", "max_header_size": 38},
        "ovn": {
            **_databases(site),
            "ovn_metadata_enabled": "true",
            "enable_distributed_floating_ip": "true",
            "ovn_emit_need_to_frag": "true",
            "dns_servers": OUTSIDE,  # of subnets that name none; it would be the machine's own
        },
        "ovs": {"ovsdb_connection": Names(site.layout.root).ovs},
    }


def _nova(site: Site) -> Ini:
    return {
        "DEFAULT": {
            "compute_driver": "pocketcloud.GuestDriver",
            "vif_plugging_is_fatal": "true",
            "vif_plugging_timeout": PLUG_WITHIN_S,
        },
        "api": {"dhcp_domain": ""},  # a server's hostname is its name alone
        "neutron": {"service_metadata_proxy": "true", "metadata_proxy_shared_secret": _shared_secret(site)},
    }


def _cinder(site: Site) -> Ini:
    """Volumes are files, with all their bytes: what is zero takes no space, and a backup of it next to no time."""
    return {
        "DEFAULT": {
            "backup_file_size": 32 << 20,  # each is held in memory
            "backup_sha_block_size_bytes": 1 << 20,
            "backup_compression_algorithm": "zstd",
        },
        **{zone: {"volume_driver": "pocketcloud.host.drivers.cinder_files.FileDriver"} for zone in ZONES},
    }


def _octavia(site: Site) -> Ini:
    return {
        "api_settings": {
            "enabled_provider_drivers": "amphora: haproxy in a network namespace.,ovn: OVN's own load balancing.",
        },
        "controller_worker": {"compute_driver": "pocketcloud_haproxy", "amphora_driver": "pocketcloud_haproxy"},
        "haproxy_amphora": {"default_connection_limit": 1000},  # a machine of any size can open so many files
        "ovn": _databases(site),
    }


def metadata_agent(site: Site) -> Ini:
    """neutron-ovn-metadata-agent.conf"""
    names = Names(site.layout.root)
    return {
        "DEFAULT": {
            "debug": "false",
            "log_dir": site.layout.log,
            "log_file": "metadata-agent.log",
            "state_path": site.layout.state / "neutron",
            "metadata_proxy_socket": names.run / "metadata.sock",
            "nova_metadata_host": HOST,
            "nova_metadata_port": METADATA_PORT,
            "metadata_proxy_shared_secret": _shared_secret(site),
            "metadata_workers": 0,
            "setproctitle": "off",
        },
        "AGENT": {"root_helper": "/usr/bin/env"},  # it is root
        "ovs": {"ovsdb_connection": names.ovs},
        "ovn": _databases(site),
        **site.common(),
    }


def settings(service: str, base: Ini, site: Site) -> Ini:
    """The configuration of a service, changed from what it has without guests."""
    changes = {"neutron": _neutron, "nova": _nova, "cinder": _cinder, "octavia": _octavia}
    result = {section: dict(values) for section, values in base.items()}
    if service in changes:
        for section, values in changes[service](site).items():
            result.setdefault(section, {}).update(values)
    if site.machines:
        for section, values in qemu.settings(service, site).items():
            result.setdefault(section, {}).update(values)
    return result
