"""Past runs on a branch of a git repository.

The branch has one commit, without parents, so that the repository grows no further than what is kept. Each writer
replaces the commit that it has read by one of its own, on the condition that the branch still has the one it has read
(``--force-with-lease``): the server decides this at one moment. A writer that comes late reads anew and tries again.
"""

from __future__ import annotations

import functools
import json
import random
import re
import tempfile
import time
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from stackprobe.errors import UsageError
from stackprobe.history import layout
from stackprobe.keeping.folder import Busy, Maker, apply, files_of
from stackprobe.keeping.git import REMOTE, Git, GitFailed
from stackprobe.keeping.plan import Change, layout_is_exact

#: Says that a branch is one of ours: another one's history must not be lost.
MARKER = "stackprobe-data.json"
FORMAT = 1
_README = """# Past runs of stackprobe

`stackprobe keep` writes this branch and replaces its one commit each time. Do not merge it, and commit nothing to it.
"""
#: Questions to a repository that does not answer.
TRIES = 3
#: Longest pause between two tries, seconds.
LONGEST_PAUSE_S = 5.0

_BASE = "refs/keep/base"
_LATE = re.compile(
    r"stale info|fetch first|cannot lock ref|failed to (?:update|lock)|incorrect old value|already exists"
    r"|[Uu]nable to (?:create|lock)|but expected"
)


@dataclass(frozen=True)
class _State:
    """What the branch holds.

    :ivar commit: None where there is no such branch.
    :ivar blobs: git's name and the bytes of each file of an archive, by path.
    """

    commit: str | None
    blobs: Mapping[str, tuple[str, int]]


