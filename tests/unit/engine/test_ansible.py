"""How Ansible is started: with settings of ours only, without secrets, and it leaves nothing behind."""

from __future__ import annotations

import configparser
import json
import os
import stat
import sys
from pathlib import Path

import psutil
import pytest
from stackprobe import ansible
from stackprobe.errors import UsageError

TELL = """#!{python}
import json, os, sys
json.dump({{"environment": dict(os.environ), "words": sys.argv[1:]}}, open({told!r}, "w"))
{more}
"""


def program(place: Path, more: str = "") -> Path:
    """Something that tells how it was started, in the place of ansible-playbook."""
    path = place / "ansible-playbook"
    path.write_text(TELL.format(python=sys.executable, told=str(place / "told"), more=more))
    path.chmod(0o755)
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    (tmp_path / "out").mkdir()
    return tmp_path / "home"


def start(program: Path, home: Path) -> ansible.Ansible:
    return ansible.Ansible(str(program), [Path("/a"), Path("/b")], home / "socket", home, home.parent / "out", forks=7)


def test_its_settings_are_ours_alone(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANSIBLE_FORKS", "ANSIBLE_CONFIG", "ANSIBLE_STDOUT_CALLBACK", "OS_PASSWORD", "OS_TOKEN"):
        monkeypatch.setenv(name, "canary")
    monkeypatch.setenv("OS_APPLICATION_CREDENTIAL_SECRET", "canary")
    with start(program(tmp_path), home) as one:
        assert one.wait(20) == 0
    told = json.loads((tmp_path / "told").read_text())
    assert "canary" not in told["environment"].values()
    assert told["environment"][ansible.SOCKET_VARIABLE] == str(home / "socket")
    assert len(told["words"]) == 1 and told["words"][0].endswith("playbooks/probe/run.yaml")
    settings = configparser.ConfigParser()
    settings.read(told["environment"]["ANSIBLE_CONFIG"])
    assert settings["defaults"]["forks"] == "7" and settings["defaults"]["roles_path"] == "/a:/b"
    assert settings["defaults"]["home"].startswith(str(home))


def test_its_log_is_private_and_gives_its_last_words(home: Path, tmp_path: Path) -> None:
    with start(program(tmp_path, "print('one\\ntwo'); sys.exit(4)"), home) as one:
        assert one.wait(20) == 4
        assert one.last_words() == "one two"
        assert stat.S_IMODE(os.stat(one.log).st_mode) == 0o600


def test_nothing_of_it_outlives_the_run(home: Path, tmp_path: Path) -> None:
    more = "import signal, subprocess, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    more += f"child = subprocess.Popen(['sleep', '60']); open({str(tmp_path / 'pid')!r}, 'w').write(str(child.pid))\n"
    more += f"open({str(tmp_path / 'ready')!r}, 'w').close(); sys.exit(0)"
    with start(program(tmp_path, more), home) as one:
        assert one.wait(20) == 0 and (tmp_path / "ready").exists()
        child = psutil.Process(int((tmp_path / "pid").read_text()))
    psutil.wait_procs([child], timeout=5)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_an_ansible_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Correct --ansible-playbook"):
        ansible.find("/nowhere/ansible-playbook")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="Install ansible-core"):
        ansible.find()


def test_the_one_beside_this_python_comes_before_that_of_the_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    beside = program(tmp_path)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert ansible.find() == str(beside)
