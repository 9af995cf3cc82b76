"""What surrounds Zuul in the tests: a cloud, a Graphite, a dead man's switch; and how the tenants' files name them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import yaml
from pocketcloud.cloud import Cloud
from pocketgraphite import Graphite, down, up

from tests.support.authority import authority
from tests.zuul.switch import Switch, switch


def placeholders(cloud: Cloud, graphite: Graphite, heartbeats: Switch) -> dict[str, str]:
    """What `@NAME@` stands for in the files of the tenants. The rig adds ZUUL_URL, LOG_URL, LOG_ROOT and NODE_…"""
    clouds = yaml.safe_load(cloud.clouds_yaml.read_text())["clouds"]
    customer = clouds["demo"]
    credentials, administrator = customer["auth"], clouds["admin"]["auth"]
    return {
        "CLOUD_AUTH_URL": credentials["auth_url"],
        "CLOUD_USERNAME": credentials["username"],
        "CLOUD_PASSWORD": credentials["password"],
        "CLOUD_PROJECT": credentials["project_name"],
        "CLOUD_REGION": customer["region_name"],
        "ADMIN_USERNAME": administrator["username"],
        "ADMIN_PASSWORD": administrator["password"],
        "ADMIN_PROJECT": administrator["project_name"],
        "CA_PEM": authority()[0].replace("\n", "\\n"),  # in a text in double quotes
        "CLOUD_PORT": str(urlsplit(credentials["auth_url"]).port),
        "GRAPHITE": graphite.carbon,
        "GRAPHITE_URL": graphite.url,
        "HEARTBEAT_URL": heartbeats.url,
    }


@contextlib.contextmanager
def running_graphite(directory: Path) -> Iterator[Graphite]:
    """A Graphite that keeps every second of the last hour."""
    try:
        yield up(directory, retentions="1s:1h")
    finally:
        down(directory)


@contextlib.contextmanager
def everything(directory: Path) -> Iterator[dict[str, str]]:
    """All of it started; yields the placeholders. POCKETCLOUD_DIR names a cloud that runs already."""
    given = os.environ.get("POCKETCLOUD_DIR")
    cloud = Cloud(given or directory / "cloud")
    with contextlib.ExitStack() as started:
        if not given:
            cloud.up()
            started.callback(cloud.down)
        graphite = started.enter_context(running_graphite(directory / "graphite"))
        yield placeholders(cloud, graphite, started.enter_context(switch()))
