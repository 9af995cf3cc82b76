"""What the machines of load balancers report about themselves: taken in by octavia's own health manager.

Without guests there are no machines, and the reports are made up.
"""

# mypy: disable-error-code="import-untyped, import-not-found"
from __future__ import annotations

import functools
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from octavia.amphorae.drivers.health import heartbeat_udp
from octavia.common import constants
from octavia.db import api, models
from sqlalchemy import orm

from pocketcloud.host.drivers.stalls import InjectedFault, stall

LOG = logging.getLogger(__name__)
INTERVAL_S = 1.0
Report = Callable[[], dict[str, Any]]


def start(guests: bool) -> None:
    """Report in a thread of its own for as long as the process lives."""
    reporter = _asked if guests else _made_up
    threading.Thread(target=_report_for_ever, args=(reporter,), name="heartbeats", daemon=True).start()


def _report_for_ever(reporter: Callable[[Any], Report]) -> None:
    health_manager = heartbeat_udp.UpdateHealthDb()
    told: dict[str, Any] = {}
    while True:
        time.sleep(INTERVAL_S)
        try:
            reports = [report() for report in _reports(reporter)]
        except Exception:
            LOG.exception("reading what to report")
            continue
        for report in reports:
            if told.get(report["id"]) != report:
                health_manager.update_health({**report, "ver": 3, "recv_time": time.time()}, "127.0.0.1")
        told = {report["id"]: report for report in reports}


def _reports(reporter: Callable[[Any], Report]) -> list[Report]:
    """One a machine whose load balancer is not being changed; made when the database is free again."""
    query = (
        orm.Query(models.Amphora)
        .join(models.LoadBalancer)
        .filter(models.Amphora.status == constants.AMPHORA_ALLOCATED)
        .filter(models.LoadBalancer.provisioning_status == constants.ACTIVE)
    )
    session = api.get_session()
    with session.begin():
        return [reporter(amphora) for amphora in query.with_session(session)]


def _asked(amphora: Any) -> Report:
    from pocketcloud.host.drivers import octavia_haproxy

    balancer = amphora.load_balancer
    checked = {one.id: one.name for pool in balancer.pools if pool.health_monitor for one in pool.members}
    return functools.partial(octavia_haproxy.report, amphora.id, amphora.compute_id, balancer.vip.ip_address, checked)


def _made_up(amphora: Any) -> Report:
    balancer = amphora.load_balancer
    report = {
        "id": amphora.id,
        "listeners": {one.id: {"status": constants.OPEN} for one in balancer.listeners if one.enabled},
        "pools": {f"{pool.id}:": _pool(pool) for pool in balancer.pools},
    }
    return lambda: report


def _pool(pool: Any) -> dict[str, Any]:
    members = {member.id: _member(pool, member) for member in pool.members}
    working = not members or any(status != constants.DOWN for status in members.values())
    return {"status": constants.UP if working else constants.DOWN, "members": members}


def _member(pool: Any, member: Any) -> str:
    if not member.enabled:
        return str(constants.MAINT)
    if pool.health_monitor is None:
        return str(constants.NO_CHECK)
    try:
        stall("member_check", member.name)
    except InjectedFault:
        return str(constants.DOWN)
    return str(constants.UP)
