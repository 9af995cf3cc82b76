"""What the cloud does wrong with tokens, services, images and networks, and how that must be reported."""

from __future__ import annotations

from typing import Any

from tests.integration.scenarios.seasons import INVENTED, Fault, Season

HANG_S = 5
"""The deadline of a step that is made to hang, in seconds: much longer than it takes on a busy machine."""
LIE_S = 3
"""The deadline of a delete that is only pretended, in seconds."""
ID = "[0-9a-f-]{36}"
OPTIONS: dict[str, dict[str, Any]] = {
    "identity": {"deadline": HANG_S},
    "endpoints": {"deadline": HANG_S},
    "image": {"download_deadline": HANG_S, "delete_deadline": LIE_S, "bytes": 65536},
    "network": {"deadline": 2 * HANG_S, "delete_deadline": LIE_S},
}
"""Short deadlines for what is made to hang."""

IDENTITY = {
    "no token is issued": Fault(
        [{"service": "keystone", "method": "POST", "path": "/auth/tokens$", "nth": 2, "status": 500}],
        "Get a token with the credentials",
        500,
    ),
    "the validation hangs": Fault(
        [{"service": "keystone", "method": "GET", "path": "/auth/tokens$", "hang": "before"}],
        "Validate the token",
        None,
        "deadline",
    ),
    "a token is said to be revoked and is not": Fault(
        [{"service": "keystone", "method": "DELETE", "path": "/auth/tokens$", "status": 204}],
        "Use the revoked token in vain",
        200,
        "but the cloud accepted it",
    ),
    "a validated token belongs to nobody": Fault(
        [{"service": "keystone", "method": "GET", "path": "/auth/tokens$", "remove": ["token.user"]}],
        "Validate the token",
        200,
        "user.id is set",
    ),
}

ENDPOINTS = {
    "a list is answered with 503": Fault(
        [{"service": "nova", "path": "/flavors", "status": 503}],
        "Ask the service",
        503,
        "compute answers HTTP 503",
        zone="compute",
    ),
    "a version document does not come": Fault(
        [{"service": "placement", "path": "^/$", "hang": "before"}],
        "Ask the service",
        None,
        "deadline",
        zone="placement",
    ),
    "a list is none": Fault(
        [{"service": "cinder", "path": "/volumes", "remove": ["volumes"]}],
        "Ask the service",
        200,
        "without a list of volumes",
        zone="block-storage",
    ),
    "a version document is a web page": Fault(
        [{"service": "nova", "path": "^/$", "garbage": True}],
        "Ask the service",
        200,
        "no JSON",
        zone="compute",
    ),
    "the connection is dropped": Fault(
        [{"service": "cinder", "path": "/volumes", "drop": "before"}],
        "Ask the service",
        None,
        "no answer",
        zone="block-storage",
    ),
}

IMAGE = {
    "the upload is answered with 500": Fault(
        [{"service": "glance", "method": "PUT", "path": "/file$", "status": 500}],
        "Upload the image",
        500,
    ),
    "the download hangs": Fault(
        [{"service": "glance", "method": "GET", "path": "/file$", "hang": "before"}],
        "Download the image",
        None,
        "deadline",
    ),
    "other bytes are downloaded": Fault(
        [{"service": "glance", "method": "GET", "path": "/file$", "status": 200, "body": "other bytes"}],
        "Download the image",
        200,
        "contains",
    ),
    "a delete does nothing": Fault(
        [{"service": "glance", "method": "DELETE", "path": f"/images/{ID}$", "times": 1, "status": 204}],
        "Delete the image",
        200,
        "deadline passed",
    ),
    "a deactivated image is said to be so and is not": Fault(
        [{"service": "glance", "method": "POST", "path": "/actions/deactivate$", "status": 204}],
        "Download the deactivated image in vain",
        200,
        "but the cloud did it",
    ),
}

NETWORK = {
    "no router is made": Fault(
        [{"service": "neutron", "method": "POST", "path": "/routers$", "status": 500}],
        "Create the router",
        500,
    ),
    "a port is made, but the answer does not come": Fault(
        [{"service": "neutron", "method": "POST", "path": "/ports$", "hang": "after"}],
        "Create a port",
        None,
        "deadline",
    ),
    "a network is answered with an invented id": Fault(
        [{"service": "neutron", "method": "POST", "path": "/networks$", "set": {"network.id": INVENTED}}],
        "Create the network",
        404,
    ),
    "a subnet has other addresses": Fault(
        [{"service": "neutron", "method": "POST", "path": "/subnets$", "nth": 1, "set": {"subnet.cidr": "10.0.0.0/8"}}],
        "Create the subnets",
        201,
        "cidr is '10.99.0.0/24', but it is '10.0.0.0/8'",
        zone="ipv4",
    ),
    "a delete does nothing": Fault(
        [{"service": "neutron", "method": "DELETE", "path": f"/floatingips/{ID}$", "times": 1, "status": 204}],
        "Delete the floating IP",
        200,
        "deadline passed",
    ),
}

SEASON = Season({"identity": IDENTITY, "endpoints": ENDPOINTS, "image": IMAGE, "network": NETWORK}, options=OPTIONS)
