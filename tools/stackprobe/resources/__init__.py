"""The kinds of resources that scenarios make: how each is found in the token's project, deleted and waited for."""

from stackprobe.resources import (
    block_storage,
    compute,
    dns,
    identity,
    image,
    key_manager,
    load_balancer,
    network,
    object_store,
    orchestration,
    shared_file_system,
)
from stackprobe.resources.kind import Found, Kind, StillThere
from stackprobe.resources.rest import MalformedAnswer

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        compute.SERVER,
        compute.KEYPAIR,
        compute.SERVER_GROUP,
        network.FLOATING_IP,
        network.PORT,
        network.ROUTER,
        network.NETWORK,
        network.SUBNET,
        network.SECURITY_GROUP_RULE,
        network.SECURITY_GROUP,
        block_storage.TRANSFER,
        block_storage.SNAPSHOT,
        block_storage.BACKUP,
        block_storage.VOLUME,
        image.IMAGE,
        object_store.OBJECT,
        object_store.CONTAINER,
        key_manager.SECRET,
        orchestration.STACK,
        load_balancer.LOAD_BALANCER,
        dns.ZONE,
        shared_file_system.SNAPSHOT,
        shared_file_system.SHARE,
        identity.APPLICATION_CREDENTIAL,
        identity.ACCESS_RULE,
        identity.USER,
    )
}

__all__ = ["KINDS", "Found", "Kind", "MalformedAnswer", "StillThere"]
