"""nova: API, conductor, scheduler and one compute service a zone in one process."""

# mypy: disable-error-code="import-untyped, import-not-found"
from __future__ import annotations

import os
import sys
from typing import Any, cast

from pocketcloud.host.httpd import Application
from pocketcloud.host.older import repairs
from pocketcloud.layout import Layout, Settings
from pocketcloud.services import ZONES

DAEMONS: list[Any] = []  # referenced for as long as the process lives


def application(layout: Layout, settings: Settings) -> Application:
    """Start all daemons and return the compute API."""
    os.environ["OS_NOVA_CONFIG_DIR"] = str(layout.etc)
    os.environ["OS_NOVA_CONFIG_FILES"] = f"{settings.venv}/etc/nova/api-paste.ini;nova.conf"
    import os_vif
    from nova import context, objects
    from nova import service as nova_service
    from nova.api.openstack import wsgi_app
    from nova.compute import rpcapi
    from nova.objects import host_mapping

    names = ("osapi_compute", "nova-api") if settings.series.threads else ("osapi_compute",)
    api = wsgi_app.init_application(*names)
    driver: Any
    if settings.image:
        from pocketcloud.host.drivers import qemu as driver

        driver.install(layout)
    elif settings.guests:
        from pocketcloud.host.drivers import guests as driver

        driver.install(layout, settings.drives)
    else:
        from pocketcloud.host.drivers import nova as driver
    sys.modules["nova.virt.pocketcloud"] = driver  # nova looks for drivers below nova.virt only
    _any_host_is_ours()
    os_vif.initialize()
    objects.Service.enable_min_version_cache()
    topics = {"topic": rpcapi.RPC_TOPIC}
    if settings.series.threads:
        topics["topic_alt"] = rpcapi.RPC_TOPIC_ALT
    else:
        repairs.copy_provider_trees_without_locks()
    for arguments in (
        {"binary": "nova-conductor", "host": "pocket"},
        {"binary": "nova-scheduler", "host": "pocket"},
        *({"binary": "nova-compute", "host": f"{zone}-host", **topics} for zone in ZONES),
    ):
        daemon = nova_service.Service.create(**arguments)
        daemon.start()
        # the first heartbeat would come seconds later; until then the scheduler takes the clone's hosts for dead
        daemon.service_ref.report_count += 1
        daemon.service_ref.save()
        DAEMONS.append(daemon)
    host_mapping.discover_hosts(context.get_admin_context())
    return api


def metadata_application() -> Application:
    """What neutron's metadata agent asks for guests; in the process of the compute API, when that has started."""
    from nova.api.openstack import wsgi_app

    return cast(Application, wsgi_app.init_application("metadata", "nova-api-metadata"))


def _any_host_is_ours() -> None:
    """Detach volumes through the driver of any host.

    nova compares a server's host with the one of its process; ours has several.
    """
    from nova.virt import block_device

    class AnyHost(str):
        """Equal to every host's name."""

        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            return True

    class Configuration:
        """The configuration with such a host."""

        host = AnyHost()

        def __init__(self, genuine: Any) -> None:
            self.genuine = genuine

        def __getattr__(self, name: str) -> Any:
            return getattr(self.genuine, name)

    block_device.CONF = Configuration(block_device.CONF)
