"""cinder: API, scheduler and, in each zone, a volume and a backup service in one process."""

# mypy: disable-error-code="import-untyped, import-not-found"
from __future__ import annotations

import sys
import threading
from typing import Any

from pocketcloud.host import threads
from pocketcloud.host.httpd import Application
from pocketcloud.layout import Layout, Settings
from pocketcloud.services import ZONES

DAEMONS: list[Any] = []  # referenced for as long as the process lives


def application(layout: Layout, settings: Settings) -> Application:
    """Start all daemons and return the block storage API."""
    sys.argv = ["cinder", "--config-file", str(layout.etc / "cinder.conf")]
    threads.choose(settings.series)  # before any import of cinder
    from cinder import service as cinder_service
    from cinder.wsgi import wsgi
    from oslo_config import cfg

    api = wsgi.initialize_application()
    _without_initiators()
    lock = threading.Lock()

    class Service(cinder_service.Service):
        """Upstream keeps the heartbeat's row id in a class attribute: it expects one service a process."""

        def report_state(self) -> None:
            with lock:
                cinder_service.Service.service_id = self.origin_service_id
                super().report_state()

    host = cfg.CONF.host

    def start(**arguments: str) -> None:
        daemon = Service.create(**arguments)
        daemon.start()
        daemon.report_state()  # a clone's services are old: alive now, not at the first heartbeat
        DAEMONS.append(daemon)

    for zone in ZONES:
        start(binary="cinder-volume", host=f"{host}@{zone}", service_name=zone)
        cfg.CONF.set_override("storage_availability_zone", zone)  # as on a backup host of that zone
        start(binary="cinder-backup", host=f"{host}-{zone}", service_name="backup")
        cfg.CONF.clear_override("storage_availability_zone")
    start(binary="cinder-scheduler")  # the last: it waits for a backend
    return api


def _without_initiators() -> None:
    """Look for no iSCSI initiators and the like before a backup.

    There are none, and to find that out takes root and the better part of a second.
    """
    from cinder.volume import volume_utils
    from oslo_config import cfg

    def properties(*_: Any, **__: Any) -> dict[str, Any]:
        return {"host": cfg.CONF.host, "ip": cfg.CONF.my_ip}

    volume_utils.brick_get_connector_properties = properties
