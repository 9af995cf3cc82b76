"""What a build has published: its results, and whether a secret is among it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from stackprobe.results import Results, from_directory

from tests.zuul.rig.builds import Build


def results(build: Build) -> Results:
    """The results of the build's run, from its published journal."""
    return from_directory(build.logs / "stackprobe")


def run_record(build: Build) -> dict[str, Any]:
    """The first record of the journal: what the run knows of itself."""
    with open(build.logs / "stackprobe" / "journal.jsonl", encoding="utf-8") as journal:
        record: dict[str, Any] = json.loads(journal.readline())
    return record


def problem_of(build: Build) -> str:
    """The message of the one failed task with which the post-run playbook ended, or nothing."""
    failures = [
        str(result.get("msg"))
        for play in build.job_output_json
        if play["phase"] == "post"
        for one in play["plays"]
        for task in one["tasks"]
        for result in task["hosts"].values()
        if result.get("failed")
    ]
    return "\n".join(failures)


def leaks(secrets: Iterable[str], *folders: Path) -> list[tuple[str, str]]:
    """Where a secret occurs, in any encoding: file and the secret's first characters."""
    found = []
    forms = {secret: list(_forms(secret)) for secret in secrets}
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                found += [
                    (str(path.relative_to(folder)), secret[:4])
                    for secret, encoded in forms.items()
                    if any(form in content for form in encoded)
                ]
    return found


def _forms(secret: str) -> Iterator[bytes]:
    yield secret.encode()
    yield json.dumps(secret)[1:-1].encode()
    yield quote(secret, safe="").encode()
    yield quote_plus(secret).encode()
    for shift in range(3):  # in base64 three alignments are possible; the ends depend on the neighbours
        encoded = base64.b64encode(b"\0" * shift + secret.encode())
        yield encoded[4 if shift else 0 : -4]
