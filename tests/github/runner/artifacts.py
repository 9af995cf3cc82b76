"""The stand-ins for actions/upload-artifact and actions/download-artifact, as of their versions 4 and later."""

from __future__ import annotations

import fnmatch
import hashlib
import os
import shutil
from pathlib import Path

from tests.github.runner.errors import ActionFailed
from tests.github.runner.globs import absolute, expand, lines, root
from tests.github.runner.machine import Call, Machine

FORBIDDEN_IN_PATHS = '":<>|*?\r\n'
FORBIDDEN_IN_NAMES = FORBIDDEN_IN_PATHS + "\\/"


def upload(call: Call) -> dict[str, str]:
    """Copy the files to the artifacts of the run."""
    name, missing = call.inputs["name"], call.inputs["if-no-files-found"]
    if missing not in ("warn", "error", "ignore"):
        raise ActionFailed(
            f"Unrecognized if-no-files-found input. Provided: {missing}. Available options: warn,error,ignore"
        )
    if not call.inputs["path"].strip():
        raise ActionFailed("Input required and not supplied: path")
    _check(name, FORBIDDEN_IN_NAMES, "artifact name")
    base, files = _files(call.inputs["path"], call.job.machine, call.flag("include-hidden-files"))
    if not files:
        message = (
            f"No files were found with the provided path: {call.inputs['path'].strip()}. No artifacts will be uploaded."
        )
        if missing == "error":
            raise ActionFailed(message)
        if missing == "warn":
            call.out.annotate("warning", message)
        else:
            call.out.say(message)
        return {}
    for file in files:
        _check(str(file.relative_to(base)), FORBIDDEN_IN_PATHS, "path for one of the files in artifact")
    target = call.job.run.artifacts / name
    if target.exists() and not call.flag("overwrite"):
        raise ActionFailed(
            "Failed to CreateArtifact: Received non-retryable error: Failed request: (409) Conflict: an artifact with "
            "this name already exists on the workflow run"
        )
    if target.exists():
        shutil.rmtree(target)
    digest = hashlib.sha256()
    for file in files:
        copy = target / file.relative_to(base)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
        digest.update(file.read_bytes())
    call.out.say(f"Artifact {name} has been successfully uploaded! It has {len(files)} files")
    number = str(len(list(call.job.run.artifacts.iterdir())))
    run_id = call.job.request.run_id
    url = f"https://github.com/{call.job.request.repository}/actions/runs/{run_id}/artifacts/{number}"
    return {"artifact-id": number, "artifact-url": url, "artifact-digest": digest.hexdigest()}


def download(call: Call) -> dict[str, str]:
    """Copy artifacts of the run: the one with the name, or a directory for each of those that the pattern matches."""
    name, pattern, machine = call.inputs["name"], call.inputs["pattern"], call.job.machine
    target = Path(absolute(call.inputs["path"] or ".", machine.workspace, machine.home))
    there = sorted(path.name for path in call.job.run.artifacts.iterdir())
    if name:
        if name not in there:
            raise ActionFailed(f"Unable to download artifact(s): Artifact not found for name: {name}")
        found, places = [name], [target]
    else:
        found = fnmatch.filter(there, pattern) if pattern else there
        places = [target if call.flag("merge-multiple") else target / one for one in found]
    for one, place in zip(found, places, strict=True):
        shutil.copytree(call.job.run.artifacts / one, place, dirs_exist_ok=True)
    call.out.say(f"Total of {len(found)} artifact(s) downloaded")
    return {"download-path": str(target)}


def _check(text: str, forbidden: str, what: str) -> None:
    for character in forbidden:
        if not text or character in text:
            raise ActionFailed(f"The {what} is not valid: {text}. Contains the following character: {character!r}")


def _files(text: str, machine: Machine, hidden: bool) -> tuple[Path, list[Path]]:
    """The directory that becomes the root of the artifact, and its files."""
    patterns = [absolute(line, machine.workspace, machine.home) for line in lines(text) if not line.startswith("!")]
    excluded = "\n".join(line[1:] for line in lines(text) if line.startswith("!"))
    without = [one for path in expand(excluded, machine.workspace, machine.home) for one in (path, *_below(path))]
    files: dict[Path, None] = {}
    for pattern in patterns:
        start = root(pattern)
        for match in expand(pattern, machine.workspace, machine.home):
            for file in (match, *_below(match)):
                # The search drops each hidden thing that it meets, the one where it begins too.
                seen = file.relative_to(start.parent).parts
                if (
                    file.is_file()
                    and file not in without
                    and (hidden or not any(part.startswith(".") for part in seen))
                ):
                    files[file] = None
    roots = [root(pattern) for pattern in patterns]
    if len(roots) > 1:
        base = Path(os.path.commonpath(roots))
        return (base if base.is_dir() else base.parent), list(files)
    single = list(files) == roots
    return (roots[0].parent if single else roots[0]), list(files)


def _below(path: Path) -> list[Path]:
    return sorted(path.rglob("*")) if path.is_dir() else []
