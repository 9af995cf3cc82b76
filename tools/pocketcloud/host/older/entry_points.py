"""The WSGI applications of services whose newer releases offer them as `<service>.wsgi.api`."""

# mypy: disable-error-code="import-untyped, import-not-found"
from __future__ import annotations

from collections.abc import Callable

from pocketcloud.host.httpd import Application
from pocketcloud.host.older import repairs


def _keystone() -> Application:
    from keystone.server.wsgi import initialize_public_application

    repairs.read_service_providers_at_once()
    application: Application = initialize_public_application()
    return application


def _placement() -> Application:
    from placement.wsgi import init_application

    application: Application = init_application()
    return application


def _glance() -> Application:
    from glance.common import wsgi_app

    wsgi_app.CONFIG_FILES = ["glance-api.conf"]  # which says where the other one is
    application: Application = wsgi_app.init_app()
    return application


def _neutron() -> Application:
    from neutron import server
    from neutron.server import api_eventlet

    application: Application = server.boot_server(api_eventlet.eventlet_api_server)
    return application


APPLICATIONS: dict[str, Callable[[], Application]] = {
    "keystone": _keystone,
    "placement": _placement,
    "glance": _glance,
    "neutron": _neutron,
}
