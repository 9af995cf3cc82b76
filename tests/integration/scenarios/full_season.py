"""The faults of the scenarios of optional services: one each in a run, which their services keep apart."""

from __future__ import annotations

from tests.integration.scenarios.seasons import Fault, Season
from tests.integration.scenarios.service_faults import DNS_ZONE, LOAD_BALANCER, SHARED_FILE_SYSTEM

OBJECT_STORE = {
    "a download that ends early": Fault(
        [{"service": "swift", "method": "GET", "path": "/object$", "nth": 1, "truncate": 1000}],
        "Download the object",
        None,
    ),
    "a damaged upload that is taken": Fault(
        [{"service": "swift", "method": "PUT", "path": "/damaged$", "status": 201}],
        "Upload a damaged object in vain",
        201,
        "expected a refusal with [422]",
    ),
    "a listing that hides the object": Fault(
        [{"service": "swift", "method": "GET", "path": r"-container/?\?.*format=json", "status": 200, "body": []}],
        "Find the object in the listing",
        200,
        "# is at least 1, but it is 0",
        options={"listing_deadline": 3},
    ),
    "segments that outlive their object": Fault(
        [{"service": "swift", "method": "DELETE", "path": "multipart-manifest=delete", "status": 200, "body": "{}"}],
        "Ask for a deleted segment in vain",
        200,
        "expected a refusal with [404]",
    ),
    "a temporary URL that anybody can forge": Fault(
        [{"service": "swift", "method": "GET", "path": "temp_url_sig", "nth": 2, "status": 200, "body": "yours"}],
        "Ask by a forged temporary URL in vain",
        200,
        "expected a refusal with [401, 403]",
    ),
}
ANOTHER = "somebody-elses-secret"
SECRETS = {
    "a secret that comes back as another": Fault(
        [
            {
                "service": "barbican",
                "method": "GET",
                "path": "/payload$",
                "nth": 1,
                "status": 200,
                "body": {"x": ANOTHER},
            }
        ],
        "Retrieve the secret",
        200,
        "expected that . contains",
    ),
    "a secret whose storing is not answered": Fault(
        [{"service": "barbican", "method": "POST", "path": "/secrets$", "nth": 1, "drop": "after"}],
        "Store a secret",
        None,
        "no answer",
    ),
    "a secret that can be replaced": Fault(
        [{"service": "barbican", "method": "PUT", "path": "/secrets/", "status": 204}],
        "Replace it in vain",
        204,
        "expected a refusal with [409]",
    ),
    "a secret that stays": Fault(
        [{"service": "barbican", "method": "DELETE", "path": "/secrets/", "times": 1, "status": 204}],
        "Delete the secret",
        200,
        options={"deadline": 6},
    ),
    "a store that fails": Fault(
        [{"service": "barbican", "method": "POST", "path": "/secrets$", "status": 503}],
        "Store a secret",
        503,
    ),
}
ORCHESTRATION = {
    "a stack that fails": Fault(
        [{"service": "neutron", "interface": "internal", "method": "POST", "path": "/networks$", "status": 500}],
        "Create the stack",
        200,
        "CREATE_FAILED (Resource CREATE failed",
    ),
    "a preview that promises nothing": Fault(
        [{"service": "heat", "method": "PUT", "path": "/preview$", "set": {"resource_changes.added": []}}],
        "Preview the update",
        200,
        "json.resource_changes.added.# is 1, but it is 0",
    ),
    "a stack that stays": Fault(
        [{"service": "heat", "method": "DELETE", "path": "/stacks/[^/]+/[^/]+$", "times": 1, "status": 204}],
        "Delete the stack",
        200,
        "update_complete",
        options={"delete_deadline": 5},
    ),
    "a stack whose creation is not answered": Fault(
        [{"service": "heat", "method": "POST", "path": "/stacks$", "nth": 1, "drop": "after"}],
        "Create the stack",
        None,
        "no answer",
    ),
    "an output that is another": Fault(
        [
            {"service": "heat", "method": "GET", "path": "/stacks/[^/]+/[^/]+$", "set": {"stack.outputs": []}},
        ],
        "Create the stack",
        200,
        "outputs.# is 2, but it is 0",
    ),
}
SEASON = Season(
    {
        "object_store": OBJECT_STORE,
        "secrets": SECRETS,
        "orchestration": ORCHESTRATION,
        "load_balancer": LOAD_BALANCER,
        "dns_zone": DNS_ZONE,
        "shared_file_system": SHARED_FILE_SYSTEM,
    }
)
