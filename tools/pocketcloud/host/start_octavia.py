# mypy: disable-error-code="import-untyped, import-not-found"
"""octavia: API and controller worker in one process, and the heartbeats of its machines."""

from __future__ import annotations

import sys
from typing import Any

from pocketcloud.host.httpd import Application
from pocketcloud.layout import Layout, Settings

DAEMONS: list[Any] = []  # referenced for as long as the process lives


def make_database(layout: Layout, settings: Settings) -> None:
    """From octavia's models: its migrations do not run on SQLite. The rows that they would add are added here."""
    import sqlalchemy
    from octavia.common import constants
    from octavia.db import base_models, models
    from sqlalchemy import orm

    names: dict[Any, Any] = {
        models.ProvisioningStatus: constants.SUPPORTED_PROVISIONING_STATUSES,
        models.OperatingStatus: constants.SUPPORTED_OPERATING_STATUSES,
        models.HealthMonitorType: constants.SUPPORTED_HEALTH_MONITOR_TYPES,
        models.Algorithm: constants.SUPPORTED_LB_ALGORITHMS,
        models.Protocol: constants.SUPPORTED_PROTOCOLS,
        models.SessionPersistenceType: constants.SUPPORTED_SP_TYPES,
        models.AmphoraRoles: constants.SUPPORTED_AMPHORA_ROLES,
        models.LBTopology: constants.SUPPORTED_LB_TOPOLOGIES,
        models.VRRPAuthMethod: constants.SUPPORTED_VRRP_AUTH,
        models.L7RuleType: constants.SUPPORTED_L7RULE_TYPES,
        models.L7RuleCompareType: constants.SUPPORTED_L7RULE_COMPARE_TYPES,
        models.L7PolicyAction: constants.SUPPORTED_L7POLICY_ACTIONS,
        models.ClientAuthenticationMode: constants.SUPPORTED_CLIENT_AUTH_MODES,
    }
    engine = sqlalchemy.create_engine(f"sqlite:///{layout.db}/octavia.sqlite")
    base_models.BASE.metadata.create_all(engine)
    with orm.Session(engine) as session, session.begin():
        for model, values in names.items():
            session.add_all(model(name=value) for value in values)


def application(layout: Layout, settings: Settings) -> Application:
    """Start all daemons and return the load balancer API."""
    arguments = ["octavia", "--config-file", str(layout.etc / "octavia.conf")]
    sys.argv = arguments
    if settings.guests:
        from pocketcloud.host.drivers import octavia_haproxy, octavia_ovn

        octavia_haproxy.install(layout)
        octavia_ovn.install()
    from octavia.api import app

    api = app.setup_app(argv=arguments)
    from octavia.controller.queue.v2 import consumer
    from oslo_config import cfg

    from pocketcloud.host.drivers import octavia_health

    worker = consumer.ConsumerService(0, cfg.CONF)
    worker.run()
    DAEMONS.append(worker)
    octavia_health.start(settings.guests)
    if settings.guests:
        octavia_ovn.start()
    return api


def fill(cloud: Any, settings: Settings) -> None:
    """The security group that neutron makes when it first makes one for a project, so that it does not appear later."""
    project = cloud.identity.find_project("service", ignore_missing=False)
    group = cloud.network.create_security_group(name="first", project_id=project.id)
    cloud.network.delete_security_group(group)
