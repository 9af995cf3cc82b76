"""Laying out the directory of a cloud, empty or as a copy of the golden state."""

from __future__ import annotations

import base64
import json
import os
import secrets
import shutil
import sqlite3
import uuid
from pathlib import Path

from pocketcloud import configs
from pocketcloud.layout import Layout, Settings, write_private
from pocketcloud.services import KNOWN, REGION

USERS = ("admin", "demo", "service")
DIRECTORIES = (
    *("etc", "db", "log", "run"),
    *(f"state/{name}" for name in ("fernet", "credential", "locks", "nova", "cinder", "neutron", "tmp")),
    *(f"state/images/{name}" for name in ("staging", "tasks")),
)
PLUGIN = {
    "METADATA": "Metadata-Version: 2.1\nName: pocketcloud-plugins\nVersion: 1\n",
    "entry_points.txt": (
        "[neutron.ml2.mechanism_drivers]\npocketcloud = pocketcloud.host.drivers.neutron:AlwaysBind\n"
        "[octavia.compute.drivers]\npocketcloud = pocketcloud.host.drivers.octavia:Machines\n"
        "pocketcloud_haproxy = pocketcloud.host.drivers.octavia_haproxy:Machines\n"
        "[octavia.amphora.drivers]\npocketcloud = pocketcloud.host.drivers.octavia:Balancers\n"
        "pocketcloud_haproxy = pocketcloud.host.drivers.octavia_haproxy:Balancers\n"
        "[octavia.cert_generator]\npocketcloud = pocketcloud.host.drivers.octavia:Certificates\n"
        "[designate.backend]\npocketcloud = pocketcloud.host.drivers.designate:NameServer\n"
    ),
}
EVERYTHING = ("etc", "db", "log", "run", "state", "clouds.yaml", "faults.json", "ca.pem")


def new_passwords() -> dict[str, str]:
    """Passwords of one cloud."""
    return {user: secrets.token_urlsafe(18) for user in USERS}


def clear(layout: Layout) -> None:
    """Remove what an earlier cloud left in the directory."""
    for name in EVERYTHING:
        path = layout.root / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def lay_out(layout: Layout, settings: Settings) -> None:
    """Directories, keys, configuration and clouds.yaml of a cloud without databases."""
    optional = (f"state/{service.name}" for service in settings.optional)
    guests = ("state/ovn", "state/guests") if settings.guests else ()
    for name in (*DIRECTORIES, *optional, *guests):
        (layout.root / name).mkdir(parents=True, exist_ok=True, mode=0o700)
    for repository in ("fernet", "credential"):
        for index in ("0", "1"):
            key = base64.urlsafe_b64encode(os.urandom(32)).decode()
            write_private(layout.state / repository / index, key)
        (layout.state / repository).chmod(0o700)
    plugin = layout.etc / "plugins" / "pocketcloud_plugins-1.dist-info"
    plugin.mkdir(parents=True, exist_ok=True)
    for name, text in PLUGIN.items():
        (plugin / name).write_text(text)
    configs.write(layout, settings)
    write_private(layout.clouds_yaml, clouds_yaml(layout, settings))


def clouds_yaml(layout: Layout, settings: Settings) -> str:
    """The clouds `admin` and `demo`, each with the project of its name."""
    lines = ["clouds:"]
    for user in ("admin", "demo"):
        lines += [
            f"  {user}:",
            f"    region_name: {REGION}",
            "    identity_api_version: 3",
            *([f"    cacert: {json.dumps(str(layout.ca))}"] if settings.tls else []),
            "    auth:",
            f"      auth_url: {settings.ports.public_url('keystone', settings.tls, path=True)}",
            f"      username: {user}",
            f"      password: {json.dumps(settings.passwords[user])}",
            f"      project_name: {user}",
            "      user_domain_name: Default",
            "      project_domain_name: Default",
        ]
    return "\n".join(lines) + "\n"


def at_rest(layout: Layout) -> None:
    """Fold the write-ahead logs into the databases, whose services have ended: then they are single files."""
    for path in layout.db.glob("*.sqlite"):
        with sqlite3.connect(path) as database:
            database.execute("pragma wal_checkpoint(truncate)")
        database.close()


def copy_golden(golden: Path, layout: Layout, settings: Settings) -> None:
    """Fill a laid-out directory with the golden state, and point everything in it at the new place and ports."""
    source = Layout(golden)
    for path in source.db.glob("*.sqlite"):
        shutil.copyfile(path, layout.db / path.name)
    guests = ("ovn",) if settings.guests else ()
    for name in ("images", *guests, *(service.name for service in settings.optional)):
        shutil.copytree(source.state / name, layout.state / name, dirs_exist_ok=True)
    # a compute service that is in the database already refuses to start without this file; our driver ignores it
    (layout.state / "nova" / "compute_id").write_text(f"{uuid.uuid4()}\n")
    old = json.loads((golden / "golden.json").read_text())["built_in"]
    with sqlite3.connect(layout.db / "keystone.sqlite") as keystone:
        rows = keystone.execute(
            "select endpoint.id, endpoint.interface, service.type from endpoint"
            " join service on service.id = endpoint.service_id"
        ).fetchall()
        by_type = {settings.series.type_of(service): service.name for service in KNOWN}
        for row, interface, kind in rows:
            name = by_type[kind]
            if interface == "public":
                url = settings.ports.public_url(name, settings.tls, path=True)
            else:
                url = settings.ports.internal_url(name, path=True)
            keystone.execute("update endpoint set url = ? where id = ?", (url, row))
    keystone.close()
    for database, statement in (
        ("nova_api", "update cell_mappings set database_connection = replace(database_connection, ?, ?)"),
        ("glance", "update image_locations set value = replace(value, ?, ?)"),
    ):
        with sqlite3.connect(layout.db / f"{database}.sqlite") as connection:
            connection.execute(statement, (old, str(layout.root)))
        connection.close()
