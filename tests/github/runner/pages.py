"""The stand-in for actions/deploy-pages, as of its version 5."""

from __future__ import annotations

import tarfile

from tests.github.runner.caches import unpack
from tests.github.runner.errors import ActionFailed
from tests.github.runner.machine import Call

NEEDED = {"pages": "write", "id-token": "write"}


def deploy(call: Call) -> dict[str, str]:
    """Unpack the artifact into `root`/pages, which stands for what visitors see."""
    job, name = call.job, call.inputs["artifact_name"]
    for scope, level in NEEDED.items():
        if job.result.permissions.get(scope) != level:
            raise ActionFailed(f"Ensure GITHUB_TOKEN has permission '{scope}: {level}'.")
    artifact = job.run.artifacts / name
    files = [path.name for path in artifact.iterdir()] if artifact.is_dir() else []
    if not files:
        raise ActionFailed(f'No artifacts named "{name}" were found for this workflow run.')
    if files != ["artifact.tar"]:
        raise ActionFailed(f"the artifact holds {files}, and must hold artifact.tar alone")
    site = job.request.root / "pages"
    with tarfile.open(artifact / "artifact.tar") as archive:
        for member in archive:
            if not (member.isfile() or member.isdir()):
                raise ActionFailed(f"{member.name} is neither a file nor a directory")
            if not member.mode & 0o444 == 0o444:
                raise ActionFailed(f"{member.name} cannot be read by everyone")
    site.mkdir(exist_ok=True)
    unpack(artifact / "artifact.tar", site)
    owner, _, repository = job.request.repository.partition("/")
    return {"page_url": f"https://{owner}.github.io/{repository}/"}
