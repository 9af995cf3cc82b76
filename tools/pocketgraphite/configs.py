"""The configuration files of one Graphite."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Settings:
    """How one Graphite was asked to be.

    :ivar retentions: of every series, as in storage-schemas.conf.
    :ivar creates_per_minute: carbon drops the points of new series beyond it; None for no limit. Its example
        configuration has 50.
    :ivar cache_answers: whether graphite-web also shows what carbon has not yet written, as it does by default.
    """

    web_port: int
    line_port: int
    query_port: int
    retentions: str = "10s:1d,1m:7d"
    creates_per_minute: int | None = None
    cache_answers: bool = True

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def write(root: Path, settings: Settings) -> None:
    """Write every file below ``root/etc``; what they name below ``root/storage`` is made too."""
    etc, storage = root / "etc", root / "storage"
    for directory in (etc, storage / "whisper", storage / "lists", root / "log", root / "run"):
        directory.mkdir(parents=True, exist_ok=True)
    creates = "inf" if settings.creates_per_minute is None else str(settings.creates_per_minute)
    (etc / "carbon.conf").write_text(f"""[cache]
CONF_DIR = {etc}
STORAGE_DIR = {storage}
LOCAL_DATA_DIR = {storage / "whisper"}
WHITELISTS_DIR = {storage / "lists"}
LOG_DIR = {root / "log"}
PID_DIR = {root / "run"}
LINE_RECEIVER_INTERFACE = {HOST}
LINE_RECEIVER_PORT = {settings.line_port}
PICKLE_RECEIVER_PORT = 0
CACHE_QUERY_INTERFACE = {HOST}
CACHE_QUERY_PORT = {settings.query_port}
MAX_CREATES_PER_MINUTE = {creates}
MAX_UPDATES_PER_SECOND = 500
MAX_CACHE_SIZE = inf
USE_FLOW_CONTROL = True
WHISPER_SPARSE_CREATE = True
ENABLE_TAGS = True
GRAPHITE_URL = http://{HOST}:{settings.web_port}
CARBON_METRIC_INTERVAL = 0
LOG_CACHE_HITS = False
LOG_UPDATES = False
LOG_CREATES = True
""")
    (etc / "storage-schemas.conf").write_text(f"[all]\npattern = .*\nretentions = {settings.retentions}\n")
    # xFilesFactor 0: a coarser archive gets a value from a single point, and probes send one every few minutes.
    (etc / "storage-aggregation.conf").write_text(
        "[counts]\npattern = \\.(count|passed|failed|error|skipped|retries)$\nxFilesFactor = 0\n"
        "aggregationMethod = sum\n\n"
        "[all]\npattern = .*\nxFilesFactor = 0\naggregationMethod = average\n"
    )
    links = f'["{HOST}:{settings.query_port}"]' if settings.cache_answers else "[]"
    (etc / "pocketgraphite_settings.py").write_text(f'''"""graphite-web's settings, written by pocketgraphite."""

import os
import sys
import types

SECRET_KEY = "{secrets.token_hex(16)}"
ALLOWED_HOSTS = ["{HOST}", "localhost"]
TIME_ZONE = "UTC"
STORAGE_DIR = "{storage}"
CONF_DIR = "{etc}"
WHISPER_DIR = "{storage / "whisper"}"
INDEX_FILE = "{storage / "index"}"
LOG_DIR = "{root / "log"}"
LOG_FILE_INFO = LOG_FILE_EXCEPTION = LOG_FILE_CACHE = LOG_FILE_RENDERING = "-"
STATIC_ROOT = os.path.join(sys.prefix, "webapp", "content")
CARBONLINK_HOSTS = {links}
CARBONLINK_TIMEOUT = 2.0
# Tags are written while others read: SQLite lets them wait for one another.
DATABASES = {{
    "default": {{
        "ENGINE": "django.db.backends.sqlite3", "NAME": "{storage / "graphite.db"}", "OPTIONS": {{"timeout": 30}}
    }}
}}

try:
    import cairocffi
except OSError:  # the system has no libcairo: figures can be read, pictures cannot be drawn
    sys.modules["cairocffi"] = types.ModuleType("cairocffi")
''')
