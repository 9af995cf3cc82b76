"""The configuration files of Zuul's services."""

from __future__ import annotations

import configparser
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pocketcloud.services import HOST

from tests.zuul.rig.layout import Layout
from tests.zuul.rig.tenants import ADMIN_RULE, Tenant

#: Who the rig's own requests come from. The admin rule of the tenants names it.
USER = REALM = "rig"
LOGGING = """\
[loggers]
keys=root
[handlers]
keys=console
[formatters]
keys=simple
[logger_root]
level=DEBUG
handlers=console
[handler_console]
class=StreamHandler
formatter=simple
args=(sys.stderr,)
[formatter_simple]
format=%(asctime)s %(levelname)s %(name)s: %(message)s
"""


@dataclass(frozen=True)
class Ports:
    """Where the services listen on loopback."""

    zookeeper: int
    web: int
    finger: int
    mqtt: int


@dataclass(frozen=True)
class Executor:
    """What the executor needs to know. `readable` is shown to jobs besides what bubblewrap shows in any case."""

    ansible_root: Path
    readable: tuple[Path, ...]


def write(layout: Layout, ports: Ports, executor: Executor, tenants: Iterable[Tenant], secret: str) -> None:
    """Write all configuration. `secret` signs the tokens of Zuul's web API."""
    (layout.etc / "logging.conf").write_text(LOGGING)
    rule = {"admin-rule": {"name": ADMIN_RULE, "conditions": [{"zuul_uid": USER}]}}
    main = [rule, *({"tenant": tenant.configuration()} for tenant in tenants)]
    (layout.etc / "main.yaml").write_text(json.dumps(main, indent=1))
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_dict(_sections(layout, ports, executor, secret))
    with open(layout.zuul_conf, "w", opener=_private) as stream:
        parser.write(stream)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sections(layout: Layout, ports: Ports, executor: Executor, secret: str) -> dict[str, dict[str, object]]:
    certificates = layout.certificates
    readable = ":".join(map(str, executor.readable))
    sections: dict[str, dict[str, object]] = {
        "zookeeper": {
            "hosts": f"{HOST}:{ports.zookeeper}",
            "tls_cert": certificates / "leaf.pem",
            "tls_key": certificates / "leaf.key",
            "tls_ca": certificates / "ca.pem",
        },
        "keystore": {"password": secret},
        "database": {"dburi": f"sqlite:///{layout.root}/zuul.sqlite"},
        "auth rig": {
            "driver": "HS256",
            "realm": REALM,
            "default": "true",
            "client_id": USER,
            "issuer_id": USER,
            "secret": secret,
        },
        "connection git": {"driver": "git", "baseurl": layout.repositories, "poll_delay": 3600},
        "connection mqtt": {"driver": "mqtt", "server": HOST, "port": ports.mqtt},
        "connection machines": {"driver": "static"},
        "scheduler": {"tenant_config": layout.etc / "main.yaml"},
        "merger": {
            "git_dir": layout.state("merger") / "git",
            "git_user_email": "zuul@example.org",
            "git_user_name": "zuul",
        },
        "executor": {
            "state_dir": layout.state("executor"),
            "git_dir": layout.state("executor") / "git",
            "job_dir": layout.builds,
            "private_key_file": certificates / "id_rsa",
            "manage_ansible": "false",
            "ansible_root": executor.ansible_root,
            "finger_port": ports.finger,
            # a test machine is small and busy: none of the governors is to hold a build back
            "load_multiplier": 50,
            "min_avail_mem": 1,
            "min_avail_hdd": 1,
            "disk_limit_per_job": 1000,
            "sigterm_method": "stop",
            "trusted_rw_paths": layout.logs,
            "trusted_ro_paths": readable,
            "untrusted_ro_paths": readable,
        },
        "launcher": {"temp_dir": layout.state("launcher"), "state_dir": layout.state("launcher")},
        "web": {"listen_address": HOST, "port": ports.web, "root": f"http://{HOST}:{ports.web}/"},
    }
    for service in ("scheduler", "merger", "executor", "launcher", "web"):
        sections[service]["command_socket"] = layout.run / f"{service}.sock"
        sections[service]["log_config"] = layout.etc / "logging.conf"
    return sections
