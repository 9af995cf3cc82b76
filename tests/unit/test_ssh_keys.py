"""A cloud's entry may hold private SSH keys; what is wrong with one is said without any of it."""

from __future__ import annotations

import argparse
import io
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openstack
import pytest
import yaml
from stackprobe import cli
from stackprobe.cloud import keys_of, open_cloud, secrets_of
from stackprobe.commands import run
from stackprobe.credentials import ssh_keys
from stackprobe.credentials.redactions import redactions
from stackprobe.engine.classify import StepError
from stackprobe.engine.ssh import keys
from stackprobe.errors import UsageError
from stackprobe.redact import Scrubber

AUTH = {
    "auth_url": "http://127.0.0.1:1/v3", "username": "demo", "password": "canary-password", "project_name": "demo",
    "user_domain_name": "Default", "project_domain_name": "Default",
}  # fmt: skip
KINDS = {
    "ed25519": ["-t", "ed25519"],
    "ecdsa": ["-t", "ecdsa"],
    "rsa": ["-t", "rsa", "-b", "2048"],
    "rsa of PEM": ["-t", "rsa", "-b", "2048", "-m", "PEM"],
    "ecdsa of PKCS8": ["-t", "ecdsa", "-m", "PKCS8"],
}
PROBES = """\
clouds:
  demo:
    options:
      guest_login:
        access: {host: bastion.example.org, user: probe, key: bastoin}
guests: true
"""
Keygen = Callable[..., str]
Clouds = Callable[..., Path]


@pytest.fixture(scope="module")
def keygen(tmp_path_factory: pytest.TempPathFactory) -> Keygen:
    """Makes a private key, its text."""

    def make(*options: str, passphrase: str = "") -> str:
        file = tmp_path_factory.mktemp("key") / "key"
        subprocess.run(["ssh-keygen", "-q", *options, "-N", passphrase, "-f", file], check=True)
        return file.read_text()

    return make


@pytest.fixture(scope="module")
def key(keygen: Keygen) -> str:
    return keygen("-t", "ed25519")


@pytest.fixture(scope="module")
def locked(keygen: Keygen) -> tuple[str, str]:
    """Keys with a passphrase, in OpenSSH's form and in PEM."""
    pem = keygen("-t", "rsa", "-b", "2048", "-m", "PEM", passphrase="canary")
    return keygen("-t", "ed25519", passphrase="canary"), pem


@pytest.fixture
def clouds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clouds:
    """Writes the clouds.yaml that is used, with the cloud demo."""
    file = tmp_path / "clouds.yaml"
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(file))
    monkeypatch.setenv("OS_CLIENT_SECURE_FILE", str(tmp_path / "secure.yaml"))

    def write(stackprobe: Any = None, secure: Any = None) -> Path:
        entry = {"auth": AUTH, **({} if stackprobe is None else {"stackprobe": stackprobe})}
        file.write_text(yaml.safe_dump({"clouds": {"demo": entry}}, sort_keys=False))
        if secure is not None:
            secure = {"clouds": {"demo": {"stackprobe": secure}}}
            (tmp_path / "secure.yaml").write_text(yaml.safe_dump(secure))
        return file

    return write


def body(key: str) -> list[str]:
    """The lines of a key that are secret."""
    return [line for line in key.splitlines() if not line.startswith("-----")]


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_of_every_usual_kind_and_form_is_the_one_it_was(kind: str, keygen: Keygen, tmp_path: Path) -> None:
    text = keygen(*KINDS[kind])
    (tmp_path / "key").write_text(text)
    (tmp_path / "key").chmod(0o600)
    public = subprocess.check_output(["ssh-keygen", "-y", "-f", tmp_path / "key"], text=True).split()[1]
    for written in (
        text,
        text.rstrip(),
        text.replace("\n", "\r\n"),
        "".join(f"  {line}\n" for line in text.split("\n")),
    ):
        assert ssh_keys.parse(written).get_base64() == public


@pytest.mark.parametrize("hold", [lambda key: (key, None), lambda key: (None, key)], ids=["clouds.yaml", "secure.yaml"])
def test_an_entry_holds_keys_whatever_their_names(clouds: Clouds, key: str, hold: Callable[..., Any]) -> None:
    given = {"ssh_keys": {"jump-host": key, "a.b_c": key}}
    clouds(*hold(given))
    connection = open_cloud("demo")
    assert set(ssh_keys.of(connection)) == set(keys_of("demo") or {}) == {"jump-host", "a.b_c"}
    assert keys.from_cloud(connection, "jump-host") == ssh_keys.parse(key)
    with pytest.raises(StepError, match=r"no key `jump_host`; its keys are `a.b_c`, `jump-host`"):
        keys.from_cloud(connection, "jump_host")


