"""Stand-ins for the actions of GitHub that our workflows use, with the inputs that each knows."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.github.runner import artifacts, caches, pages, sources
from tests.github.runner.errors import ActionFailed, WorkflowError
from tests.github.runner.globs import absolute
from tests.github.runner.machine import Call

_CACHE = {"path": "", "key": "", "upload-chunk-size": "", "enableCrossOsArchive": "false"}
_RESTORE = {**_CACHE, "restore-keys": "", "fail-on-cache-miss": "false", "lookup-only": "false"}
_Action = Callable[[Call], dict[str, str]]


def check_out(call: Call) -> dict[str, str]:
    """actions/checkout: what the caller's repository, or another one that the test has, holds."""
    request, machine = call.job.request, call.job.machine
    repository = call.inputs["repository"] or request.repository
    if repository == request.repository:
        directory, sha = request.directory, call.inputs["ref"] or request.sha
    elif repository in request.repositories:
        directory, sha = request.repositories[repository], call.inputs["ref"]
    else:
        raise ActionFailed(f"repository '{repository}' not found")
    target = Path(absolute(call.inputs["path"] or ".", machine.workspace, machine.home))
    if not target.is_relative_to(machine.workspace):
        raise ActionFailed(f"Repository path '{target}' is not under '{machine.workspace}'")
    if target.exists():
        # The action removes what is there when it is no clone of this repository, on a fresh machine thus always.
        for entry in target.iterdir():
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    sources.copy(directory, target)
    call.out.say(f"Syncing repository: {repository}")
    return {"ref": call.inputs["ref"] or request.ref, "commit": sha}


def set_up_python(call: Call) -> dict[str, str]:
    """actions/setup-python: a Python of this machine, at the front of PATH."""
    if call.inputs["cache"]:
        raise WorkflowError("the runner of the tests has no `cache` of actions/setup-python")
    job, wanted = call.job, call.inputs["python-version"]
    given = call.job.request.python
    python = str(given) if given and wanted.startswith("3") else _find_python(wanted)
    command = [python, "-c", "import platform; print(platform.python_version())"]
    version = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    location = job.machine.tool_cache / "Python" / version / "x64"
    (location / "bin").mkdir(parents=True, exist_ok=True)
    for name in ("python", "python3", f"python{version.rpartition('.')[0]}"):
        link = location / "bin" / name
        link.unlink(missing_ok=True)
        link.symlink_to(python)
    for name in ("pip", "pip3"):
        script = location / "bin" / name
        script.write_text(f'#!/bin/sh\nexec {location}/bin/python -m pip "$@"\n')
        script.chmod(0o755)
    job.path += [str(location), str(location / "bin")]
    job.environment["pythonLocation"] = str(location)
    call.out.say(f"Successfully set up CPython ({version})")
    return {"python-version": version, "python-path": str(location / "bin" / "python"), "cache-hit": ""}


def _find_python(wanted: str) -> str:
    minor = re.fullmatch(r"(3\.\d+)(?:\.x|\.\d+)?|3(?:\.x)?", wanted)
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    if minor and minor[1] in (None, own):
        # Not the virtual environment of the tests, but the interpreter that it was made of.
        return os.path.realpath(os.path.join(sys.base_prefix, "bin", f"python{own}"))
    found = shutil.which(f"python{minor[1]}") if minor else None
    if not found:
        raise ActionFailed(f"The version '{wanted}' with architecture 'x64' was not found for this operating system.")
    return os.path.realpath(found)


#: Each stand-in with the inputs that its action knows and their defaults.
STAND_INS: Mapping[str, tuple[_Action, Mapping[str, str]]] = {
    "actions/checkout": (
        check_out,
        {"repository": "", "ref": "", "path": "", "token": "", "persist-credentials": "true", "fetch-depth": "1",
         "fetch-tags": "false", "submodules": "false", "clean": "true", "show-progress": "true"},
    ),
    "actions/setup-python": (
        set_up_python,
        {"python-version": "3.x", "cache": "", "check-latest": "false", "allow-prereleases": "false",
         "architecture": "", "token": "", "update-environment": "true"},
    ),
    "actions/cache": (caches.restore_and_save, _RESTORE),
    "actions/cache/restore": (caches.restore, _RESTORE),
    "actions/cache/save": (caches.save, _CACHE),
    "actions/upload-artifact": (
        artifacts.upload,
        {"name": "artifact", "path": "", "if-no-files-found": "warn", "retention-days": "", "compression-level": "6",
         "overwrite": "false", "include-hidden-files": "false"},
    ),
    "actions/download-artifact": (
        artifacts.download,
        {"name": "", "path": "", "pattern": "", "merge-multiple": "false"},
    ),
    "actions/deploy-pages": (
        pages.deploy,
        {"artifact_name": "github-pages", "token": "", "timeout": "600000", "error_count": "10",
         "reporting_interval": "5000", "preview": "false"},
    ),
}  # fmt: skip