class Branch(AbstractContextManager["Branch"]):
    """A branch, as long as the context lasts: until then a repository of its own lies in a temporary directory.

    :param repository: its address or path; None: ``origin`` of the checkout that one is in.
    :param patience_s: how long to try again while others write.
    :param timeout_s: for one command of git.
    :raises UsageError: see :class:`stackprobe.keeping.git.Git`, or no branch can be called so.
    """

    def __init__(self, repository: str | None, branch: str, patience_s: float, timeout_s: float) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="stackprobe-keep-")
        self._patience_s = patience_s
        self._contents: dict[str, bytes] = {}
        self._ref, self._branch = f"refs/heads/{branch}", branch
        try:
            self._git = Git(Path(self._temporary.name, "repository"), repository, timeout_s)
            self._git("check-ref-format", "--branch", branch)
        except GitFailed as error:
            self._temporary.cleanup()
            raise UsageError(f"`{branch}` is no name of a branch: {error}", remedy="give another --branch") from None
        except BaseException:
            self._temporary.cleanup()
            raise
        self.where = f"the branch {branch} of {self._git.where}"

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._temporary.cleanup()

    def change(self, make: Maker) -> Change:
        """Make a change of what the branch holds, and carry it out; made anew each time that others were faster.

        :raises UsageError: the repository cannot be reached or refuses, or the branch is none of ours.
        :raises Busy: see there.
        """
        deadline, tries = time.monotonic() + self._patience_s, 0
        while True:
            state = self._fetched()
            sizes = {path: size for path, (_, size) in state.blobs.items()}
            change = make(sizes, functools.partial(self._read, state))
            if not change or self._pushed(state.commit, self._commit(state, change)):
                return change
            tries += 1
            if time.monotonic() > deadline:
                raise Busy(f"{self.where}: others were faster {tries} times")
            _pause(min(0.05 * 2**tries, LONGEST_PAUSE_S))

    def checkout(self, directory: Path) -> int:
        """Make a directory hold the files of an archive that the branch holds, and no other ones.

        :returns: how many there are.
        :raises UsageError: see :meth:`change`, or the directory cannot be written.
        """
        state = self._fetched()
        try:
            directory.mkdir(parents=True, exist_ok=True)
            there = files_of(directory)
            change = Change(removed=there.keys() - state.blobs.keys())
            for path in state.blobs:
                data = self._read(state, path)
                if path not in there or (directory / path).read_bytes() != data:
                    change.written[path] = data
            apply(directory, change)
        except OSError as error:
            raise UsageError(
                f"the branch cannot be written there: {error.strerror}",
                file=error.filename or directory,
                remedy="check permissions and free space",
            ) from error
        return len(state.blobs)

    def _fetched(self) -> _State:
        for tries in range(TRIES):
            try:
                if not self._git("ls-remote", "--refs", REMOTE, self._ref).strip():
                    return _State(None, {})
                self._git("fetch", "--quiet", "--no-tags", "--depth", "1", REMOTE, f"+{self._ref}:{_BASE}")
                return self._state(self._git("rev-parse", _BASE).decode().strip())
            except GitFailed as error:
                trouble = str(error)
            if tries + 1 < TRIES:
                _pause(2**tries)
        raise UsageError(
            f"{self.where} cannot be read: {trouble}", remedy="check --repository, the network, and git's credentials"
        )

    def _state(self, commit: str) -> _State:
        blobs, marker = {}, None
        for entry in self._git("ls-tree", "-r", "-l", "-z", commit).split(b"\0"):
            fields, _, name = entry.partition(b"\t")
            path = name.decode("utf-8", "surrogateescape")
            if not fields.startswith(b"100"):  # no file: a link, another repository
                continue
            _, _, blob, size = fields.decode().split()
            if path == MARKER:
                marker = blob
            elif layout_is_exact(path) and layout.parse(path):
                blobs[path] = (blob, int(size))
        self._check_marker(marker)
        return _State(commit, blobs)

    def _check_marker(self, blob: str | None) -> None:
        try:
            found = json.loads(self._git("cat-file", "blob", blob))["format"] if blob else None
        except (ValueError, KeyError, TypeError):
            found = None
        if found is None:
            raise UsageError(
                f"{self.where} was not made by `stackprobe keep`, which would replace all it holds",
                remedy="give another --branch",
            )
        if found != FORMAT:
            raise UsageError(f"a newer stackprobe has written {self.where}", remedy="use that one")

    def _read(self, state: _State, path: str) -> bytes:
        """A file's bytes; the first question reads all that are not known, since a process a file takes long."""
        blob = state.blobs[path][0]
        if blob not in self._contents:
            wanted = {one for one, _ in state.blobs.values()} - self._contents.keys()
            self._contents |= self._all(sorted(wanted))
        return self._contents[blob]

    def _all(self, blobs: Iterable[str]) -> dict[str, bytes]:
        output = self._git("cat-file", "--batch", data="".join(f"{blob}\n" for blob in blobs).encode())
        found, place = {}, 0
        while place < len(output):
            end = output.index(b"\n", place)
            blob, _, size = output[place:end].decode().split()
            found[blob] = output[end + 1 : end + 1 + int(size)]
            place = end + 2 + int(size)
        return found

    def _commit(self, state: _State, change: Change) -> str:
        written = dict(change.written)
        if state.commit is None:
            written |= {MARKER: json.dumps({"format": FORMAT}).encode() + b"\n", "README.md": _README.encode()}
        index = {"GIT_INDEX_FILE": str(Path(self._temporary.name, "index"))}
        self._git("read-tree", *([state.commit] if state.commit else ["--empty"]), env=index)
        lines = [f"0 {'0' * 40}\t{path}\0" for path in change.removed]
        for path, data in written.items():
            blob = self._git("hash-object", "-w", "--stdin", data=data).decode().strip()
            lines.append(f"100644 {blob}\t{path}\0")
        self._git("update-index", "-z", "--index-info", data="".join(lines).encode(), env=index)
        tree = self._git("write-tree", env=index).decode().strip()
        return self._git("commit-tree", tree, "-m", "Keep past runs\n\n[skip ci]").decode().strip()

    def _pushed(self, old: str | None, new: str) -> bool:
        """Whether the branch has the new commit in the place of the old one; else others were faster."""
        lease = f"--force-with-lease={self._ref}:{old or ''}"
        trouble = ""
        for tries in range(TRIES):
            try:
                self._git("push", "--porcelain", "--no-verify", lease, REMOTE, f"{new}:{self._ref}")
                return True
            except GitFailed as error:
                trouble = f"{error} {' '.join(line for line in error.output.splitlines() if line.startswith('!'))}"
                refused = "rejected]" in error.output
            now = self._head()
            if now == new:
                return True  # the answer got lost
            if now != old or _LATE.search(trouble):
                return False
            if refused:
                break
            _pause(2**tries)
        raise UsageError(
            f"{self.where} takes no runs: {trouble.strip()}",
            remedy="check that git's credentials may push there, and that no rule protects the branch",
        )

    def _head(self) -> str | None:
        try:
            return self._git("ls-remote", "--refs", REMOTE, self._ref).decode().partition("\t")[0].strip() or None
        except GitFailed as error:
            raise UsageError(
                f"{self.where} cannot be reached any more: {error}", remedy="try again: what is there counts once"
            ) from None


def _pause(longest_s: float) -> None:
    """Wait, each writer for another while, so that they do not meet again."""
    time.sleep(random.uniform(longest_s / 4, longest_s))  # noqa: S311  # no secret depends on it
