"""Which tags of a task mean something, and what."""

from __future__ import annotations

from typing import Any

import pytest
from stackprobe.recording.tags import Tags, parse


@pytest.mark.parametrize(
    ("tags", "meant"),
    [
        (["metric=create_server", "service=compute", "az=eu-01"], Tags(("create_server",), "compute", "eu-01")),
        ("metric=create_server, always", Tags(("create_server",))),
        (["always", "metric=a,az=b"], Tags(("a",), None, "b")),
        (["metric=delete_server_az1", "metric=delete_server"], Tags(("delete_server", "delete_server_az1"))),
        (["metric=one", "metric=one"], Tags(("one",))),
        (["az=own", "service=own", "az=block", "service=block", "az=play"], Tags((), "own", "own")),
        (["metric=", "az", "other=x", "az= "], Tags()),
        (["az=a=b"], Tags(zone="a=b")),
        ([["metric=deep"], 7], Tags(("deep",))),
        (None, Tags()),
        (3, Tags()),
    ],
)
def test_tags(tags: Any, meant: Tags) -> None:
    assert parse(tags) == meant
