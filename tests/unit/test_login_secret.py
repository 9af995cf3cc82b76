"""``stackprobe login`` keeps one cloud of a CI's secret for its owner alone, and shows none of it when it fails."""

from __future__ import annotations

import io
import json
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from stackprobe import cli
from stackprobe.cloud import facts, open_cloud

from tests.support.authority import authority

DEMO: dict[str, Any] = {
    "auth": {
        "auth_url": "http://127.0.0.1:1/v3",
        "username": "demo",
        "password": "canary-password",
        "project_name": "demo",
        "user_domain_name": "Default",
        "project_domain_name": "Default",
    },
    "regions": ["one", {"name": "two", "values": {"api_timeout": 7}}],
}
APP: dict[str, Any] = {
    "auth_type": "v3applicationcredential",
    "region_name": "one",
    "interface": "internal",
    "auth": {
        "auth_url": "http://127.0.0.1:1/v3",
        "application_credential_id": "an-id",
        "application_credential_secret": "canary-secret",
    },
}
TWO = {"clouds": {"demo": DEMO, "app": APP}}
ONE = {"clouds": {"demo": DEMO}}


class Login:
    """Runs the command with a secret on its standard input."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
        self.file = home / "private" / "clouds.yaml"
        self._monkeypatch, self._capfd = monkeypatch, capfd

    def __call__(self, secret: Any, *options: str) -> tuple[int, str, str]:
        """Exit code, standard output, standard error."""
        text = secret if isinstance(secret, (str, bytes)) else json.dumps(secret)
        raw = text if isinstance(text, bytes) else text.encode()
        self._monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(raw)))
        code = cli.main(["login", "--to", str(self.file), *options])
        out, err = self._capfd.readouterr()
        assert "canary" not in out + err
        return code, out, err

    def refused(self, secret: Any, *options: str) -> str:
        """The one error, after which nothing is on disk."""
        code, out, err = self(secret, *options)
        assert (code, out) == (2, "")
        assert err.startswith("stackprobe: ") and err.count("\n") == 1, err
        assert not self.file.parent.exists()
        return err

    def kept(self) -> dict[str, Any]:
        """The clouds in the file."""
        clouds: dict[str, Any] = yaml.safe_load(self.file.read_text())["clouds"]
        return clouds


@pytest.fixture
def login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Login:
    for variable in [name for name in os.environ if name.startswith("OS_")]:
        monkeypatch.delenv(variable)
    return Login(tmp_path, monkeypatch, capfd)


@pytest.fixture(scope="module")
def ca() -> tuple[str, str]:
    """Certificate and private key of an authority, as PEM."""
    return authority()


@pytest.mark.parametrize(
    "secret",
    [
        TWO,
        yaml.safe_dump(TWO),
        {"clouds_yaml": yaml.safe_dump(TWO)},
        yaml.safe_dump({"clouds_yaml": yaml.safe_dump(TWO)}, default_style="|"),
        {"clouds_yaml": TWO},
        json.dumps(yaml.safe_dump(TWO)),
        "\ufeff" + yaml.safe_dump(TWO),
    ],
    ids=["json", "yaml", "text in json", "text in yaml", "mapping in it", "only a text", "byte order mark"],
)
def test_only_the_wanted_cloud_is_kept_whatever_the_wrapping(login: Login, secret: Any) -> None:
    code, out, _ = login(secret, "--cloud", "app")
    assert code == 0
    assert json.loads(out) == {"cloud": "app", "region": "one", "auth_type": "v3applicationcredential", "expires": None}
    assert out.count("\n") == 1
    marker = login.kept()["app"].pop("stackprobe")
    assert marker and login.kept().keys() == {"app"}
    assert {key: value for key, value in login.kept()["app"].items() if key != "stackprobe"} == APP


def test_the_only_cloud_needs_no_name_and_several_do(login: Login) -> None:
    assert "choose one of `demo`, `app` with --cloud" in login.refused(TWO).lower()
    assert login(ONE)[0] == 0
    assert login.kept().keys() == {"demo"}


@pytest.mark.parametrize(
    "password", ["canary-ä-€-😀", 'canary " \\ \\ud83d: #{', "canary\x7f\t\r\n\x85", "0123", "1e5", "yes"]
)
def test_a_password_of_any_characters_is_kept_as_it_is(login: Login, password: str) -> None:
    cloud = {**DEMO, "auth": {**DEMO["auth"], "password": password}}
    assert login({"clouds": {"demo": cloud}})[0] == 0
    assert login.kept()["demo"]["auth"]["password"] == password


def test_the_file_is_for_its_owner_alone_from_its_first_moment(login: Login) -> None:
    seen: set[int] = set()
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            for path in [login.file.parent, *login.file.parent.glob("*"), *login.file.parent.glob(".*")]:
                try:
                    seen.add(stat.S_IMODE(path.stat().st_mode))
                except OSError:
                    continue

    watcher = threading.Thread(target=watch)
    watcher.start()
    before = os.umask(0)
    try:
        assert login(ONE)[0] == 0
    finally:
        os.umask(before)
        over.set()
        watcher.join()
    assert stat.S_IMODE(login.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(login.file.parent.stat().st_mode) == 0o700
    assert seen <= {0o600, 0o700}


def test_an_empty_directory_is_made_private_and_one_in_which_others_write_is_refused(login: Login) -> None:
    login.file.parent.mkdir()
    login.file.parent.chmod(0o777)
    assert login(ONE)[0] == 0
    assert stat.S_IMODE(login.file.parent.stat().st_mode) == 0o700
    login.file.parent.chmod(0o777)
    login.file = login.file.with_name("other.yaml")
    code, _, err = login(ONE)
    assert code == 2 and "others can write in this directory" in err and not login.file.exists()


@pytest.mark.parametrize("kind", ["file", "link"])
def test_a_file_that_exists_is_left_alone(login: Login, tmp_path: Path, kind: str) -> None:
    login.file.parent.mkdir()
    mine = tmp_path / "mine.yaml"
    mine.write_text("mine")
    if kind == "file":
        login.file.write_text("mine")
    else:
        login.file.symlink_to(mine)
    code, _, err = login(ONE)
    assert code == 2 and "exists already" in err and "stackprobe logout" in err
    assert login.file.read_text() == mine.read_text() == "mine"


def test_the_kept_cloud_opens_as_in_a_run(login: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    assert json.loads(login(ONE, "--region", "two")[1])["region"] == "two"
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(login.file))
    connection = open_cloud("demo")
    assert facts(connection).region == "two" and connection.session.timeout == 7
    assert connection.config.config["auth"]["password"] == "canary-password"


def test_all_regions_are_kept_unless_one_is_wanted(login: Login) -> None:
    assert json.loads(login(ONE)[1])["region"] == "one"
    assert login.kept()["demo"]["regions"] == DEMO["regions"]


def test_a_region_is_noted_where_the_secret_lists_none(login: Login) -> None:
    cloud = {key: value for key, value in DEMO.items() if key != "regions"}
    assert login({"clouds": {"demo": cloud}}, "--region", "three")[0] == 0
    assert login.kept()["demo"]["region_name"] == "three"


def test_the_environment_of_the_runner_plays_no_part(login: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_PASSWORD", "canary-of-the-environment")
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", "/nowhere/clouds.yaml")
    without = {key: value for key, value in DEMO["auth"].items() if key != "password"}
    assert "lacks `password`" in login.refused({"clouds": {"demo": {**DEMO, "auth": without}}})
    assert login(ONE)[0] == 0


def test_secure_yaml_is_merged(login: Login) -> None:
    without = {key: value for key, value in DEMO["auth"].items() if key != "password"}
    clouds = {"clouds": {"demo": {**DEMO, "auth": without}}}
    secure = {"clouds": {"demo": {"auth": {"password": "canary-of-secure"}}, "other": {}}}
    assert login({"clouds_yaml": yaml.safe_dump(clouds), "secure_yaml": yaml.safe_dump(secure)})[0] == 0
    assert login.kept()["demo"]["auth"] == {**DEMO["auth"], "password": "canary-of-secure"}


@pytest.mark.parametrize("where", ["secret", "entry", "beside a path"])
def test_a_private_ca_is_written_beside_it(login: Login, ca: tuple[str, str], where: str) -> None:
    entry = {**DEMO, "cacert": {"entry": ca[0], "beside a path": "/home/me/ca.pem"}.get(where)}
    assert login({"clouds": {"demo": entry}, **({} if where == "entry" else {"cacert": ca[0]})})[0] == 0
    file = login.file.with_name("ca.pem")
    assert file.read_text() == ca[0] and stat.S_IMODE(file.stat().st_mode) == 0o600
    assert login.kept()["demo"]["cacert"] == str(file)


def test_a_ca_of_this_machine_is_kept(login: Login, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here.pem").write_text("")
    monkeypatch.chdir(tmp_path)
    assert login({"clouds": {"demo": {**DEMO, "cacert": "here.pem"}}})[0] == 0
    assert login.kept()["demo"]["cacert"] == str(tmp_path / "here.pem")


def test_a_ca_that_is_not_here_says_how_to_bring_it(login: Login) -> None:
    error = login.refused({"clouds": {"demo": {**DEMO, "cacert": "/home/me/ca.pem"}}})
    assert "does not exist here" in error and "to the secret as `cacert`" in error


def test_the_private_key_of_a_ca_is_refused(login: Login, ca: tuple[str, str]) -> None:
    assert "holds a private key" in login.refused({**ONE, "cacert": "".join(ca)})


@pytest.mark.parametrize(
    "cacert", ["canary", "-----BEGIN CERTIFICATE-----\ncanary\n-----END CERTIFICATE-----", 5, ["canary"]]
)
def test_what_is_no_certificate_is_refused(login: Login, cacert: Any) -> None:
    assert "-----BEGIN CERTIFICATE-----" in login.refused({**ONE, "cacert": cacert})


@pytest.mark.parametrize("nothing", ["", " \n", "null", "{}", '""', "[]", "--- \n", b"\xef\xbb\xbf"])
def test_a_missing_secret_says_what_the_job_lacks(login: Login, monkeypatch: pytest.MonkeyPatch, nothing: Any) -> None:
    monkeypatch.setenv("STACKPROBE_CI", "zuul")
    error = login.refused(nothing)
    assert "the secret is missing" in error
    assert "secrets: [{name: probe_clouds, secret: …, pass-to-parent: true}]" in error


@pytest.mark.parametrize(("variable", "word"), [("GITLAB_CI", "variable of type File"), ("", "pipe a clouds.yaml in")])
def test_a_missing_secret_is_told_in_the_words_of_the_ci(
    login: Login, monkeypatch: pytest.MonkeyPatch, variable: str, word: str
) -> None:
    for name in ("STACKPROBE_CI", "GITHUB_ACTIONS", "GITLAB_CI"):
        monkeypatch.delenv(name, raising=False)
    if variable:
        monkeypatch.setenv(variable, "true")
    assert word.lower() in login.refused("").lower()


def _entry(**changes: Any) -> dict[str, Any]:
    return {"clouds": {"demo": {**DEMO, **changes}}}


def _auth(**changes: Any) -> dict[str, Any]:
    return _entry(auth={key: value for key, value in {**DEMO["auth"], **changes}.items() if value is not None})


@pytest.mark.parametrize(
    ("secret", "options", "words"),
    [
        ("clouds:\n  demo:\n    auth: {password: canary-x\n", (), "the secret:4: the secret is no valid YAML"),
        ("clouds:\n  demo: {auth: {password: *canary}}\n", (), "the secret:2: the secret is no valid YAML"),
        ("clouds:\n  demo: {auth: {password: !canary x}}\n", (), "the secret:2: the secret is no valid YAML"),
        ("{canary", (), "the secret is no valid YAML"),
        ({"clouds_yaml": "clouds:\n  demo:\n    auth: {password: *canary}\n"}, (), "clouds_yaml of the secret:3:"),
        (b"clouds: \xff canary", (), "not UTF-8"),
        ("x" * (1 << 20) + "canary", (), "larger than 1 MiB"),
        ("canary", (), "no mapping"),
        (["canary"], (), "no mapping"),
        ({"auth": {"password": "canary"}}, (), "no `clouds` in the secret"),
        ({"clouds_yaml": "canary: 1"}, (), "no `clouds` in clouds_yaml of the secret"),
        ({"clouds_yaml": "canary"}, (), "`clouds_yaml` of the secret is no mapping"),
        ({"clouds_yaml": ""}, (), "`clouds_yaml` of the secret is empty"),
        ({"clouds_yaml": None}, (), "`clouds_yaml` of the secret is empty"),
        ({"clouds": "clouds: {canary: {}}"}, (), "Call the text of a clouds.yaml `clouds_yaml`"),
        ({"clouds": {}}, (), "holds no cloud"),
        ({"clouds": ["canary"]}, (), "holds no cloud"),
        ({**ONE, "clouds_yaml": yaml.safe_dump(ONE)}, (), "both `clouds` and `clouds_yaml`"),
        ({**ONE, "secure_yaml": "canary"}, (), "`secure_yaml` of the secret is no mapping"),
        (TWO, ("--cloud", "dmeo"), "no cloud `dmeo`; did you mean `demo`? The clouds there are `demo`, `app`"),
        (ONE, ("--region", "tow"), "no region `tow`; did you mean `two`? Its regions are `one`, `two`"),
        ({"clouds": {"demo": "canary"}}, (), "must be a mapping"),
        ({"clouds": {"demo": None}}, (), "must be a mapping"),
        (_entry(auth="canary"), (), "`auth` must be a mapping"),
        (_auth(password=None), (), "lacks `password`"),
        (_auth(auth_url=None), (), "lacks `auth_url`"),
        (_auth(user_domain_name=None, project_domain_name=None), (), "lacks `user_domain_name`"),
        (_entry(auth_type="pasword"), (), "unknown auth_type `pasword`"),
        (_entry(profile="vexhots"), (), "unknown vendor profile `vexhots`; did you mean `vexxhost`?"),
        (_entry(profile="http://127.0.0.1:1"), (), "the vendor profile of the cloud `demo` cannot be fetched"),
        (_entry(cert="/home/me/canary.pem"), (), "`cert` of the cloud `demo` names a file that does not exist here"),
        (_auth(auth_url="http://{canary}/v3"), (), "openstacksdk cannot read the cloud `demo` (KeyError)"),
        (_auth(**{"password:canary": "x"}), (), "a key of `auth` runs into its value"),
        (_auth(**{"canary": "x"}), (), "openstacksdk cannot read the cloud `demo` (TypeError)"),
        ("clouds:\n  demo:\n    auth:\n      password: 0123\n", (), "the secret:4:17: YAML does not take `password`"),
    ],
)
def test_a_malformed_secret_is_one_clear_message_that_shows_none_of_it(
    login: Login, secret: Any, options: tuple[str, ...], words: str
) -> None:
    assert words in login.refused(secret, *options)


def test_a_terminal_is_not_waited_for(login: Login, monkeypatch: pytest.MonkeyPatch, capfd: Any) -> None:
    class Terminal(io.TextIOWrapper):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal(io.BytesIO()))
    assert cli.main(["login", "--to", str(login.file)]) == 2
    assert "the secret is missing" in capfd.readouterr().err


def test_a_disk_that_fails_leaves_nothing(login: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    real: Callable[[int], None] = os.fsync

    def full(descriptor: int) -> None:
        real(descriptor)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    assert "No space left on device" in login.refused(ONE)
