"""heat: its API and engine in one process."""

# mypy: disable-error-code="import-untyped, import-not-found"
from __future__ import annotations

import sys
from typing import Any

from pocketcloud import configs
from pocketcloud.host import schema
from pocketcloud.host.httpd import Application
from pocketcloud.layout import Layout, Settings

DAEMONS: list[Any] = []  # referenced for as long as the process lives


def make_database(layout: Layout, settings: Settings) -> None:
    """As an operator does."""
    schema.manage("heat.cmd.manage", "heat-manage", str(configs.path(layout, "heat")), "db_sync")()


def application(layout: Layout, settings: Settings) -> Application:
    """Start the engine and return the orchestration API."""
    sys.argv = ["heat", "--config-file", str(configs.path(layout, "heat"))]
    from heat.api.openstack import wsgi
    from heat.engine import service as engine
    from heat.engine import template
    from heat.rpc import api as rpc_api
    from oslo_config import cfg

    api: Application = wsgi.init_application()
    template._get_template_extension_manager()
    daemon = engine.EngineService(cfg.CONF.host, rpc_api.ENGINE_TOPIC)
    daemon.start()
    DAEMONS.append(daemon)
    return api


def fill(cloud: Any, settings: Settings) -> None:
    """Nothing: any member of a project may have stacks."""