def test_openstacksdk_takes_no_notice_of_them(clouds: Clouds, key: str) -> None:
    clouds()
    without = openstack.connect(cloud="demo").config.config
    clouds({"ssh_keys": {"bastion": key}})
    connection = openstack.connect(cloud="demo")
    known = {name: value for name, value in connection.config.config.items() if name != "stackprobe"}
    assert known == without
    assert connection.config.get_auth_args() == AUTH


def test_a_cloud_that_is_not_here_has_none_and_one_without_the_key_has_no_names(clouds: Clouds) -> None:
    clouds()
    assert keys_of("elsewhere") is None
    assert keys_of("demo") == {}
    with pytest.raises(StepError, match="no key `bastion`; put it there"):
        keys.from_cloud(open_cloud("demo"), "bastion")


def bad_ones(key: str, locked: tuple[str, str]) -> dict[str, tuple[Any, str]]:
    """What may stand under the key by mistake, and what is said of it."""
    first, *rest = key.splitlines()
    public = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIcanary somebody"

    def held(text: Any) -> dict[str, Any]:
        return {"ssh_keys": {"bastion": text}}

    return {
        "text": ("canary", "`stackprobe` must be a mapping"),
        "nothing": ([], "`stackprobe` must be a mapping"),
        "misspelt": ({"ssh_key": {"bastion": key}}, "unknown key `ssh_key` in `clouds.demo.stackprobe`; did you mean"),
        "a key's line": ({body(key)[0]: None}, "unknown key in `clouds.demo.stackprobe`. What you may write there"),
        "one key": ({"ssh_keys": key}, "`ssh_keys` must map names to private keys"),
        "a list": ({"ssh_keys": [key]}, "`ssh_keys` must map names to private keys"),
        "a name": ({"ssh_keys": {"my host": key}}, "the name of a key in `ssh_keys` must be letters, digits"),
        "a number": ({"ssh_keys": {1: key}}, "the name of a key in `ssh_keys` must be letters, digits"),
        "empty": (held(""), "the key `bastion` in `ssh_keys` is empty"),
        "null": (held(None), "the key `bastion` in `ssh_keys` is empty"),
        "a mapping": (held({"key": key}), "the key `bastion` in `ssh_keys` is no text"),
        "a path": (held("/home/canary/.ssh/id"), "the key `bastion` in `ssh_keys` is no private key. Write `NAME: |`"),
        "public": (held(public), "the key `bastion` in `ssh_keys` is a public key. The private one belongs there"),
        "no first line": (held("\n".join(rest)), "the key `bastion` in `ssh_keys` is no private key. Write"),
        "cut": (held("\n".join([first, *rest[:2]])), "is no private key that can be read. Write `NAME: |`"),
        "a letter": (held(key.replace(rest[2][9:12], "===")), "is no private key that can be read"),
        "passphrase": (held(locked[0]), "has a passphrase. Give one without"),
        "passphrase in PEM": (
            held(locked[1]),
            "has a passphrase. Give one without",
        ),
    }  # fmt: skip


BAD = list(bad_ones("-----BEGIN\nx\ny\nzzzzzzzzzzzzzzzz\n", ("", "")))


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_key_is_told_by_its_line_and_never_shown(
    name: str, clouds: Clouds, key: str, locked: tuple[str, str], tmp_path: Path
) -> None:
    given, says = bad_ones(key, locked)[name]
    file = clouds(given)
    for ask in (open_cloud, keys_of):
        with pytest.raises(UsageError) as caught:
            ask("demo")
        error = caught.value
        assert says in str(error)
        assert error.file == str(file) and error.line and error.line > 1 and error.remedy
        shown = str(error)
        assert "canary" not in shown and not [line for line in body(key) if line in shown]
    secret = json.dumps({"clouds": {"demo": {"auth": AUTH, "stackprobe": given}}})
    assert login(tmp_path, secret) == (2 if name != "a number" else 0), "JSON makes a text of it"


def login(tmp_path: Path, secret: str, *options: str) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(secret.encode())))
        return cli.main(["login", "--to", str(tmp_path / "private" / "clouds.yaml"), *options])


