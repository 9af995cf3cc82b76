"""The first authenticated request of a service, made before anybody else can make one.

Services build their policy enforcers when they first need them, without a lock: of several first requests at once some
would be refused. It also spares the first client the lazy imports behind that request.
"""

# mypy: disable-error-code="import-untyped, import-not-found"
from __future__ import annotations

import json
import socket
import urllib.request
from typing import Any

from pocketcloud.host.httpd import Handler, Server
from pocketcloud.layout import Settings
from pocketcloud.services import HOST

PATHS = {
    "keystone": "/v3/users",
    "placement": "/resource_providers",
    "glance": "/v2/images",
    "neutron": "/v2.0/networks",
    "cinder": "/v3/volumes/detail",
    "nova": "/v2.1/servers/detail",
    "swift": "/v1/AUTH_{project}",
    "barbican": "/v1/secrets",
    "heat": "/v1/{project}/stacks",
    "octavia": "/v2.0/lbaas/loadbalancers",
    "designate": "/v2/zones",
    "manila": "/v2/shares",
}
LIMIT_S = 150


def up(service: str, settings: Settings, handler: Handler) -> None:
    """Ask the service for one list as a user of its own, on a port that nobody else knows. Raises OSError."""
    server = Server(socket.create_server((HOST, 0)), handler)
    server.start()
    url = f"http://{HOST}:{server.port}"
    keystone = url if service == "keystone" else settings.ports.internal_url("keystone")
    token, project = _token(keystone, "nova" if service == "keystone" else service, settings.passwords["service"])
    headers = {"X-Auth-Token": token, "Accept": "application/json", "Connection": "close"}
    with urllib.request.urlopen(
        urllib.request.Request(url + PATHS[service].format(project=project), headers=headers), timeout=LIMIT_S
    ) as answer:
        answer.read()
    server.stop(0)
    _keep_policies()


def _token(keystone: str, user: str, secret: str) -> tuple[str, str]:
    domain = {"name": "Default"}
    password = {"user": {"name": user, "password": secret, "domain": domain}}
    body: dict[str, Any] = {
        "auth": {
            "identity": {"methods": ["password"], "password": password},
            "scope": {"project": {"name": "service", "domain": domain}},
        }
    }
    asked = urllib.request.Request(
        keystone + "/v3/auth/tokens",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(asked, timeout=LIMIT_S) as answer:
        return str(answer.headers["X-Subject-Token"]), str(json.load(answer)["token"]["project"]["id"])


def _keep_policies() -> None:
    """Look for changed policies no more.

    There are no policy files, and to find that out takes a sixth of the time of a request for servers, which enforces
    several rules and looks for each.
    """
    from oslo_policy import policy

    load = policy.Enforcer.load_rules

    def load_once(self: Any, force_reload: bool = False) -> None:
        if force_reload or not self.rules:
            load(self, force_reload)

    policy.Enforcer.load_rules = load_once
