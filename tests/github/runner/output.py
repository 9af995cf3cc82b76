"""What a step prints and writes: its log, its workflow commands, its files."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.github.runner import commands
from tests.github.runner.masking import SecretMasker
from tests.github.runner.results import Annotation, StepResult

SUMMARY_LIMIT_BYTES = 1024 * 1024
MESSAGE_LIMIT = 4096
FILES = ("path", "env", "step_summary", "state", "output")


@dataclasses.dataclass
class Output:
    """Takes the output of one step, for it and for the composite steps around it.

    :param chain: the step, then the composite steps around it.
    :ivar failed: a command or a file of the step was wrong: the step fails, whatever its exit code.
    """

    chain: Sequence[StepResult]
    masker: SecretMasker
    mistake: Callable[[str], None]
    failed: bool = False
    _stop_token: str = ""

    @property
    def step(self) -> StepResult:
        """The step itself."""
        return self.chain[0]

    def say(self, text: str) -> None:
        """Write to the log, masked."""
        for line in text.split("\n"):
            for step in self.chain:
                step.log_lines.append(self.masker.mask(line))

    def annotate(self, level: str, message: str, own: bool = False, where: Mapping[str, str] | None = None) -> None:
        """Record an annotation and log it. Of the texts, the runner masks the message alone."""
        message = self.masker.mask(message)
        one = Annotation(level, message[:MESSAGE_LIMIT], step=self.step.name, own=own, **(where or {}))
        for step in self.chain:
            step.annotations.append(one)
        self.say(f"##[{level}]{message}")

    def error(self, message: str) -> None:
        """An error that the runner itself reports."""
        self.annotate("error", message, own=True)

    def line(self, line: str) -> None:
        """A line that the process printed."""
        for step in self.chain:
            step.raw_lines.append(line)
        names = commands.REGISTERED | {self._stop_token} if self._stop_token else commands.REGISTERED
        command = commands.parse(line, names)
        if command is None:
            if not self._stop_token and commands.looks_like_command(line):
                self.mistake(f"unknown workflow command: {line.strip()}")
            self.say(line)
        elif self._stop_token:
            self.say(line)
            if command.name == self._stop_token:
                self._stop_token = ""
        else:
            self._obey(command, line)

    def _obey(self, command: commands.Command, line: str) -> None:
        if command.name in ("error", "warning", "notice"):
            where = {key: command.properties.get(key, "") for key in ("title", "file", "line")}
            self.annotate(command.name, command.data, where=where)
        elif command.name in ("group", "endgroup"):
            self.say(f"##[{command.name}]{command.data}")
        elif command.name == "add-mask":
            if not command.data.strip():
                self.annotate("warning", "Can't add secret mask for empty string in ##[add-mask] command.", own=True)
            self.masker.add_mask(command.data)
        elif command.name == "stop-commands":
            token = command.data.lower()
            if token in ("", "pause-logging") or token in commands.REGISTERED:
                self._refuse(line, "You cannot use a endToken that is an empty string or another workflow command")
            else:
                self.say(line)
                self._stop_token = token
        elif command.name in ("set-output", "save-state"):
            self.mistake(f"deprecated workflow command: {line.strip()}")
            if command.name == "set-output":
                self.step.outputs[command.properties.get("name", "")] = command.data
        elif command.name in ("set-env", "add-path"):
            self._refuse(line, f"The `{command.name}` command is disabled")

    def _refuse(self, line: str, why: str) -> None:
        self.mistake(f"{why}: {line.strip()}")
        self.error(f"Unable to process command '{line}' successfully.")
        self.error(why)
        self.failed = True

    def read_files(self, files: Path, environment: dict[str, str], path: list[str]) -> None:
        """Take over what the step wrote to its files, all in the directory `files`.

        :param environment: of the job; gets what was written to GITHUB_ENV.
        :param path: additions to PATH, the last one first in it.
        """
        for line in self._text(files / "path").splitlines():
            if line:
                path[:] = [*(one for one in path if one != line), line]
        for name, into in (("env", environment), ("output", self.step.outputs)):
            try:
                for key, value in commands.key_values(self._text(files / name)):
                    if name == "env" and key.upper() == "NODE_OPTIONS":
                        raise ValueError("Can't store NODE_OPTIONS output parameter using '$GITHUB_ENV' command.")
                    if name == "env" and key.startswith(("GITHUB_", "RUNNER_")):
                        self.mistake(f"$GITHUB_ENV cannot change {key}")
                    into[key] = value
            except ValueError as error:
                self.error(f"Unable to process file command '{name}' successfully.")
                self.error(str(error))
                self.failed = True
        self._read_summary(files / "step_summary")

    def _read_summary(self, file: Path) -> None:
        self.step.raw_summary = self._text(file)
        size = len(self.step.raw_summary.encode())
        if size > SUMMARY_LIMIT_BYTES:
            self.error(
                "$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of "
                f"{SUMMARY_LIMIT_BYTES // 1024}k, got {size // 1024}k."
            )
        else:
            # Line by line, as the runner does it: of a secret of many lines each line is masked by itself.
            self.step.summary = "\n".join(self.masker.mask(line) for line in self.step.raw_summary.split("\n"))

    def _text(self, file: Path) -> str:
        return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""
