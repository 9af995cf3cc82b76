"""The kinds of resources that scenarios make: how each is found in the token's project, deleted and waited for."""

from stackprobe.resources import (
    block_storage,
    compute,
    identity,
    image,
    key_manager,
    network,
    object_store,
    orchestration,
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
        identity.APPLICATION_CREDENTIAL,
        identity.ACCESS_RULE,
        identity.USER,
    )
}

__all__ = ["KINDS", "Found", "Kind", "MalformedAnswer", "StillThere"]
