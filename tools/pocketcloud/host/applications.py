"""How to start each service inside the current process and get its WSGI application."""

# mypy: disable-error-code="import-untyped, import-not-found"
from __future__ import annotations

import functools
import importlib
import os
from collections.abc import Callable, Iterable
from typing import Any, Protocol, cast

from pocketcloud.host.httpd import Application
from pocketcloud.host.turnstile import Turnstile
from pocketcloud.layout import Layout, Settings


def keystone(layout: Layout, settings: Settings) -> Application:
    """Identity, one request after the other, as Keystone's own wsgi-keystone.conf has it (``threads=1``).

    Its AuthContextMiddleware keeps the token of a request in itself: of two requests at once, one is now and then
    judged by the other's token. So a restricted application credential could delete itself.
    """
    os.environ["OS_KEYSTONE_CONFIG_DIR"] = str(layout.etc)
    application, turnstile = _entered("keystone", settings), Turnstile()

    def in_turn(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        with turnstile:
            return application(environ, start_response)

    return in_turn


def placement(layout: Layout, settings: Settings) -> Application:
    """Placement."""
    os.environ["OS_PLACEMENT_CONFIG_DIR"] = str(layout.etc)
    return _entered("placement", settings)


def glance(layout: Layout, settings: Settings) -> Application:
    """Images."""
    os.environ["OS_GLANCE_CONFIG_DIR"] = str(layout.etc)
    return _entered("glance", settings)


def neutron(layout: Layout, settings: Settings) -> Application:
    """Networks; the routers' agent is played by a driver."""
    from pocketcloud.host import start_neutron

    return start_neutron.application(layout, settings, functools.partial(_entered, "neutron", settings))


def _entered(name: str, settings: Settings) -> Application:
    """The application of a service that starts with it."""
    if settings.series.threads:
        return cast(Application, importlib.import_module(f"{name}.wsgi.api").application)
    from pocketcloud.host.older import entry_points

    return entry_points.APPLICATIONS[name]()


def cinder(layout: Layout, settings: Settings) -> Application:
    """Volumes."""
    from pocketcloud.host import start_cinder

    return start_cinder.application(layout, settings)


def nova(layout: Layout, settings: Settings) -> Application:
    """Servers."""
    from pocketcloud.host import start_nova

    return start_nova.application(layout, settings)


_STARTERS: dict[str, Callable[[Layout, Settings], Application]] = {
    "keystone": keystone,
    "placement": placement,
    "glance": glance,
    "neutron": neutron,
    "cinder": cinder,
    "nova": nova,
}


class Optional(Protocol):
    """What the module `start_<name>` of an optional service has."""

    def make_database(self, layout: Layout, settings: Settings) -> None:
        """Make what the service keeps its records in; in a process of its own."""

    def application(self, layout: Layout, settings: Settings) -> Application:
        """Start the service in this process, which has nothing else to do."""

    def fill(self, cloud: Any, settings: Settings) -> None:
        """What its operator sets up once, through its API, with a connection of the cloud's administrator."""


def optional(name: str) -> Optional:
    """The module of an optional service."""
    return cast(Optional, importlib.import_module(f"pocketcloud.host.start_{name}"))


def starter(name: str) -> Callable[[Layout, Settings], Application]:
    """What starts a service and gives its application."""
    return _STARTERS.get(name) or optional(name).application
