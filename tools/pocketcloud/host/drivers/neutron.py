"""In place of neutron's agents: every port binds at once, routers and floating IPs work without an L3 agent."""

# mypy: disable-error-code="import-untyped, import-not-found"
from __future__ import annotations

from typing import Any

from neutron.services.l3_router import l3_router_plugin
from neutron_lib import constants
from neutron_lib.api.definitions import portbindings
from neutron_lib.plugins import directory
from neutron_lib.plugins.ml2 import api


class AlwaysBind(api.MechanismDriver):
    """Binds every port that has a host on its first segment and reports it ACTIVE."""

    def initialize(self) -> None:
        """Nothing to prepare."""

    @property
    def connectivity(self) -> str:
        """Layer 2, as every agent's driver."""
        return str(portbindings.CONNECTIVITY_L2)

    def bind_port(self, context: Any) -> None:
        """Bind as Open vSwitch would."""
        context.set_binding(
            context.segments_to_bind[0][api.ID],
            portbindings.VIF_TYPE_OVS,
            {portbindings.CAP_PORT_FILTER: True, portbindings.OVS_HYBRID_PLUG: False},
            status=constants.PORT_STATUS_ACTIVE,
        )


class AgentlessRouters(l3_router_plugin.L3RouterPlugin):
    """What an L3 agent reports back: a router's ports are bound, an associated floating IP is ACTIVE."""

    def _bind_ports(self, context: Any, router_id: str) -> None:
        core, elevated = directory.get_plugin(), context.elevated()
        for port in core.get_ports(elevated, filters={"device_id": [router_id]}):
            if not port.get(portbindings.HOST_ID):
                core.update_port(elevated, port["id"], {"port": {portbindings.HOST_ID: "network-host"}})

    def _report_floating_ip(self, context: Any, floating_ip: dict[str, Any]) -> dict[str, Any]:
        active = floating_ip.get("port_id")
        status = constants.FLOATINGIP_STATUS_ACTIVE if active else constants.FLOATINGIP_STATUS_DOWN
        if floating_ip.get("status") != status:
            self.update_floatingip_status(context.elevated(), floating_ip["id"], status)
            floating_ip["status"] = status
        return floating_ip

    def create_router(self, context: Any, router: Any) -> Any:
        """As upstream, and bind the gateway's port."""
        result = super().create_router(context, router)
        self._bind_ports(context, result["id"])
        return result

    def update_router(self, context: Any, id: str, router: Any) -> Any:
        """As upstream, and bind a new gateway's port."""
        result = super().update_router(context, id, router)
        self._bind_ports(context, id)
        return result

    def add_router_interface(self, context: Any, router_id: str, interface_info: Any = None) -> Any:
        """As upstream, and bind the interface's port."""
        result = super().add_router_interface(context, router_id, interface_info)
        self._bind_ports(context, router_id)
        return result

    def create_floatingip(self, context: Any, floatingip: Any) -> Any:
        """As upstream, with the status that an agent would report."""
        return self._report_floating_ip(context, super().create_floatingip(context, floatingip))

    def update_floatingip(self, context: Any, id: str, floatingip: Any) -> Any:
        """As upstream, with the status that an agent would report."""
        return self._report_floating_ip(context, super().update_floatingip(context, id, floatingip))
