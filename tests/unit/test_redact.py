"""No secret passes the scrubber, in whatever form it reappears, and the rest stays readable."""

from __future__ import annotations

import base64
import json
import re
import time
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import pytest
from stackprobe.redact import Scrubber, is_secret_name

SECRET = "pä55 \"w/ord\\'+&<\n€"


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        re.sub("%..", lambda match: match[0].lower(), quote(SECRET)),
        urlencode({"p": SECRET}),
        json.dumps(SECRET),
        json.dumps(SECRET, ensure_ascii=False),
        json.dumps(json.dumps(SECRET)),
        json.dumps(SECRET).replace("/", "\\/"),
        repr(SECRET),
        ascii(SECRET),
        str(["x", SECRET]),
        base64.b64encode(SECRET.encode()).decode(),
        base64.b64encode(f"user:{SECRET}".encode()).decode(),
        base64.b64encode(f"ab{SECRET}cd".encode()).decode(),
        base64.b64encode(f"abc{SECRET}cdef".encode()).decode(),
        base64.urlsafe_b64encode(f"a{SECRET}".encode()).decode(),
    ],
)
def test_a_known_secret_is_found_in_every_encoding(form: str) -> None:
    scrubbed = Scrubber([SECRET])(f"before {form} after")
    assert "***" in scrubbed
    assert scrubbed.startswith("before ") and scrubbed.endswith(" after")
    for piece in ("55", "w/ord", "w%2Ford", "%A4", base64.b64encode(b'5 "w/ord').decode()[2:8]):
        assert piece not in scrubbed


LONG = "a message of the cloud that is long enough for somebody to cut it: " * 2


@pytest.mark.parametrize(
    "form", [SECRET, quote(SECRET, safe=""), json.dumps(SECRET), base64.b64encode(SECRET.encode()).decode()]
)
@pytest.mark.parametrize("mark", ["", "…", " …"], ids=["no mark", "mark", "mark apart"])
def test_the_beginning_of_a_known_secret_is_found_where_a_text_was_cut(form: str, mark: str) -> None:
    scrub = Scrubber([SECRET])
    for length in range(6, len(form)):
        scrubbed = scrub(f"{LONG}{form[:length]}{mark}{' and more' if mark else ''}")
        assert form.strip('"')[:5] not in scrubbed and scrubbed.startswith(LONG) and "***" in scrubbed


@pytest.mark.parametrize("mark", ["…", "… ", "… 12 characters left out …\n"])
def test_the_end_of_a_known_secret_is_found_where_a_text_was_cut(mark: str) -> None:
    secret = "correct-horse-battery"
    for length in range(5, len(secret)):
        assert Scrubber([secret])(f"{LONG}{mark}{secret[-length:]} and more") == f"{LONG}{mark}*** and more"


def test_a_secrets_beginning_in_the_middle_of_a_text_is_left() -> None:
    assert Scrubber(["networks-canary"])(f"the networks of {LONG}") == f"the networks of {LONG}"


def test_a_known_secret_is_found_at_any_depth_and_in_any_kind_of_value() -> None:
    class Answer:
        def __str__(self) -> str:
            return "answer with canary"

    value: Any = {
        "a": ["canary", ("x-canary",)],
        "canary-key": {1: b"a canary b"},
        "n": 3,
        "o": Answer(),
        "s": {"canary"},
    }
    assert Scrubber(["canary"])(value) == {
        "a": ["***", ("x-***",)],
        "***-key": {1: b"a *** b"},
        "n": 3,
        "o": "answer with ***",
        "s": {"***"},
    }


def test_of_two_secrets_the_longer_one_goes_as_a_whole() -> None:
    scrub = Scrubber(["hunter2"])
    scrub.add("hunter2-and-more")
    assert scrub("hunter2-and-more hunter2") == "*** ***"


