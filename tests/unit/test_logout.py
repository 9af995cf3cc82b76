"""``stackprobe logout`` leaves nothing of a login, and never removes what is not of one."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from stackprobe import cli
from stackprobe.credentials import private_files
from stackprobe.credentials.login import keep
from stackprobe.credentials.secret import Secret

from tests.support.authority import authority

DEMO = {
    "auth_type": "v3applicationcredential",
    "auth": {
        "auth_url": "http://127.0.0.1:1/v3",
        "application_credential_id": "an-id",
        "application_credential_secret": "canary-secret",
    },
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The clouds.yaml of a login, with certificates."""
    place = tmp_path / "private" / "clouds.yaml"
    secret = {"clouds": {"demo": DEMO}, "cacert": authority()[0]}
    keep(Secret.parse(json.dumps(secret).encode()), None, None, place)
    assert {path.name for path in place.parent.iterdir()} == {"clouds.yaml", "ca.pem"}
    return place


def log_out(file: Path) -> int:
    return cli.main(["logout", "--clouds-file", str(file)])


def test_all_of_a_login_goes_and_a_second_logout_finds_nothing(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert log_out(file) == 0
    assert "no token to revoke" in capsys.readouterr().out
    assert not file.parent.exists()
    assert log_out(file) == 0
    assert f"there is no {file}" in capsys.readouterr().out


def test_the_file_is_overwritten_before_it_goes(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = os.open(file, os.O_RDONLY)
    assert log_out(file) == 0
    assert os.read(held, 1 << 20).strip(b"\0") == b""
    os.close(held)


def test_a_logout_that_was_killed_half_way_can_be_repeated(file: Path) -> None:
    file.write_bytes(b"\0" * file.stat().st_size)
    assert log_out(file) == 0
    assert not file.exists()


def test_what_a_killed_login_left_goes_too(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> None:
        raise SystemExit

    file.unlink()
    monkeypatch.setattr("os.replace", killed)
    with pytest.raises(SystemExit):
        private_files.write_private(file, "canary")
    (left,) = [path for path in file.parent.iterdir() if path.name != "ca.pem"]
    assert left.read_text() == "canary" and left.stat().st_mode & 0o777 == 0o600
    assert log_out(file) == 0
    assert not left.exists()


@pytest.mark.parametrize(
    "text", ["clouds: {demo: {auth: {}}}", "clouds: {demo: {stackprobe: 1}}", "{", "mine", "clouds: {a: {}, b: {}}"]
)
def test_a_file_that_is_not_of_a_login_is_left_alone(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "clouds.yaml"
    mine.write_text(text)
    assert log_out(mine) == 2
    assert "not the file of a login" in capsys.readouterr().err
    assert mine.read_text() == text


def test_neither_a_directory_nor_a_link_is_followed(file: Path, tmp_path: Path) -> None:
    assert log_out(file.parent) == 2
    link = tmp_path / "link.yaml"
    link.symlink_to(file)
    assert log_out(link) == 2
    assert file.exists()


def test_certificates_that_are_not_of_the_login_stay(tmp_path: Path) -> None:
    place = tmp_path / "private" / "clouds.yaml"
    keep(Secret.parse(json.dumps({"clouds": {"demo": DEMO}}).encode()), None, None, place)
    place.with_name("ca.pem").write_text("mine")
    assert log_out(place) == 0
    assert [path.name for path in place.parent.iterdir()] == ["ca.pem"]


def test_certificates_of_another_ca_are_not_overwritten(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.unlink()
    before = file.with_name("ca.pem").read_text()
    secret = Secret.parse(json.dumps({"clouds": {"demo": DEMO}, "cacert": authority()[0]}).encode())
    with pytest.raises(Exception, match="certificates of another CA"):
        keep(secret, None, None, file)
    assert file.with_name("ca.pem").read_text() == before


@pytest.mark.parametrize("seconds", ["0", "-1", "soon", "nan", "1e9"])
def test_a_time_limit_must_be_one(file: Path, seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["logout", "--clouds-file", str(file), "--timeout", seconds]) == 2
    assert "no number of seconds" in capsys.readouterr().err
