# mypy: disable-error-code="import-untyped, import-not-found"
"""manila: API, scheduler and one share service a zone in one process."""

from __future__ import annotations

import os
import sys
from typing import Any

from pocketcloud.configs.manila import API_CREDENTIALS, SHARE_TYPE
from pocketcloud.host.httpd import Application
from pocketcloud.layout import Layout, Settings
from pocketcloud.services import ZONES

DAEMONS: list[Any] = []  # referenced for as long as the process lives


def _configure(layout: Layout) -> None:
    sys.argv = ["manila", "--config-file", str(layout.etc / "manila.conf")]
    os.environ["OS_MANILA_DISABLE_EVENTLET_PATCHING"] = "1"
    from keystoneauth1 import loading
    from manila.common import config  # noqa: F401 - registers the options
    from oslo_config import cfg
    from oslo_log import log

    log.register_options(cfg.CONF)
    loading.register_auth_conf_options(cfg.CONF, API_CREDENTIALS)


def make_database(layout: Layout, settings: Settings) -> None:
    """From manila's models: its migrations lock each other out on SQLite."""
    import sqlalchemy
    from manila.db.sqlalchemy import models

    engine = sqlalchemy.create_engine(f"sqlite:///{layout.db}/manila.sqlite")
    models.BASE.metadata.create_all(engine)


def application(layout: Layout, settings: Settings) -> Application:
    """Start all daemons and return the shared file system API."""
    _configure(layout)
    _one_transaction_at_a_time()
    from manila import service as manila_service
    from manila.wsgi import wsgi

    api = wsgi.initialize_application()
    from oslo_config import cfg

    host = cfg.CONF.host
    for arguments in (
        {"binary": "manila-scheduler"},
        *({"binary": "manila-share", "host": f"{host}@{zone}", "service_name": zone} for zone in ZONES),
    ):
        daemon = manila_service.Service.create(coordination=True, **arguments)
        daemon.start()
        daemon.report_state()  # a clone's services are old: alive now, not at the first heartbeat
        DAEMONS.append(daemon)
    return api


def _one_transaction_at_a_time() -> None:
    """Let what wants a transaction of its own, inside another one, take part in that: SQLite has one writer."""
    from oslo_db.sqlalchemy import enginefacade

    enginefacade._TransactionContextManager.independent = property(lambda self: self)


def fill(cloud: Any, settings: Settings) -> None:
    """The share type that customers get when they name none."""
    supports = {"driver_handles_share_servers": "False", "snapshot_support": "True"}
    supports["create_share_from_snapshot_support"] = "True"
    made = {"name": SHARE_TYPE, "extra_specs": supports, "share_type_access:is_public": True}
    answer = cloud.shared_file_system.post("/types", json={"share_type": made}, microversion="2.7")
    answer.raise_for_status()
