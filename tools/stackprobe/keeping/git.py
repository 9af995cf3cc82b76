"""Running git in a repository of its own, with the credentials that git has where the command was started.

Nothing secret stands in an argument or in a message: addresses and headers travel in the environment, as configuration
(``GIT_CONFIG_COUNT`` and its like), which a process shows to its own user alone.
"""

from __future__ import annotations

import base64
import contextlib
import os
import re
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit

from stackprobe.errors import UsageError
from stackprobe.outputs.clean import one_line
from stackprobe.redact import Scrubber, userinfo_secrets

#: A token for the repository's server, and the user name that goes with it, where that matters.
TOKEN, USER = "STACKPROBE_GIT_TOKEN", "STACKPROBE_GIT_USER"
#: The name of the remote repository in the one of our own.
REMOTE = "data"

#: What a checkout's own configuration says of how to reach servers, such as the token that a CI has put there.
_TRANSPORT = re.compile(r"(?:http|credential|url|ssh|protocol)\..*|core\.(?:sshcommand|askpass)", re.IGNORECASE)
_LOCAL = (
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES"),
    *("GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_PREFIX", "GIT_CONFIG", "GIT_CURL_VERBOSE"),
)


class GitFailed(Exception):
    """A git command failed.

    :ivar output: its standard output.
    """

    def __init__(self, message: str, output: str = "") -> None:
        super().__init__(message)
        self.output = output


class Git:
    """Commands in one bare repository that is made here.

    :param directory: where; it must not exist or be empty.
    :param remote: the address or path of the remote repository, or None for ``origin`` of the checkout one is in.
    :param timeout_s: for one command.
    :raises UsageError: there is no git, no such repository, or the address holds a password.
    """

    def __init__(
        self, directory: Path, remote: str | None, timeout_s: float, environment: Mapping[str, str] = os.environ
    ) -> None:
        self._directory, self._timeout_s = directory, timeout_s
        env = {
            name: value
            for name, value in environment.items()
            if name not in (*_LOCAL, TOKEN, USER) and not name.startswith("GIT_TRACE")
        }
        env |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
        for who in ("AUTHOR", "COMMITTER"):
            env |= {f"GIT_{who}_NAME": "stackprobe", f"GIT_{who}_EMAIL": "stackprobe@localhost"}
        self._environment = env
        self._scrub = Scrubber()
        settings = self._inherited()
        url = _checked(remote) if remote is not None else self._origin()
        token = environment.get(TOKEN, "")
        if token:
            login = f"{environment.get(USER) or 'x-access-token'}:{token}"
            header = "Authorization: Basic " + base64.b64encode(login.encode()).decode()
            settings = [(name, value) for name, value in settings if not name.endswith(".extraheader")]
            settings.append((f"http.{_server(url)}.extraheader", header))
            self._scrub.add(token)
        for name, value in settings:
            if name.endswith(".extraheader"):
                self._scrub.add(value.rpartition(" ")[2])
        for secret in userinfo_secrets(url):
            self._scrub.add(secret)
        self.where = self._scrub.text(url)
        if not self._has_ssh_command():
            env.setdefault("GIT_SSH_COMMAND", "ssh -o BatchMode=yes")
        settings += [(f"remote.{REMOTE}.url", url), ("core.hooksPath", os.devnull), ("gc.auto", "0")]
        self._configure(settings)
        self("init", "--quiet", "--bare", "--template=", str(directory), inside=False)

    def __call__(
        self, *arguments: str, data: bytes | None = None, inside: bool = True, env: Mapping[str, str] | None = None
    ) -> bytes:
        """Run a command and return its standard output.

        :param data: its standard input.
        :raises GitFailed: it ends with another code than 0, or not in time.
        """
        command = ["git", *(["--git-dir", str(self._directory)] if inside else []), *arguments]
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE if data is not None else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**self._environment, **(env or {})},
                start_new_session=True,  # its helpers end with it
            )
        except FileNotFoundError:
            raise UsageError("git is missing", remedy="install git, or give --directory") from None
        try:
            output, errors = process.communicate(data, timeout=self._timeout_s)
        except subprocess.TimeoutExpired:
            raise GitFailed(f"git {arguments[0]} takes longer than {self._timeout_s:g} s") from None
        finally:
            if process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
        if process.returncode != 0:
            said = self._scrub.text(errors.decode("utf-8", "replace"))
            lines = [line for line in said.splitlines() if line.strip() and not line.startswith("hint:")]
            raise GitFailed(one_line(" ".join(lines), 600), self._scrub.text(output.decode("utf-8", "replace")))
        return output

    def _inherited(self) -> list[tuple[str, str]]:
        """How the checkout that the command was started in, if any, reaches servers."""
        try:
            output = self("config", "--local", "--includes", "--null", "--list", inside=False)
        except GitFailed:
            return []
        pairs = (entry.partition("\n") for entry in output.decode("utf-8", "replace").split("\0") if entry)
        return [(name, value) for name, _, value in pairs if _TRANSPORT.fullmatch(name)]

    def _has_ssh_command(self) -> bool:
        try:
            return bool(self("config", "--get", "core.sshcommand", inside=False))
        except GitFailed:
            return False

    def _origin(self) -> str:
        try:
            return self("remote", "get-url", "--push", "origin", inside=False).decode("utf-8", "replace").strip()
        except GitFailed as error:
            raise UsageError(
                f"there is no repository to keep runs in: {error}",
                remedy="start this in a checkout that has the remote `origin`, or give --repository or --directory",
            ) from None

    def _configure(self, settings: list[tuple[str, str]]) -> None:
        env = self._environment
        first = int(env["GIT_CONFIG_COUNT"]) if env.get("GIT_CONFIG_COUNT", "").isdigit() else 0
        for index, (name, value) in enumerate(settings, start=first):
            env[f"GIT_CONFIG_KEY_{index}"], env[f"GIT_CONFIG_VALUE_{index}"] = name, value
        env["GIT_CONFIG_COUNT"] = str(first + len(settings))


def _checked(remote: str) -> str:
    """A path as an address, since git fetches shallowly from addresses alone; an address as it is."""
    if "://" in remote:
        try:
            parts = urlsplit(remote)
            secret = parts.password is not None
        except ValueError:
            raise UsageError("the address of the repository is malformed", remedy="check --repository") from None
        if secret:
            raise UsageError(
                "the address of the repository holds a password",
                remedy=f"leave it out, and give a token in the environment, as {TOKEN}",
            )
        return remote
    path = Path(remote).expanduser()
    if path.exists() or not re.match(r"[\w.-]+@[\w.-]+:|[\w.-]+:(?!\\)", remote):
        if not path.is_dir():
            raise UsageError("this is no repository", file=path, remedy="check --repository")
        return "file://" + quote(str(path.resolve()))
    return remote


def _server(url: str) -> str:
    """The server of an address: a token is sent to no other one.

    :raises UsageError: tokens are for https alone.
    """
    parts = urlsplit(url)
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost"))
    if not safe or not parts.hostname:
        raise UsageError(
            f"{TOKEN} is set, and the repository is not reached by https", remedy="unset it, or give an https address"
        )
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/"
