"""What a CI is told to black out: every secret in every wrapping, line by line, and nothing else."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
import yaml
from stackprobe import cli
from stackprobe.credentials.redactions import redactions
from stackprobe.errors import UsageError

AUTH = {"auth_url": "https://keystone.example.org/v3", "username": "somebody", "password": "canary-password"}
CLOUDS = {"clouds": {"mycloud": {"auth": AUTH, "region_name": "north"}}}
KEY = "-----BEGIN PRIVATE KEY-----\nMIIcanary+one\nMIIcanary/two\n-----END PRIVATE KEY-----\n"


def _of(*secrets: Any) -> list[str]:
    return redactions(json.dumps(secrets).encode())


@pytest.mark.parametrize(
    "secret",
    [
        CLOUDS,
        {"clouds_yaml": yaml.safe_dump(CLOUDS)},
        {"clouds_yaml": CLOUDS, "secure_yaml": "clouds: {}"},
        {"clouds": {"mycloud": {}}, "secure_yaml": yaml.safe_dump(CLOUDS)},
        yaml.safe_dump(CLOUDS),
        json.dumps(yaml.safe_dump(CLOUDS)),
    ],
    ids=["data", "text", "text that is data", "secure.yaml", "only a text", "a text in a text"],
)
def test_a_password_is_found_in_every_wrapping_and_nothing_else_is(secret: Any) -> None:
    found = _of(secret)

    assert "canary-password" in found
    assert not [form for form in found if form in ("somebody", "mycloud", "north", AUTH["auth_url"])]


def test_every_kind_of_secret_is_found() -> None:
    auth = {"application_credential_secret": "canary-application", "application_credential_id": "its-id"}
    found = _of(
        {
            "clouds": {
                "one": {"auth": auth},
                "two": {"auth": {"token": "canary-token"}, "proxy": "http://u:canary%2F@p"},
            }
        },
        {"url": "https://hc.example.org/ping/canary-address"},
    )

    assert {
        "canary-application",
        "canary-token",
        "canary/",
        "canary%2F",
        "https://hc.example.org/ping/canary-address",
    } <= set(found)
    assert "its-id" not in found


def test_a_secret_reappears_escaped_and_encoded() -> None:
    found = _of({"clouds": {"one": {"password": 'a "quoted" pass/word'}}})

    assert r"a \"quoted\" pass/word" in found
    assert "a%20%22quoted%22%20pass%2Fword" in found


def test_of_several_lines_each_is_one() -> None:
    found = _of({"clouds": {"one": {"private_key": KEY}}})

    assert {"MIIcanary+one", "MIIcanary/two"} <= set(found)
    assert not [form for form in found if "\n" in form]


def test_in_a_text_that_is_no_yaml_what_follows_a_secrets_name_is_found() -> None:
    assert "canary-password" in _of(
        {"clouds_yaml": "clouds:\n  one:\n    auth: {password: 'canary-password'\n  region"}
    )


@pytest.mark.parametrize("secret", [None, {}, "", [], 5, {"clouds": None}, {"clouds_yaml": 5}])
def test_where_no_secret_is_there_is_nothing(secret: Any) -> None:
    assert _of(secret) == []


@pytest.mark.parametrize("raw", [b"", b"{}", b"[", b"\xff"])
def test_what_is_no_list_is_refused(raw: bytes) -> None:
    with pytest.raises(UsageError, match="the secrets are missing"):
        redactions(raw)


def test_the_command_prints_them_for_a_program(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps([CLOUDS]).encode())))

    assert cli.main(["redactions"]) == 0
    assert "canary-password" in json.loads(capsys.readouterr().out)


def test_the_command_shows_nothing_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps([CLOUDS]).encode())))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)

    assert cli.main(["redactions"]) == 2
    said = capsys.readouterr()
    assert "canary" not in said.out + said.err
