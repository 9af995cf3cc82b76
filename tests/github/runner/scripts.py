"""A step with `run`, as ScriptHandler.cs runs it."""

from __future__ import annotations

import shlex
import shutil
import uuid
from collections.abc import Mapping

from tests.github.runner.errors import ActionFailed
from tests.github.runner.expressions import as_text
from tests.github.runner.output import FILES
from tests.github.runner.processes import StepProcess
from tests.github.runner.scope import Step

_SHELLS = {
    "": "bash -e {0}",
    "bash": "bash --noprofile --norc -e -o pipefail {0}",
    "sh": "sh -e {0}",
    "python": "python {0}",
}


def run(step: Step) -> None:
    """Run the script of `step`; its result gets the outcome where that is not a plain success.

    :raises ActionFailed: it could not be started.
    """
    job, result = step.job, step.out.step
    defaults = {} if step.scope.action_path else job.defaults
    shell = as_text(step.value("shell")) or as_text(defaults.get("shell"))
    template = _SHELLS.get(shell, shell)
    if "{0}" not in template:
        raise ActionFailed(f"Invalid shell option {shell}")
    script = as_text(step.value("run"))
    file = job.machine.temp / f"{uuid.uuid4()}.sh"
    file.write_text(script, encoding="utf-8")
    files = job.machine.temp / "_runner_file_commands" / uuid.uuid4().hex
    files.mkdir(parents=True)
    for name in FILES:
        (files / name).touch()
        step.contexts["github"][name] = str(files / name)
    own = {**job.environment, **step.own}
    result.environment = job.environment_of(own, step.contexts["github"])
    command = [str(file) if word == "{0}" else word for word in shlex.split(template)]
    _say_header(step, script, " ".join(command), own)
    where = as_text(step.value("working-directory")) or as_text(defaults.get("working-directory"))
    directory = job.machine.workspace / where
    program = shutil.which(command[0], path=result.environment["PATH"])
    if not directory.is_dir() or not program:
        raise ActionFailed(
            f"An error occurred trying to start process '{command[0]}' with working directory '{directory}'. "
            "No such file or directory"
        )
    process = StepProcess([program, *command[1:]], result.environment, directory, job.request.timing)

    def on_line(line: str) -> None:
        step.out.line(line)
        job.watch(line, process)

    ended = process.run(on_line, step.stop, job.forced)
    result.exit_code, result.signals = ended.exit_code, ended.signals
    step.out.read_files(files, job.environment, job.path)
    _judge(step, ended.stopped, ended.exit_code)


def _judge(step: Step, stopped: bool, exit_code: int) -> None:
    if stopped and step.timed_out:
        minutes = as_text(step.value("timeout-minutes"))
        step.out.error(f"The action '{step.out.step.name}' has timed out after {minutes} minutes.")
        step.out.step.outcome = "failure"
    elif stopped:
        step.out.error("The operation was canceled.")
        step.out.step.outcome = "cancelled"
    elif exit_code:
        step.out.error(f"Process completed with exit code {exit_code}.")
        step.out.step.outcome = "failure"
    elif step.out.failed:
        step.out.step.outcome = "failure"


def _say_header(step: Step, script: str, command: str, own: Mapping[str, str]) -> None:
    """What GitHub shows of each step: the script with its expressions evaluated, and the environment."""
    step.out.say(f"##[group]Run {script.strip().partition(chr(10))[0]}")
    step.out.say("\n".join([*script.rstrip("\n").split("\n"), f"shell: {command}"]))
    if own:
        step.out.say("\n".join(["env:", *(f"  {name}: {value}" for name, value in own.items())]))
    step.out.say("##[endgroup]")
