"""What a temporary URL is signed for, and what is refused before anything is signed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from stackprobe.engine.classify import StepError
from stackprobe.engine.steps import KINDS, Step
from stackprobe.engine.steps.temporary_url import _signed_path


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("http://c:8080/v1/AUTH_1/c/o", "/v1/AUTH_1/c/o"),
        ("https://c/object-store/v1/AUTH_1/c/o", "/v1/AUTH_1/c/o"),
        ("https://c/swift/v1/c/o", "/v1/c/o"),
        ("https://c/c/o", "/c/o"),
    ],
)
def test_the_path_is_signed_as_the_store_sees_it(url: str, path: str) -> None:
    assert _signed_path(url) == path


@pytest.mark.parametrize(
    "wrong", [{"path": "/c"}, {"path": "/c/o?x=1"}, {"path": "http://c/c/o"}, {"method": "PUT"}, {"digest": "md5"}]
)
def test_what_makes_no_sense_is_an_error(wrong: dict[str, Any]) -> None:
    arguments = {"path": "/c/o", "key": "k", **wrong}
    nothing: Any = SimpleNamespace()
    with pytest.raises(StepError):
        KINDS["temporary_url"]().run(nothing, Step("temporary_url", "s", "Ask", arguments))