def test_a_login_keeps_them_and_a_logout_leaves_none(
    tmp_path: Path, key: str, capfd: pytest.CaptureFixture[str]
) -> None:
    other = {"auth": AUTH, "stackprobe": {"ssh_keys": {"theirs": "no key at all"}}}
    clouds_yaml = {"clouds": {"demo": {"auth": AUTH}, "other": other}}
    secure = {"clouds": {"demo": {"stackprobe": {"ssh_keys": {"bastion": key}}}}}
    secret = {"clouds_yaml": yaml.safe_dump(clouds_yaml), "secure_yaml": yaml.safe_dump(secure)}
    assert login(tmp_path, json.dumps(secret), "--cloud", "demo") == 0
    file = tmp_path / "private" / "clouds.yaml"
    kept = yaml.safe_load(file.read_text())["clouds"]["demo"]["stackprobe"]
    assert kept == {"login": True, "ssh_keys": {"bastion": key}}
    assert cli.main(["logout", "--clouds-file", str(file)]) == 0
    assert not file.parent.exists()
    out, err = capfd.readouterr()
    assert not [line for line in body(key) if line in out + err]


# --- what probes.yaml names


def probes(tmp_path: Path, text: str = PROBES) -> Path:
    file = tmp_path / "probes.yaml"
    file.write_text(text)
    return file


