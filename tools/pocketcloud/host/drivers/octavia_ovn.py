# mypy: disable-error-code="import-untyped, import-not-found"
"""octavia's provider driver of OVN, its agent and octavia's driver agent: all in the process of octavia's API.

Upstream they are processes that talk over sockets at a fixed path of the machine, which two clouds would share.
"""

from __future__ import annotations

import functools
import threading
from typing import Any, cast

from octavia.api.drivers import driver_factory
from octavia.api.drivers.driver_agent import driver_get, driver_updater
from octavia.db import api, repositories
from octavia_lib.api.drivers import driver_lib
from octavia_lib.common import constants
from oslo_serialization import jsonutils
from ovn_octavia_provider import agent, helper

from pocketcloud.faults.driver_rules import DriverRule
from pocketcloud.host.drivers import stalls

OPERATIONS = {"lb_create": "balancer_create", "lb_delete": "balancer_delete"}
UPDATES = ("lb_", "listener_", "pool_", "member_", "hm_")  # how what changes a load balancer begins


class DriverAgent(driver_lib.DriverLibrary):
    """What octavia's driver agent does with what drivers send it, without the sockets between them."""

    def _check_for_socket_ready(self, socket: str) -> None:
        pass

    def _send(self, socket_path: str, data: Any) -> Any:
        data = jsonutils.loads(jsonutils.dumps(data))
        if socket_path == self.get_socket:
            answer = driver_get.process_get(data)
        elif socket_path == self.status_socket:
            answer = driver_updater.DriverUpdater().update_loadbalancer_status(data)
        else:
            answer = driver_updater.DriverUpdater().update_listener_statistics(data)
        return jsonutils.loads(jsonutils.dumps(answer))


class Helper(helper.OvnProviderHelper):
    """What writes load balancers into OVN's northbound database, unless a fault says otherwise."""

    def add_request(self, req: Any) -> None:
        """Take an order. One that a fault delays leaves the orders for other load balancers alone."""
        operation = _operation(req["type"])
        identity = _identity(req["info"]) if operation else None
        rule = stalls.find(operation, _name(identity)) if operation else None
        if rule is None:
            super().add_request(req)
        else:
            threading.Thread(target=self._add_late, args=(req, identity, rule), daemon=True).start()

    def _add_late(self, req: Any, identity: str, rule: DriverRule) -> None:
        try:
            stalls.apply(rule)
        except stalls.InjectedFault:
            state = {constants.PROVISIONING_STATUS: constants.ERROR, constants.OPERATING_STATUS: constants.ERROR}
            self._update_status_to_octavia({constants.LOADBALANCERS: [{constants.ID: identity, **state}]})
        else:
            super().add_request(req)

    def _frame_vip_ips(self, ovn_lb: Any, lb_external_ids: Any) -> dict[str, str]:
        members = super()._frame_vip_ips(ovn_lb, lb_external_ids)
        try:
            stalls.stall("balancer_spread", _name(ovn_lb.name))
        except stalls.InjectedFault:
            return {vip: addresses.partition(",")[0] for vip, addresses in members.items()}
        return cast("dict[str, str]", members)


def _operation(kind: str) -> str | None:
    if "_lrp_assoc" in kind or kind == "hm_update_event":
        return None
    return OPERATIONS.get(kind) or ("balancer_update" if kind.startswith(UPDATES) else None)


def _identity(info: Any) -> str:
    """The load balancer that an order is about."""
    one = info[0] if isinstance(info, list) else info
    if "loadbalancer_id" in one:
        return str(one["loadbalancer_id"])
    if "pool_id" in one:
        session = api.get_session()
        with session.begin():
            pool = repositories.PoolRepository().get(session, id=one["pool_id"])
            return str(pool.load_balancer_id) if pool else ""
    return str(one["id"])


def _name(identity: str | None) -> str | None:
    session = api.get_session()
    with session.begin():
        balancer = repositories.LoadBalancerRepository().get(session, id=identity)
        return str(balancer.name) if balancer else None


def install() -> None:
    """To be called before octavia's API is made: it loads its drivers then."""
    driver_lib.DriverLibrary = DriverAgent
    helper.OvnProviderHelper = Helper
    # a driver is made for each request, and each leaves a connection to the database behind
    driver_factory.get_driver = functools.cache(driver_factory.get_driver)


def start() -> None:
    """Follow what happens in OVN (members that fail their checks, floating IPs) as long as the process lives."""
    threading.Thread(target=agent.OvnProviderAgent, args=(threading.Event(),), name="ovn-agent", daemon=True).start()
