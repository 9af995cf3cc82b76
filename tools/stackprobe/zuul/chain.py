"""What the build before this one could not deliver.

Each build takes over what its predecessor published and publishes the sum if it cannot deliver either, so looking one
step back is enough. Builds that published nothing (a killed executor, a failing pre-run) are passed over.
"""

from __future__ import annotations

import time
import urllib.parse
import zlib
from collections.abc import Callable

from stackprobe.graphite.undelivered import LARGEST_BYTES
from stackprobe.web import FetchFailed, fetch
from stackprobe.zuul.api import Build, Zuul

#: ``metadata.type`` of everything that stackprobe's jobs publish begins so.
OURS = "stackprobe_"
#: That of the figures that could not be delivered.
UNDELIVERED = "stackprobe_undelivered"
#: How far to look back: builds, and seconds. Older figures would be given up by the spool.
MOST_BUILDS = 30
OLDEST_S = 14 * 24 * 3600
#: So many downloads may fail before the log server is taken to be away.
MOST_BROKEN = 3
_GZIP = b"\x1f\x8b"


class ChainBroken(Exception):
    """Something that earlier builds published cannot be had. What could be had is in `texts`."""

    def __init__(self, message: str, texts: list[str]) -> None:
        super().__init__(message)
        self.texts = texts


def left_by_earlier(
    zuul: Zuul,
    job: str,
    *,
    pipeline: str | None = None,
    project: str | None = None,
    branch: str | None = None,
    exclude: str | None = None,
    timeout_s: float = 30.0,
    say: Callable[[str], None] = lambda line: None,
) -> list[str]:
    """The texts that the newest build of a job with artifacts of stackprobe left to be delivered; none is the rule.

    Where one cannot be downloaded, the build before is looked at too: it holds all but that build's own figures.

    :param exclude: uuid of the build that asks.
    :raises stackprobe.zuul.ZuulUnusable: Zuul does not answer.
    :raises ChainBroken: a text could not be downloaded.
    """
    builds = zuul.builds(job, pipeline=pipeline, project=project, branch=branch, complete=True, limit=MOST_BUILDS)
    now_t = zuul.now_t or time.time()
    broken = []
    texts: list[str] = []
    for build in builds:
        if build.uuid == exclude or now_t - (build.end_t or now_t) > OLDEST_S:
            continue
        ours = [artifact for artifact in build.artifacts if artifact.type.startswith(OURS)]
        if not ours:
            continue
        whole = True
        for artifact in ours:
            if artifact.type == UNDELIVERED:
                try:
                    texts.append(_download(build, artifact.url, timeout_s))
                    say(f"build {build.uuid} left figures to be delivered")
                except FetchFailed as error:
                    broken.append(f"what build {build.uuid} left cannot be downloaded: {error}")
                    whole = False
        if whole or len(broken) >= MOST_BROKEN:
            break
    if broken:
        raise ChainBroken("; ".join(broken), texts)
    return texts


def _download(build: Build, url: str, timeout_s: float) -> str:
    address = urllib.parse.urljoin(build.log_url or "", url)
    if urllib.parse.urlsplit(address).scheme not in ("http", "https"):
        raise FetchFailed("its address is not one of http or https")
    data = fetch(address, timeout_s=timeout_s, largest=LARGEST_BYTES, other_hosts=True).body
    return (_gunzip(data) if data.startswith(_GZIP) else data).decode("utf-8", "replace")


def _gunzip(data: bytes) -> bytes:
    decompressor = zlib.decompressobj(wbits=31)
    try:
        text = decompressor.decompress(data, LARGEST_BYTES)
    except zlib.error:
        raise FetchFailed("it is broken gzip") from None
    if decompressor.unconsumed_tail:
        raise FetchFailed(f"unpacked it is larger than {LARGEST_BYTES} bytes")
    if not decompressor.eof:
        raise FetchFailed("it is broken gzip")
    return text
