"""barbican: its API, which does all work itself."""

# mypy: disable-error-code="import-untyped, import-not-found"
from __future__ import annotations

import sys
from typing import Any

from pocketcloud import configs
from pocketcloud.host.httpd import Application
from pocketcloud.layout import Layout, Settings


def _configure(layout: Layout) -> Any:
    """Its configuration, read. Each of its plugins has another and looks where its file may lie in a system."""
    sys.argv = ["barbican"]
    from oslo_config import cfg

    cfg.find_config_files = lambda *arguments, **options: [str(configs.path(layout, "barbican"))]
    from barbican.common import config

    config.parse_args(config.CONF)
    return config.CONF


def make_database(layout: Layout, settings: Settings) -> None:
    """From barbican's models, as it does itself where it may."""
    configuration = _configure(layout)
    from barbican.model import repositories

    configuration.set_override("db_auto_create", True)
    repositories.setup_database_engine_and_factory()


def application(layout: Layout, settings: Settings) -> Application:
    """Start barbican and return the key manager's API."""
    configuration = _configure(layout)
    from keystoneauth1 import loading
    from keystonemiddleware.auth_token import _opts
    from paste import deploy

    # barbican puts a configuration of its own in the place of the global one, in which keystonemiddleware's options are
    for group, options in _opts.list_opts():
        configuration.register_opts(options, group=group)
        loading.register_auth_conf_options(configuration, group)
    api: Application = deploy.loadapp(f"config:{settings.layers['barbican']}/etc/barbican/barbican-api-paste.ini")
    return api


def fill(cloud: Any, settings: Settings) -> None:
    """Nothing: a customer finds no secrets."""