def test_secrets_too_short_to_tell_from_words_are_left() -> None:
    assert Scrubber(["abc", "", "x"])("abc x") == "abc x"


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "adminPass",
        "admin_pass",
        "private_key",
        "secret",
        "token",
        "X-Auth-Token",
        "X-Subject-Token",
        "application_credential_secret",
        "Authorization",
        "user_data",
        "os_password",
        "Set-Cookie",
        "client_secret",
        "auth_key",
    ],
)
def test_what_stands_under_a_secret_name_goes(name: str) -> None:
    assert Scrubber()({"server": {name: "whatever", "other": "stays"}}) == {"server": {name: "***", "other": "stays"}}
    assert Scrubber()({name: ["a", "b"]}) == {name: ["***", "***"]}


@pytest.mark.parametrize(
    "name",
    [
        "token_type",
        "password_expires_at",
        "secret_ref",
        "key_name",
        "tokens",
        "access_token_endpoint",
        "passed",
        "auth_url",
        "application_credential_id",
        "fingerprint",
        "public_key",
    ],
)
def test_names_that_only_sound_secret_keep_their_values(name: str) -> None:
    assert not is_secret_name(name)


def test_what_keystone_says_about_a_token_stays_readable_without_the_secrets_in_it() -> None:
    body = {"token": {"methods": ["password"], "user": {"name": "demo", "password": "x"}}, "password": None}
    assert Scrubber()(body) == {
        "token": {"methods": ["password"], "user": {"name": "demo", "password": "***"}},
        "password": None,
    }


KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNza\nAAAA==\n-----END OPENSSH PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"key: {KEY} end", "key: *** end"),
        (json.dumps(KEY), '"***"'),
        (KEY[:50], "***"),
        ("got gAAAAABm" + "aZ0_-" * 30 + " back", "got *** back"),
        (
            "https://h/v1/a/c/o?temp_url_sig=da39&temp_url_expires=1",
            "https://h/v1/a/c/o?temp_url_sig=***&temp_url_expires=1",
        ),
        ("https://h/o?X-Amz-Signature=0f&X-Amz-Date=1", "https://h/o?X-Amz-Signature=***&X-Amz-Date=1"),
        (
            "https://vnc:6080/vnc_lite.html?path=%3Ftoken%3D0c11-22",
            "https://vnc:6080/vnc_lite.html?path=%3Ftoken%3D***",
        ),
        ("http://user:pa55@proxy:3128/", "http://user:***@proxy:3128/"),
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic ***"),
        ('{"adminPass": "aB3\\"x", "id": "1"}', '{"adminPass": "***", "id": "1"}'),
        ("{'password': 'pw', 'name': 'n'}", "{'password': \"***\", 'name': 'n'}"),
        ('got {"adminPass": "aB3\\"x and then it was cut', 'got {"adminPass": "***"'),
        ("-H 'X-Auth-Token: abc-def' -X GET", "-H 'X-Auth-Token: ***' -X GET"),
    ],
)
def test_secrets_are_known_by_their_shape(text: str, expected: str) -> None:
    assert Scrubber()(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "https://cloud:5000/v3/auth/tokens?marker=1",
        "no such token",
        "password expired",
        "a:b@c",
        "ssh-ed25519 AAAAC3Nz x",
        "-----BEGIN PUBLIC KEY-----\nAAA\n-----END PUBLIC KEY-----",
        "passed=3 failed=0",
        "Basic tests",
        "gAAA",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert Scrubber(["canary"])(text) == text


def test_a_value_nested_without_end_is_cut() -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert "…" in json.dumps(Scrubber()(endless), ensure_ascii=False)


def test_ordinary_answers_pass_quickly() -> None:
    scrub = Scrubber([f"secret-number-{n}" for n in range(10)])
    server = {
        "id": "0" * 36,
        "name": "stackprobe-x",
        "links": [{"rel": "self", "href": "http://h/v2.1/servers/1"}] * 10,
    }
    began = time.process_time()
    for _ in range(10):
        scrub({"servers": [server] * 20, "messages": ["a long message, word by word, " * 15] * 20})
    assert (time.process_time() - began) / 10 < 0.1
