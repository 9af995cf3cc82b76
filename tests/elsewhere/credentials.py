"""Nothing of a login outlives its job."""

from __future__ import annotations

from typing import Any

from tests.elsewhere.gitlab import GitLab, Pipeline


def assert_no_credentials(gitlab: GitLab, job: Pipeline, secret: dict[str, Any]) -> None:
    """Nothing is left of the login, and the password is in no file of the project or the cache, nor in the log."""
    password = secret["clouds"]["mycloud"]["auth"]["password"]
    assert not (job.project / ".stackprobe" / "private").exists(), "the login was not removed"
    assert password not in job.log, "the password is in the log"
    files = list(gitlab.files(job))
    telling = [path for path in files if password.encode() in path.read_bytes()]
    assert telling == [], f"the password is in {telling}"
    assert len(files) > 10, files
