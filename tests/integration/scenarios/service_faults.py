"""The faults of the scenarios of octavia, designate and manila."""

from __future__ import annotations

from tests.integration.scenarios.seasons import SOME_ZONE, Fault

LOAD_BALANCER = {
    "a machine that fails": Fault(
        [{"driver": "balancer_create", "name": "load_balancer", "error": "no"}],
        "Create the load balancer",
        200,
        "provisioning_status is 'ERROR'",
    ),
    "a pool that goes into an error": Fault(
        [
            {
                "service": "octavia",
                "path": "/status$",
                "set": {"statuses.loadbalancer.listeners.0.pools.0.provisioning_status": "ERROR"},
            }
        ],
        "Create the pool",
        200,
        "listeners.0.pools.0.provisioning_status is 'ERROR'",
    ),
    "a member whose creation is not answered": Fault(
        [{"service": "octavia", "method": "POST", "path": "/members$", "nth": 1, "drop": "after"}],
        "Create the first member",
        None,
        "no answer",
    ),
    "a member that stays": Fault(
        [{"service": "octavia", "method": "DELETE", "path": "/members/", "status": 204}],
        "Remove the first member",
        200,
        "does not contain",
        options={"change_deadline": 20},
    ),
    "a load balancer that stays": Fault(
        [{"service": "octavia", "method": "DELETE", "path": "/loadbalancers/", "times": 1, "status": 204}],
        "Delete the load balancer with all its parts",
        200,
        "active",
        options={"delete_deadline": 5},
    ),
}
DNS_ZONE = {
    "a name that is answered wrongly": Fault(
        [{"driver": "dns_answer", "name": r"^www\.", "answer": "192.0.2.66"}],
        "Ask a name server for the name",
        None,
        "192.0.2.66, not 192.0.2.10",
        zone=SOME_ZONE,
        options={"answer_deadline": 3},
    ),
    "a name server that is silent": Fault(
        [{"driver": "dns_answer", "name": r"^www\.", "stuck": True}],
        "Ask a name server for the name",
        None,
        "no answer",
        zone=SOME_ZONE,
        options={"answer_deadline": 3},
    ),
    "a change that is not made": Fault(
        [{"service": "designate", "method": "PUT", "path": "/recordsets/", "status": 202, "body": {}}],
        "Update the record set",
        200,
        "0.records",
    ),
    "a zone that does not reach the name servers": Fault(
        [{"driver": "zone_create", "name": "dns-zone", "stuck": True}],
        "Create the zone",
        200,
        "PENDING",
        options={"deadline": 4},
    ),
    "a zone that stays": Fault(
        [{"service": "designate", "method": "DELETE", "path": "/zones/[^/]+$", "times": 1, "status": 202, "body": {}}],
        "Delete the zone",
        200,
        "active",
        options={"delete_deadline": 8},
    ),
}
SHARED_FILE_SYSTEM = {
    "a share that fails": Fault(
        [{"driver": "share_create", "name": "shared_file_system", "error": "no"}],
        "Create the share",
        200,
        "error",
    ),
    "a rule that fails": Fault(
        [{"driver": "share_access", "name": "shared_file_system", "error": "no", "nth": 1}],
        "Let a client in",
        200,
        "state is 'error'",
    ),
    "an extension that is not made": Fault(
        [{"service": "manila", "method": "POST", "path": "/action$", "sent": "extend", "status": 202}],
        "Extend the share",
        200,
        "size",
        options={"deadline": 20},
    ),
    "a snapshot that fails": Fault(
        [{"driver": "share_snapshot", "name": "shared_file_system", "error": "no", "nth": 1}],
        "Create a snapshot",
        200,
        "error",
    ),
    "a share that stays": Fault(
        [{"service": "manila", "method": "DELETE", "path": "/shares/", "times": 1, "status": 202}],
        "Delete the copy",
        200,
        "available",
        options={"delete_deadline": 5},
    ),
}
