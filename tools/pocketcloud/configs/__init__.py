"""Configuration files of the services: one module a service, each with `settings(site)`.

A service with several files has `more_files(site)` as well: name → contents.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pocketcloud.layout import Layout, Settings, write_private
from pocketcloud.series import Series
from pocketcloud.services import REGION, Ports

Ini = dict[str, dict[str, object]]
METADATA_AGENT = "neutron-ovn-metadata-agent.conf"


@dataclass(frozen=True)
class Site:
    """What the configuration of one cloud depends on."""

    layout: Layout
    ports: Ports
    venv: str
    layers: Mapping[str, str]
    service_password: str
    series: Series
    guests: bool = False
    machines: bool = False  # the guests are virtual machines

    def database(self, name: str) -> str:
        """SQLAlchemy URL of a database."""
        return f"sqlite:///{self.layout.db}/{name}.sqlite?timeout=60"

    def credentials(self, user: str) -> dict[str, object]:
        """How a service's own user authenticates, in keystoneauth's words."""
        return {
            "auth_url": self.ports.internal_url("keystone", path=True),
            "auth_type": "password",
            "username": user,
            "password": self.service_password,
            "project_name": "service",
            "user_domain_name": "Default",
            "project_domain_name": "Default",
            "region_name": REGION,
            "valid_interfaces": "internal",
        }

    def authtoken(self, user: str) -> dict[str, object]:
        """The [keystone_authtoken] section."""
        return {
            "www_authenticate_uri": self.ports.internal_url("keystone", path=True),
            "service_token_roles": "service",
            "service_token_roles_required": "true",
            "interface": "internal",
            "cache": "pocketcloud.cache",  # one cache for all threads, put into the environment by our server
            **self.credentials(user),
        }

    def defaults(self, service: str) -> dict[str, object]:
        """[DEFAULT] of every service."""
        return {
            "debug": "false",
            "log_dir": self.layout.log,
            "log_file": f"{service}.log",
            "transport_url": "fake:///",
        }

    def common(self) -> Ini:
        """Sections that every oslo service takes."""
        return {
            "oslo_concurrency": {"lock_path": self.layout.state / "locks"},
            "oslo_messaging_notifications": {"driver": "noop"},
        }


def database(url: str) -> dict[str, object]:
    """A [database] section. A demo cloud need not survive a power cut: nothing waits for the disk."""
    return {"connection": url, "sqlite_synchronous": "false"}


def path(layout: Layout, service: str) -> Path:
    """Where a service's configuration file is; glance looks for no other name."""
    return layout.etc / ("glance-api.conf" if service == "glance" else f"{service}.conf")


def render(ini: Ini) -> str:
    """The text of an oslo configuration file."""
    blocks = []
    for section, values in ini.items():
        lines = [f"[{section}]", *(f"{key} = {value}" for key, value in values.items())]
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def write(layout: Layout, settings: Settings) -> None:
    """Write the configuration files of all services."""
    from pocketcloud.configs import guests

    password = settings.passwords["service"]
    site = Site(
        layout, settings.ports, settings.venv, settings.layers, password, settings.series, settings.guests,
        bool(settings.image),
    )  # fmt: skip
    for service in settings.services:
        module = importlib.import_module(f"pocketcloud.configs.{service.name}")
        ini = module.settings(site)
        if settings.guests:
            ini = guests.settings(service.name, ini, site)
        write_private(path(layout, service.name), render(ini))
        if hasattr(module, "more_files"):
            for name, ini in module.more_files(site).items():
                write_private(layout.etc / name, render(ini))
    if settings.guests:
        write_private(layout.etc / METADATA_AGENT, render(guests.metadata_agent(site)))
