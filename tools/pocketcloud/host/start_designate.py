# mypy: disable-error-code="import-untyped, import-not-found"
"""designate: API, central, worker, producer and the name servers of its pool in one process."""

from __future__ import annotations

import sys
from typing import Any

from pocketcloud.host.httpd import Application
from pocketcloud.layout import Layout, Settings
from pocketcloud.services import HOST

DAEMONS: list[Any] = []  # referenced for as long as the process lives
NAME_SERVERS = ("ns1.pocketcloud.example.", "ns2.pocketcloud.example.")


def _configure(layout: Layout) -> None:
    sys.argv = ["designate", "--config-file", str(layout.etc / "designate.conf")]
    from designate import utils

    utils.read_config("designate", sys.argv)


def make_database(layout: Layout, settings: Settings) -> None:
    """By designate's own migrations."""
    _configure(layout)
    from designate.manage import database

    database.DatabaseCommands().sync()


def application(layout: Layout, settings: Settings) -> Application:
    """Start all daemons and return the DNS API."""
    _configure(layout)
    import designate.conf
    from designate import policy, rpc
    from designate.central import service as central
    from designate.mdns import service as mdns
    from designate.producer import service as producer
    from designate.worker import service as worker
    from oslo_log import log
    from paste import deploy

    from pocketcloud.host import name_server
    from pocketcloud.host.drivers import stalls

    designate.conf.CONF.import_group("keystone_authtoken", "keystonemiddleware.auth_token")
    log.setup(designate.conf.CONF, "designate")
    policy.init()
    rpc.init(designate.conf.CONF)
    port = name_server.start(mdns.Service().dns_application, settings.ports.public("designate"), stalls.book())
    first = central.Service()
    first.start()
    _set_pool(port)
    DAEMONS.append(first)
    for kind in (worker, producer):
        daemon = kind.Service()
        daemon.start()
        DAEMONS.append(daemon)
    paste = f"config:{settings.layers['designate']}/etc/designate/api-paste.ini"
    return deploy.loadapp(paste, name="osapi_dns")


def _set_pool(port: int) -> None:
    """Tell central of the name servers, whose ports are new in each cloud; as `designate-manage pool update` does."""
    import designate.conf
    from designate.central import rpcapi
    from designate.context import DesignateContext
    from designate.objects.adapters import DesignateAdapter

    context = DesignateContext.get_admin_context()
    central = rpcapi.CentralAPI.get_instance()
    description = {
        "name": "default",
        "description": "the name servers of this cloud",
        "attributes": {},
        "ns_records": [{"hostname": name, "priority": 1 + number} for number, name in enumerate(NAME_SERVERS)],
        "nameservers": [{"host": HOST, "port": port}],
        "also_notifies": [],
        "targets": [
            {
                "type": "pocketcloud",
                "description": "every name server",
                "masters": [{"host": HOST, "port": port}],
                "options": {"host": HOST, "port": str(port)},
            }
        ],
    }
    pool = central.get_pool(context, designate.conf.CONF["service:central"].default_pool_id)
    central.update_pool(context, DesignateAdapter.parse("YAML", description, pool))


def fill(cloud: Any, settings: Settings) -> None:
    """The pool is set at each start."""
