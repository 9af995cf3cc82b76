"""A cloud opens as openstacksdk would open it; what is wrong with clouds.yaml is said with file, line and remedy."""

from __future__ import annotations

import functools
import socket
from pathlib import Path
from typing import Any

import keystoneauth1.session
import pytest
import requests
from openstack.config import loader
from stackprobe.cloud import facts, open_cloud, secrets_of
from stackprobe.errors import UsageError

GOOD = """\
clouds:
  demo:
    auth:
      auth_url: http://127.0.0.1:1/v3
      username: demo
      password: canary-password
      project_name: demo
      user_domain_name: Default
      project_domain_name: Default
    regions:
      - one
      - name: two
        values: {api_timeout: 7}
  app:
    auth_type: v3applicationcredential
    verify: false
    region_name: one
    auth:
      auth_url: http://127.0.0.1:1/v3
      application_credential_id: an-id
      application_credential_secret: canary-secret
"""


@pytest.fixture
def clouds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Writes clouds.yaml where openstacksdk looks, and nowhere else; the network is cut."""
    places = [tmp_path / place for place in ("cwd", "home", "etc")]
    for place in places:
        place.mkdir()
    for variable in ("OS_CLIENT_CONFIG_FILE", "OS_CLIENT_SECURE_FILE", "OS_CLOUD", "OS_AUTH_URL", "http_proxy"):
        monkeypatch.delenv(variable, raising=False)
    for kind, variable in (("clouds", "CONFIG_FILES"), ("secure", "SECURE_FILES"), ("clouds-public", "VENDOR_FILES")):
        files = [str(place / (kind + suffix)) for place in places for suffix in (".yaml", ".yml", ".json")]
        monkeypatch.setattr(loader, variable, files)

    def refuse(*arguments: Any) -> None:
        raise AssertionError("opening a cloud must not use the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)

    def write(text: str, name: str = "cwd/clouds.yaml") -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def error_of(name: str = "demo", region: str | None = None) -> UsageError:
    with pytest.raises(UsageError) as caught:
        open_cloud(name, region)
    return caught.value


def test_a_cloud_opens_without_a_request(clouds: Any) -> None:
    clouds(GOOD)
    connection = open_cloud("demo")
    assert connection.config.get_region_name() == "one"
    assert connection.session is not None


def test_every_region_of_a_cloud_can_be_opened_with_its_own_values(clouds: Any) -> None:
    clouds(GOOD)
    connection = open_cloud("demo", "two")
    assert (connection.config.get_region_name(), connection.session.timeout) == ("two", 7.0)


def test_the_file_named_in_the_environment_comes_first(
    clouds: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clouds(GOOD)
    clouds(GOOD.replace("demo:", "other:"), "mine.yaml")
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "mine.yaml"))
    assert open_cloud("other").config.name == "other"
    with pytest.raises(UsageError, match="there is no cloud `demo`"):
        open_cloud("demo")


def test_secrets_may_stand_in_a_file_of_their_own(clouds: Any) -> None:
    clouds(GOOD.replace("      password: canary-password\n", ""))
    clouds("clouds: {demo: {auth: {password: canary-of-secure-yaml}}}", "cwd/secure.yaml")
    assert "canary-of-secure-yaml" in secrets_of(open_cloud("demo"))


def test_a_vendor_profile_fills_in_what_a_cloud_leaves_out(clouds: Any) -> None:
    clouds(
        GOOD.replace("      auth_url: http://127.0.0.1:1/v3\n      username", "      username", 1).replace(
            "  demo:\n", "  demo:\n    profile: vendor\n"
        )
    )
    clouds("public-clouds: {vendor: {auth: {auth_url: 'http://vendor/v3'}}}", "cwd/clouds-public.yaml")
    assert facts(open_cloud("demo")).auth_url == "http://vendor/v3"


def test_a_session_of_the_callers_own_makes_every_request(clouds: Any) -> None:
    clouds(GOOD)

    class Session(keystoneauth1.session.Session):
        pass

    assert isinstance(open_cloud("demo", session_factory=Session).session, Session)
    plain = requests.Session()
    connection = open_cloud("demo", session_factory=functools.partial(keystoneauth1.session.Session, session=plain))
    assert connection.session.session is plain


def test_a_time_limit_for_requests_is_kept_unless_clouds_yaml_has_a_smaller_one(clouds: Any) -> None:
    clouds(GOOD)
    assert open_cloud("demo", timeout_s=5).session.timeout == 5
    assert open_cloud("demo", "two", timeout_s=30).session.timeout == 7


def test_facts_tell_how_the_cloud_is_reached_and_hold_no_secret(clouds: Any) -> None:
    clouds(GOOD.replace("http://127.0.0.1:1/v3", "http://user:hidden@127.0.0.1:1/v3"))
    told = facts(open_cloud("app"))
    assert (told.cloud, told.region, told.verify, told.auth_type) == ("app", "one", False, "v3applicationcredential")
    assert told.auth_url == "http://user:***@127.0.0.1:1/v3"
    assert facts(open_cloud("demo")).verify is True


def test_every_secret_of_a_cloud_is_known(clouds: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    clouds(GOOD)
    monkeypatch.setenv("http_proxy", "http://user:canary%21proxy@proxy:3128")
    assert secrets_of(open_cloud("demo")) == {"canary-password", "canary%21proxy", "canary!proxy"}
    assert "canary-secret" in secrets_of(open_cloud("app"))


def test_no_clouds_yaml_at_all_says_where_to_put_it(clouds: Any, tmp_path: Path) -> None:
    message = str(error_of())
    assert "no clouds.yaml was found for the cloud `demo`" in message
    assert f"{tmp_path}/home" in message and "OS_CLIENT_CONFIG_FILE" in message


def test_an_environment_that_names_no_file_is_told_so(clouds: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", "/nowhere/clouds.yaml")
    assert "OS_CLIENT_CONFIG_FILE names /nowhere/clouds.yaml, which does not exist" in str(error_of())


def test_an_unreadable_clouds_yaml_is_named(clouds: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = clouds(GOOD)
    monkeypatch.setattr("os.access", lambda *_: False)  # root reads everything
    assert f"`{path}` exists but cannot be read" in str(error_of())


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("clouds:\n  demo:\n    auth: {password: canary-x\n", 4, "no valid YAML"),
        ("clouds:\n\tdemo: 1\n", 2, "no valid YAML"),
        ("clouds:\n  demo:\n    auth: {password: !canary x}\n", 3, "a constructor for the tag"),
        ("clouds:\n  demo:\n    auth: {password: *canary}\n", 3, "undefined alias"),
        ("clouds:\n  demo:\n    auth: {password: !canary!x x}\n", 3, "undefined tag handle"),
        ("clouds:\n  demo:\n    auth: {password: !!int canary}\n", None, "invalid literal"),
        ("clouds:\n  demo:\n    auth: {password: !!bool canary}\n", None, "does not fit the tag before it"),
        ("clouds: [demo\ndemo: 1\n", 2, "expected ',' or ']', but got ':'"),
        ("", 1, "is empty"),
        ("- demo\n", 1, "no mapping"),
        ("clouds: [demo]\n", 1, "must map names to clouds"),
        ("clouds:\n  demo: yes\n", 2, "must be a mapping"),
        ("clouds:\n  demo:\n    auth: http://x\n", 3, "`auth` must be a mapping"),
        (GOOD.replace("      password: canary-password\n", ""), 3, "lacks `password`"),
        (GOOD.replace("password: canary-password", "password: 0123"), 6, "not take `password` for a text"),
        (GOOD.replace("      auth_url: http://127.0.0.1:1/v3\n", "", 1), 2, "lacks `auth_url`"),
        (GOOD.replace("      user_domain_name: Default\n", ""), 3, "lacks `user_domain_name` or `user_domain_id`"),
        (GOOD.replace("      project_name: demo\n", ""), 3, "lacks `project_name` or"),
        (GOOD.replace("  demo:\n", "  demo:\n    auth_type: pasword\n"), 2, "unknown auth_type `pasword`"),
    ],
)
def test_a_mistake_in_clouds_yaml_is_shown_at_its_line(clouds: Any, text: str, line: int | None, words: str) -> None:
    path = clouds(text)
    error = error_of()
    assert (error.file, error.line) == (str(path), line), str(error)
    assert words in error.message
    assert "canary" not in str(error)


def test_a_misspelt_cloud_gets_a_suggestion_and_the_list(clouds: Any) -> None:
    clouds(GOOD)
    message = str(error_of("dmeo"))
    assert "there is no cloud `dmeo`; did you mean `demo`?" in message
    assert "`demo`, `app`" in message


def test_a_misspelt_region_gets_a_suggestion_and_the_list(clouds: Any) -> None:
    clouds(GOOD)
    assert "has no region `tow`; did you mean `two`?" in str(error_of("demo", "tow"))


def test_an_application_credential_without_its_auth_type_gets_the_right_hint(clouds: Any) -> None:
    clouds(GOOD.replace("    auth_type: v3applicationcredential\n", ""))
    assert "Add `auth_type: v3applicationcredential`" in str(error_of("app"))


def test_what_openstacksdk_cannot_digest_is_our_users_error_not_a_traceback(clouds: Any) -> None:
    clouds(GOOD.replace("http://127.0.0.1:1/v3", "http://{nowhere}/v3"))
    assert "openstacksdk cannot read the cloud `demo`" in str(error_of())
