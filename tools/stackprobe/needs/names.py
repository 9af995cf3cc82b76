"""The resources that a scenario can need, and what its needs may ask of the cloud."""

from __future__ import annotations

RESOURCES: dict[str, str] = {
    "servers": "compute",
    "cores": "compute",
    "ram_mb": "compute",
    "keypairs": "compute",
    "server_groups": "compute",
    "networks": "network",
    "subnets": "network",
    "routers": "network",
    "ports": "network",
    "floating_ips": "network",
    "security_groups": "network",
    "security_group_rules": "network",
    "volumes": "block-storage",
    "gigabytes": "block-storage",
    "snapshots": "block-storage",
    "backups": "block-storage",
    "backup_gigabytes": "block-storage",
    "load_balancers": "load-balancer",
    "listeners": "load-balancer",
    "pools": "load-balancer",
    "members": "load-balancer",
    "health_monitors": "load-balancer",
    "zones": "dns",
    "recordsets": "dns",
    "secrets": "key-manager",
    "stacks": "orchestration",
    "containers": "object-store",
    "shares": "shared-file-system",
    "share_gigabytes": "shared-file-system",
}
"""Every resource of which projects have quotas, and the service whose quota it is."""

FACTS: dict[str, str] = {
    "zones": "names of the availability zones of servers that are available",
    "volume_zones": "names of the availability zones of volumes that are available",
    "volume_types": "names of the volume types",
    "flavor": "the flavor of the option `flavor`, or the one chosen without it: `vcpus`, `ram` (MiB), `disk` (GiB)",
    "larger_flavor": "the same of the option `resize_flavor`",
}
"""What `cloud.` offers to the Jinja texts of needs: name and meaning."""
