"""The alternative of one who writes it by hand: the same SDK calls in one script. ``bare_sdk.py CLOUD ROUNDS``."""

import sys
from collections.abc import Callable

import openstack


def gone(get: Callable[[str], object], identity: str) -> None:
    """As careful as the prober: what was deleted must be gone."""
    try:
        get(identity)
    except openstack.exceptions.NotFoundException:
        return
    raise RuntimeError(f"{identity} is still there")


connection = openstack.connect(cloud=sys.argv[1])
connection.authorize()
for number in range(int(sys.argv[2])):
    name = f"bench-{number}"
    network = connection.network.create_network(name=name)
    connection.network.get_network(network.id)
    subnet = connection.network.create_subnet(name=name, network_id=network.id, ip_version=4, cidr="10.9.0.0/24")
    connection.network.update_network(network.id, description="bench")
    connection.network.delete_subnet(subnet.id)
    gone(connection.network.get_subnet, subnet.id)
    connection.network.delete_network(network.id)
    gone(connection.network.get_network, network.id)
