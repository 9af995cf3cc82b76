"""URLs without ids, resources for metric names, services by endpoint."""

from __future__ import annotations

import pytest
from stackprobe.engine.urls import EndpointMap, resource, template

ID = "6f1b3a1e-6b1c-4a63-9df5-9d1f0d1f4a55"
HEX = ID.replace("-", "")


@pytest.mark.parametrize(
    ("url", "path", "name"),
    [
        ("http://c:9696/v2.0/networks", "/v2.0/networks", "networks"),
        (f"http://c:9696/v2.0/networks/{ID}", "/v2.0/networks/{id}", "network"),
        (f"http://c:9696/v2.0/networks/{ID}?x=1", "/v2.0/networks/{id}", "network"),
        (f"http://c/compute/v2.1/servers/{ID}/action", "/v2.1/servers/{id}/action", "server_action"),
        ("http://c:8774/v2.1/servers/detail?limit=1", "/v2.1/servers/detail", "servers_detail"),
        (f"http://c/v2.1/servers/{ID}/metadata/key", "/v2.1/servers/{id}/metadata/key", "server_metadata_key"),
        (f"http://c:8776/v3/{HEX}/volumes/{ID}", "/v3/{id}/volumes/{id}", "volume"),
        ("http://c:8774/v2.1/os-keypairs/my-Key", "/v2.1/os-keypairs/{id}", "os-keypair"),
        ("http://c:8774/v2.1/os-keypairs/lowercase", "/v2.1/os-keypairs/{id}", "os-keypair"),
        ("http://c:5000/v3/auth/tokens", "/v3/auth/tokens", "tokens"),
        (f"http://c/v2/images/{ID}/file", "/v2/images/{id}/file", "image_file"),
        (f"http://c/v2.0/security-groups/{ID}", "/v2.0/security-groups/{id}", "security-group"),
        ("http://c:9292/", "/", "discovery"),
        ("http://c:9292", "/", "discovery"),
        ("http://c:5000/v3", "/v3", "discovery"),
    ],
)
def test_templates_and_resources(url: str, path: str, name: str) -> None:
    assert (template(url), resource(template(url))) == (path, name)


def test_no_id_survives() -> None:
    for text in (ID, HEX, "My-Name", "2026-01-01"):
        assert text not in template(f"http://c/v2.0/things/{text}/parts/{text}?token={text}")


def test_the_longest_endpoint_tells_the_service() -> None:
    endpoints = EndpointMap()
    endpoints.add("http://c/", "web")
    endpoints.add(f"http://c/volume/v3/{HEX}", "block-storage")
    endpoints.add("http://c/compute/v2.1", "compute")
    assert endpoints.service("http://c/compute/v2.1/servers") == "compute"
    assert endpoints.service("http://c/compute") == "compute"
    assert endpoints.service(f"http://c/volume/v3/{HEX}/volumes") == "block-storage"
    assert endpoints.service("http://c/volumes") == "web"
    assert endpoints.service("http://elsewhere/") == "unknown"


@pytest.mark.parametrize(
    ("url", "path", "name"),
    [
        ("http://c/v1/AUTH_1f/box/a/b.txt?temp_url_sig=x", "/v1/{account}/{container}/{object}", "object"),
        ("http://c/v1/AUTH_1f/box?format=json", "/v1/{account}/{container}", "container"),
        ("http://c/v1/AUTH_1f", "/v1/{account}", "account"),
        ("http://c/swift/v1/box/thing", "/v1/{container}/{object}", "object"),
        ("http://c/info", "/info", "info"),
    ],
)
def test_names_in_an_object_store_are_nobodys_business(url: str, path: str, name: str) -> None:
    assert (template(url, "object-store"), resource(path)) == (path, name)
