"""What a build has published: its results, and why it failed."""

from __future__ import annotations

import json
from typing import Any

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
