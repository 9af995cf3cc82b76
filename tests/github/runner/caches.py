"""Caches: the store that outlives a run, and the stand-ins for actions/cache and its two halves."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import subprocess
import tarfile
from pathlib import Path

from tests.github.runner.errors import ActionFailed
from tests.github.runner.globs import expand, lines
from tests.github.runner.machine import Call

KEY_LIMIT = 512


@dataclasses.dataclass(frozen=True)
class CacheStore:
    """The caches of a repository, in `directory`. A key is never written twice; another `path` is another cache."""

    directory: Path

    def keys(self) -> list[str]:
        """The keys of all entries, the oldest first."""
        return [key for _, _, key in self._entries()]

    def find(self, version: str, key: str, restore_keys: list[str]) -> tuple[str, Path] | None:
        """The matched key and the entry: the exact one, else the newest whose key begins with one of the keys."""
        entries = [(found, path) for path, its, found in self._entries() if its == version]
        for wanted in (key, *restore_keys):
            exact = [entry for entry in entries if entry[0] == wanted]
            begins = [entry for entry in entries if entry[0].startswith(wanted)]
            if exact or begins:
                return (exact or begins)[-1]
        return None

    def save(self, version: str, key: str, base: Path, files: list[Path]) -> bool:
        """Write an entry; False when the key is taken."""
        if any((its, found) == (version, key) for _, its, found in self._entries()):
            return False
        self.directory.mkdir(parents=True, exist_ok=True)
        number = len(list(self.directory.glob("*.tar")))
        with tarfile.open(self.directory / f"{number:06}.tar", "w") as tar:
            for file in files:
                tar.add(file, file.relative_to(base))
        (self.directory / f"{number:06}.json").write_text(json.dumps({"version": version, "key": key}))
        return True

    def _entries(self) -> list[tuple[Path, str, str]]:
        found = []
        for file in sorted(self.directory.glob("*.json")):
            entry = json.loads(file.read_text())
            found.append((file.with_suffix(".tar"), entry["version"], entry["key"]))
        return found


def restore(call: Call) -> dict[str, str]:
    """actions/cache/restore."""
    store, key = _store(call), _key(call)
    found = store.find(_version(call), key, lines(call.inputs["restore-keys"]))
    outputs = {"cache-primary-key": key, "cache-matched-key": found[0] if found else ""}
    if not found:
        if call.flag("fail-on-cache-miss"):
            raise ActionFailed(f"Failed to restore cache entry. Exiting as fail-on-cache-miss is set. Input key: {key}")
        call.out.say(f"Cache not found for input keys: {', '.join([key, *lines(call.inputs['restore-keys'])])}")
        return outputs
    if not call.flag("lookup-only"):
        unpack(found[1], call.job.machine.directory)
        call.out.say(f"Cache restored from key: {found[0]}")
    return {**outputs, "cache-hit": "true" if found[0] == key else "false"}


def save(call: Call) -> dict[str, str]:
    """actions/cache/save."""
    key, machine = _key(call), call.job.machine
    files = expand(call.inputs["path"], machine.workspace, machine.home)
    if not files:
        call.out.annotate(
            "warning",
            "Path Validation Error: Path(s) specified in the action for caching do(es) not exist, "
            "hence no cache is being saved.",
        )
    elif _store(call).save(_version(call), key, machine.directory, files):
        call.out.say(f"Cache saved with key: {key}")
    else:
        call.out.annotate(
            "warning",
            f"Failed to save: Unable to reserve cache with key {key}, another job may be creating this cache.",
        )
    return {}


def restore_and_save(call: Call) -> dict[str, str]:
    """actions/cache: restore now, save after the other steps when they succeeded and the key was not found."""
    outputs = restore(call)

    def post(later: Call) -> dict[str, str]:
        if outputs.get("cache-hit") == "true":
            later.out.say(f"Cache hit occurred on the primary key {call.inputs['key']}, not saving cache.")
            return {}
        return save(later)

    if not call.flag("lookup-only"):
        call.job.posts.append((call, post, "success()"))
    return outputs


def _store(call: Call) -> CacheStore:
    return CacheStore(call.job.request.caches or call.job.request.root / "caches")


def _key(call: Call) -> str:
    key = call.inputs["key"]
    if not key or not call.inputs["path"]:
        raise ActionFailed("Input required and not supplied: key or path")
    for one in (key, *lines(call.inputs.get("restore-keys", ""))):
        if len(one) > KEY_LIMIT or "," in one:
            raise ActionFailed(
                f"Key Validation Error: {one} cannot be larger than {KEY_LIMIT} characters or contain commas."
            )
    return key


def _version(call: Call) -> str:
    """GitHub tells caches of different paths apart by the text of `path`; a test's own directory is no part of it."""
    text = "\n".join(lines(call.inputs["path"])).replace(str(call.job.machine.directory), "")
    return hashlib.sha256(text.encode()).hexdigest()


def unpack(archive: Path, directory: Path) -> None:
    """By the program, as the genuine actions do it. Python's own wants an argument that 3.11.3 does not know."""
    subprocess.run(["tar", "--extract", f"--file={archive}", f"--directory={directory}"], check=True)
