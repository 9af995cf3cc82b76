"""What makes Ansible record, without taking away what the operator has set."""

from __future__ import annotations

from pathlib import Path

import pytest
from stackprobe.recording import known_secrets
from stackprobe.recording.chronicle import Place
from stackprobe.recording.environment import PLUGIN, PLUGINS, Settings, for_ansible, settings


def test_the_plugin_is_added_to_what_the_environment_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    own = {"ANSIBLE_CALLBACK_PLUGINS": "/mine", "ANSIBLE_CALLBACKS_ENABLED": "timer"}
    assert for_ansible(own) == {
        "ANSIBLE_CALLBACK_PLUGINS": f"/mine:{PLUGINS}",
        "ANSIBLE_CALLBACKS_ENABLED": f"timer,{PLUGIN}",
    }
    assert for_ansible({})["ANSIBLE_CALLBACKS_ENABLED"] == PLUGIN


def test_what_ansible_cfg_says_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ansible.cfg").write_text(
        "[defaults]\ncallbacks_enabled = timer, profile_tasks\ncallback_plugins = own\n"
    )
    found = for_ansible({})
    assert found["ANSIBLE_CALLBACKS_ENABLED"] == f"timer, profile_tasks,{PLUGIN}"
    assert found["ANSIBLE_CALLBACK_PLUGINS"] == f"{tmp_path / 'own'}:{PLUGINS}"


def test_settings_survive_the_environment(tmp_path: Path) -> None:
    wanted = Settings(
        tmp_path, Place("demo", "eu", "production", "z1", ("stackprobe", "apimon")), True, count_rescued=True
    )
    assert settings(wanted.variables()) == wanted
    assert settings({}) is None


def test_secrets_of_environment_and_clouds_yaml_are_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    clouds = tmp_path / "clouds.yaml"
    clouds.write_text("clouds: {demo: {auth: {username: me, password: from-the-file}}}\n")
    broken = tmp_path / "secure.yaml"
    broken.write_text("{[")
    scrubber = known_secrets.scrubber({"OS_CLIENT_CONFIG_FILE": str(clouds), "OS_PASSWORD": "from-the-environment"})
    assert scrubber("me from-the-file from-the-environment") == "me *** ***"


def test_templates_and_ansibles_own_marks_are_no_secrets() -> None:
    scrubber = known_secrets.scrubber({})
    known_secrets.learn(scrubber, {"password": "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER", "token": "{{ vault_token }}"})
    text = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER {{ vault_token }}"
    assert scrubber(text) == text
