"""Puts the credentials of a CI's secret in place: through the helper's standard input, never an argument or a log.

That happens in the pre-run playbook, which must not fail for it: Zuul would take that for a fault of its own. What was
in the way is kept for the run playbook, which fails with it.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from typing import Any

from zuul_build import LOGIN, Build

SECRET = "probe_clouds"  # noqa: S105 - the name of the variable that holds it
SECRETS = (SECRET, "probe_heartbeat")
"""All variables of a job that come from secrets."""
CLOUD_AT_FAULT = 1
MISSING = f"the secret is missing. Put `secrets: [{{name: {SECRET}, secret: …, pass-to-parent: true}}]` into your job."
PROBLEM = "problem"


class LoginFailed(Exception):
    """There are no credentials to work with; the message says why and what to do."""


def log_in(build: Build, secret: Any, options: Mapping[str, Any], environment: Mapping[str, str]) -> str:
    """Write the clouds.yaml of a build, and what :func:`kept` reads; the name of the cloud in it.

    Where Keystone itself is at fault, the password stays in place: the run then finds and reports that fault.

    :param secret: clouds.yaml as data or text, or None where the job was given no secret.
    :param options: ``cloud``, ``region``, and ``credentials``: ``token`` puts a short-lived token in the place of the
        password.
    :raises LoginFailed: the secret is missing or malformed, or the cloud refuses it.
    """
    command = [build.stackprobe, "login", "--to", str(build.clouds_file)]
    for option in ("cloud", "region"):
        if options[option]:
            command += [f"--{option}", options[option]]
    text = "" if secret is None else secret if isinstance(secret, str) else json.dumps(secret, default=str)
    exchange = options["credentials"] == "token"
    done = _call([*command, "--token"] if exchange else command, text, environment)
    if exchange and done.returncode == CLOUD_AT_FAULT:
        done = _call(command, text, environment)
    if done.returncode:
        raise LoginFailed(done.stderr.strip().removeprefix("stackprobe: ") or "the helper could not log in")
    (build.home / LOGIN).write_text(done.stdout, encoding="utf-8")
    return str(json.loads(done.stdout)["cloud"])


def keep_problem(build: Build, message: str) -> None:
    """Let :func:`kept` fail with this message."""
    (build.home / LOGIN).write_text(json.dumps({PROBLEM: message}), encoding="utf-8")


def kept(build: Build) -> str:
    """The name of the cloud for which a build has credentials.

    :raises LoginFailed: there are none; the message says why and what to do.
    """
    try:
        login = json.loads((build.home / LOGIN).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise LoginFailed(MISSING) from None
    if PROBLEM in login:
        raise LoginFailed(login[PROBLEM])
    return str(login["cloud"])


def _call(command: list[str], text: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, input=text, capture_output=True, text=True, env=dict(environment), check=False)
    except OSError as error:
        raise LoginFailed(f"{command[0]} cannot be started: {error}") from error
