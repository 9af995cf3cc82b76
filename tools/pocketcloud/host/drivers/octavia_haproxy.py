"""The machines of load balancers in clouds with guests: haproxy, with the configuration that octavia writes for it."""

# mypy: disable-error-code="import-untyped, import-not-found"
from __future__ import annotations

import contextlib
import functools
import ipaddress
import re
import subprocess
from collections.abc import Mapping
from typing import Any

from octavia.amphorae.backends.utils import haproxy_query
from octavia.common import constants
from octavia.common.jinja.haproxy.combined_listeners import jinja_cfg

from pocketcloud.faults.driver_rules import BALANCER_ALGORITHM
from pocketcloud.guests.balancer import Balancer
from pocketcloud.guests.machine import Interface
from pocketcloud.guests.names import CHASSIS
from pocketcloud.guests.preconditions import program
from pocketcloud.host.drivers import octavia
from pocketcloud.host.drivers.stalls import InjectedFault, find, stall
from pocketcloud.layout import Layout

_layout: Layout | None = None


def install(layout: Layout) -> None:
    """Called once by the service's process, before its drivers work."""
    global _layout  # noqa: PLW0603 - drivers are made by octavia, there is no other way to hand it to them
    _layout = layout


@functools.cache
def machine(compute_id: str) -> Balancer:
    """The machine that was ordered under this id."""
    if _layout is None:
        raise RuntimeError("no layout was installed")
    return Balancer(_layout, compute_id)


class Machines(octavia.Machines):
    """Machines that are there."""

    placed: Mapping[str, str] = {"binding_host_id": CHASSIS}

    def delete(self, compute_id: str) -> None:
        """Give a machine back."""
        super().delete(compute_id)
        machine(compute_id).give_up()
        machine.cache_clear()


class Balancers(octavia.Balancers):
    """The agent inside the machines."""

    def post_vip_plug(
        self, amphora: Any, load_balancer: Any, network_config: Any, vrrp_port: Any, vip_subnet: Any, *args: Any,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        """The machine learns its addresses: the last that is asked of it when a load balancer is made."""
        super().post_vip_plug(amphora, load_balancer, network_config, vrrp_port, vip_subnet, *args, **kwargs)
        length = ipaddress.ip_network(vip_subnet.cidr).prefixlen
        interface = Interface(vrrp_port.id, vrrp_port.mac_address, vrrp_port.to_dict(recurse=True)["network"]["mtu"])
        addresses = [f"{amphora.vrrp_ip}/{length}", f"{load_balancer.vip.ip_address}/32"]
        machine(amphora.compute_id).join(interface, addresses, vip_subnet.gateway_ip)

    def update_amphora_listeners(self, loadbalancer: Any, amphora: Any, timeout_dict: Any = None) -> None:
        """One machine takes the configuration."""
        super().update_amphora_listeners(loadbalancer, amphora, timeout_dict)
        self._configure(loadbalancer, loadbalancer.listeners, amphora)

    def update(self, loadbalancer: Any) -> None:
        """All machines take the configuration."""
        super().update(loadbalancer)
        self._all(loadbalancer, loadbalancer.listeners)

    def delete(self, listener: Any) -> None:
        """All machines forget a listener."""
        super().delete(listener)
        balancer = listener.load_balancer
        self._all(balancer, [one for one in balancer.listeners if one.id != listener.id])

    def _all(self, balancer: Any, listeners: Any) -> None:
        for amphora in balancer.amphorae:
            if amphora.status == constants.AMPHORA_ALLOCATED:
                self._configure(balancer, listeners, amphora)

    def _configure(self, balancer: Any, listeners: Any, amphora: Any) -> None:
        own = machine(amphora.compute_id)
        if unfit := sorted({one.protocol for one in listeners} & set(constants.LVS_PROTOCOLS)):
            raise RuntimeError(f"haproxy does not balance {', '.join(unfit)}: take the provider ovn")
        if not listeners:
            own.rest()
            return
        writer = jinja_cfg.JinjaTemplater(base_amp_path=str(own.directory), connection_logging=False)
        text = writer.build_config(amphora, listeners, {}, haproxy_version(), {}, socket_path=str(own.socket))
        if algorithm := _otherwise(balancer.name):
            text = re.sub(r"(?m)^(\s*balance) .*$", rf"\1 {algorithm}", text)
        if own.working:
            state = own.directory / balancer.id / "servers-state"
            state.parent.mkdir(exist_ok=True)
            haproxy_query.HAProxyQuery(str(own.socket)).save_state(str(state))
        own.balance(text)


def _otherwise(name: str) -> str | None:
    """By what haproxy balances in place of what was ordered, if a rule says so."""
    try:
        stall("balancer_spread", name)
    except InjectedFault:
        return "first"
    rule = find(BALANCER_ALGORITHM, name)
    return rule.answer if rule else None


@functools.cache
def haproxy_version() -> list[str]:
    """Its parts: 2, 6, 12."""
    said = subprocess.run([program("haproxy"), "-v"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"version (\d+)\.(\d+)\.(\d+)", said)
    return list(found.groups()) if found else ["2", "0", "0"]


def report(amphora: str, compute_id: str, address: str, checked: dict[str, str]) -> dict[str, Any]:
    """What a machine says of its listeners and members; nothing where it does not work.

    :param checked: the names of the members with a health monitor.
    """
    own = machine(compute_id)
    with contextlib.suppress(OSError):  # not plugged yet, or any more
        own.announce(address)
    if not own.working:
        return {"id": amphora, "listeners": {}, "pools": {}}
    asked = haproxy_query.HAProxyQuery(str(own.socket))
    listeners = {one["pxname"]: {"status": one["status"]} for one in asked.show_stat(object_type=1)}
    pools = asked.get_pool_status()
    for pool in pools.values():
        pool["members"] = {one: _lied(checked.get(one), state) for one, state in pool["members"].items()}
    return {"id": amphora, "listeners": listeners, "pools": pools}


def _lied(name: str | None, state: str) -> str:
    try:
        if name is not None:
            stall("member_check", name)
    except InjectedFault:
        return str(constants.DOWN)
    return state
