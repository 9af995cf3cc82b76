"""Logs in and out as a CI's job does, and looks at tokens with the administrator's eyes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml
from openstack.connection import Connection
from pocketcloud import venv
from pocketcloud.cloud import Cloud

STACKPROBE = [sys.executable, "-m", "stackprobe"]
_MINT = """
import sys, msgpack
from pathlib import Path
from cryptography.fernet import Fernet, MultiFernet
keys, token, expires = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
box = MultiFernet([Fernet(key.read_bytes()) for key in sorted(keys.iterdir(), key=lambda key: -int(key.name))])
payload = msgpack.unpackb(box.decrypt(token + "=" * (-len(token) % 4)))
(place,) = [number for number, part in enumerate(payload) if isinstance(part, float)]
payload[place] = expires
print(box.encrypt(msgpack.packb(payload)).rstrip(b"=").decode())
"""


def command(
    *arguments: str, stdin: str = "", clouds: Path | None = None, timeout_s: float = 60.0
) -> subprocess.CompletedProcess[str]:
    """Run ``stackprobe`` with nothing of a cloud in its environment but the clouds.yaml, if one is given."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    if clouds is not None:
        environment["OS_CLIENT_CONFIG_FILE"] = str(clouds)
    return subprocess.run(
        [*STACKPROBE, *arguments],
        input=stdin,
        env=environment,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def login(secret: Any, file: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """``stackprobe login`` with a secret on standard input."""
    text = secret if isinstance(secret, str) else json.dumps(secret)
    return command("login", "--to", str(file), *options, stdin=text)


def logout(file: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """``stackprobe logout``."""
    return command("logout", "--clouds-file", str(file), *options)


def entry_in(file: Path, cloud: str = "demo") -> dict[str, Any]:
    """The entry of a cloud in a clouds.yaml."""
    entry: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))["clouds"][cloud]
    return entry


def status_of_token(admin: Connection, token: str) -> int:
    """What Keystone answers the administrator who asks about a token: 200, or 404 once it is none any more."""
    auth_url = admin.config.config["auth"]["auth_url"]
    answer = admin.session.get(f"{auth_url}/auth/tokens", headers={"X-Subject-Token": token}, raise_exc=False)
    return int(answer.status_code)


def expiring(cloud: Cloud, token: str, expires_t: float) -> str:
    """The token as Keystone would have made it for another end of its life (unix seconds)."""
    python = venv.ensure(lambda *_: None) / "bin" / "python"
    keys = cloud.clouds_yaml.parent / "state" / "fernet"
    done = subprocess.run(
        [str(python), "-c", _MINT, str(keys), token, str(expires_t)], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()