@pytest.mark.parametrize("command", ["check", "run"])
def test_a_name_that_the_entry_does_not_have_is_told_where_it_stands(
    command: str, clouds: Clouds, key: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = probes(tmp_path)
    words = [str(file)] if command == "check" else ["--config", str(file), "--output", str(tmp_path / "out")]
    clouds({"ssh_keys": {"bastion": key}})
    assert cli.main([command, *words]) == 2
    assert (
        f"{file}:5:63: the entry of the cloud `demo` in clouds.yaml has no key `bastoin`; did you mean `bastion`? "
        "Its keys are `bastion`." in capfd.readouterr().err
    )
    clouds()
    assert cli.main([command, *words]) == 2
    assert "Put it there: `stackprobe: {ssh_keys: {NAME: …}}`." in capfd.readouterr().err
    clouds({"ssh_keys": {"bastoin": "canary"}})
    assert cli.main([command, *words]) == 2
    said = capfd.readouterr().err
    assert "clouds.yaml:12:" in said and "is no private key" in said and "canary" not in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("clouds: {demo: {}}\ncommon:\n  access: {host: b, user: u, key: k}\n", "3:35"),
        (
            "common: {access: {host: b, user: u, key: k}}\n"
            "clouds:\n  demo:\n    common:\n      access: {host: b, user: u, key: l}\n",
            "5:39",
        ),
        (
            "common: {access: {host: b, user: u, key: k}}\n"
            "clouds:\n  demo:\n    regions:\n      north:\n        options:\n"
            "          guest_cpu: {access: {host: b, user: u, key: l}}\n",
            "7:55",
        ),
    ],
    ids=["common", "common of a cloud", "region"],
)
def test_the_nearest_place_is_the_one(
    text: str, place: str, clouds: Clouds, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    clouds()
    file = probes(tmp_path, text)
    assert cli.main(["check", str(file)]) == 2
    said = capfd.readouterr().err
    assert f"{file}:{place}: the entry" in said
    assert said.count("the entry of the cloud") == (2 if "region" in text else 1)


def test_where_the_cloud_is_not_here_nothing_is_wrong_but_it_is_told(
    tmp_path: Path, clouds: Clouds, capfd: pytest.CaptureFixture[str]
) -> None:
    clouds()
    file = probes(tmp_path, PROBES.replace("demo", "elsewhere"))
    assert cli.main(["check", str(file)]) == 0
    assert "not checked: keys that `access` names, as no clouds.yaml here has the cloud `elsewhere`" in (
        capfd.readouterr().out
    )


def test_scenarios_that_do_not_run_need_no_key(tmp_path: Path, clouds: Clouds) -> None:
    clouds()
    parser = argparse.ArgumentParser()
    run.add_arguments(parser)
    words = ["--config", str(probes(tmp_path)), "--scenario"]
    assert run.resolve(parser.parse_args([*words, "identity"])).target.cloud == "demo"
    with pytest.raises(UsageError, match="has no key `bastoin`"):
        run.resolve(parser.parse_args([*words, "guest_login"]))


@pytest.mark.parametrize(
    ("access", "says"),
    [
        ("{host: b, user: u}", "5:9: `clouds.demo.options.guest_login.access` lacks `key_file` or `key`"),
        ("{host: b, user: u, key: k, key_file: f}", "access` has both `key_file` and `key`. Give one of them."),
        ("{host: b, key: k}", "5:9: `clouds.demo.options.guest_login.access` lacks `user`"),
        ("{host: b, user: u, kee: k}", "unknown key `kee` in `clouds.demo.options.guest_login.access`; did you mean"),
        ("{host: b, user: u, key: 5}", "5:41: `clouds.demo.options.guest_login.access.key` must be text"),
        ("jmup", "access` cannot be `jmup`; did you mean `jump`? It is one of `direct`, `jump`."),
    ],
)  # fmt: skip
def test_a_jump_host_that_is_badly_described_is_told_in_words(
    access: str, says: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    text = PROBES.replace("{host: bastion.example.org, user: probe, key: bastoin}", access)
    assert cli.main(["check", str(probes(tmp_path, text))]) == 2
    assert says in capfd.readouterr().err


# --- what is blacked out


@pytest.mark.parametrize("wrap", ["data", "text", "json", "one string", "broken", "broken in json", "without an end"])
def test_a_ci_is_told_every_line(wrap: str, key: str) -> None:
    data = {"clouds": {"demo": {"auth": AUTH, "stackprobe": {"ssh_keys": {"bastion": key}}}}}
    text = yaml.safe_dump(data, default_style="|")
    broken = text.replace(body(key)[1], f"\n{body(key)[1]}").replace("clouds", "clouds: [", 1)
    secret = {
        "data": data,
        "text": {"clouds_yaml": text},
        "json": {"clouds_yaml": json.dumps(data)},
        "one string": text,
        "broken": {"clouds_yaml": broken},
        "broken in json": json.dumps(data)[:-1],
        "without an end": {"clouds_yaml": broken[: broken.index("-----END")]},
    }[wrap]
    told = set(redactions(json.dumps([secret]).encode()))
    assert [line for line in body(key) if line not in told] == []
    assert not {"demo", "bastion", "clouds", AUTH["auth_url"]} & told


@pytest.mark.parametrize("broken", ["no first line", "ran together", "in a mapping", "a path"])
def test_what_stands_in_place_of_a_key_is_not_shown_either(broken: str, key: str) -> None:
    text: Any = {
        "no first line": "\n".join(body(key)),
        "ran together": " ".join(key.split("\n")),
        "in a mapping": {"private": key},
        "a path": "/home/somebody/.ssh/id_rsa",
    }[broken]
    data = {"clouds": {"demo": {"stackprobe": {"ssh_keys": {"bastion": text}}}}}
    told = set(redactions(json.dumps([data]).encode()))
    wanted = ["/home/somebody/.ssh/id_rsa"] if broken == "a path" else [one for one in body(key) if len(one) >= 16]
    assert set(wanted) <= told


def test_a_run_shows_no_line_of_it(clouds: Clouds, key: str) -> None:
    clouds({"ssh_keys": {"bastion": key}})
    scrub = Scrubber(secrets_of(open_cloud("demo")))
    for line in body(key):
        assert line not in scrub.text(f"somebody said {line}, and more")
    assert key not in scrub.text(f"somebody said {key}")


def test_other_keys_are_known_for_what_they_are_all_the_same(clouds: Clouds, key: str, keygen: Keygen) -> None:
    clouds({"ssh_keys": {"bastion": key}})
    scrub = Scrubber(secrets_of(open_cloud("demo")))
    other = keygen("-t", "ed25519")
    shown = scrub.text(f"a guest has {other} here")
    assert not [line for line in body(other) if line in shown]


@pytest.mark.parametrize("good", [True, False], ids=["good", "with a passphrase"])
def test_github_is_told_every_line_before_anything_else(
    good: bool, key: str, locked: tuple[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    text = key if good else locked[0]
    secret = yaml.safe_dump({"clouds": {"demo": {"auth": AUTH, "stackprobe": {"ssh_keys": {"bastion": text}}}}})
    assert login(tmp_path, secret, "--mask", "github") == (0 if good else 2)
    out, err = capfd.readouterr()
    masked = {line.removeprefix("::add-mask::") for line in out.splitlines() if line.startswith("::add-mask::")}
    assert set(body(text)) <= masked
    rest = err + "\n".join(line for line in out.splitlines() if not line.startswith("::add-mask::"))
    assert not [line for line in body(text) if line in rest]
