"""A vendor's extension of openstacksdk, as otcextensions is one: the service ``acme`` with its gadgets.

Behind it stands a genuine service: gadgets are security groups. This folder is what has to be on the Python path.
"""

from __future__ import annotations

from typing import Any

from openstack import proxy, resource, service_description


class Gadget(resource.Resource):
    base_path = "/security-groups"
    resource_key, resources_key = "security_group", "security_groups"
    allow_create = allow_fetch = allow_delete = allow_list = True
    name = resource.Body("name")
    description = resource.Body("description")


class Proxy(proxy.Proxy):
    """What a vendor's service can do."""

    def gadgets(self, **query: Any) -> Any:
        return self._list(Gadget, **query)

    def create_gadget(self, **attributes: Any) -> Any:
        return self._create(Gadget, **attributes)

    def get_gadget(self, gadget: str) -> Any:
        return self._get(Gadget, gadget)


def load(connection: Any) -> None:
    """The hook."""
    # one class for each version of the API, by the number
    description: Any = service_description.ServiceDescription
    connection.add_service(type("Acme", (description,), {"supported_versions": {"2": Proxy}})(service_type="acme"))


def broken(connection: Any) -> None:
    """A hook that openstacksdk would pass over without a word."""
    raise TypeError("this release of openstacksdk is too new")
