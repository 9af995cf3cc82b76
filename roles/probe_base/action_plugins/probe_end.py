"""Ends a run that this play started: last teardowns, reports, the verdict; fails when the run did not pass.

Under ``stackprobe run`` it does nothing: that command ends the run itself and has an exit code of its own. In a build
of Zuul it fails only where the cloud did, and leaves the verdict for the post-run playbook, which makes a result of
its own of a probe that could not judge. Playbooks that do something else than probing (a sweep) give ``exit_code``
and ``message`` themselves.
"""

import json
import subprocess
import sys
from pathlib import Path

from ansible.plugins.action import ActionBase

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "client"))
from stackprobe_client import SessionGone, ask
from zuul_build import VERDICT, build_of

CLOUD_FAILED, UNJUDGED = 1, 2
MEANING = {0: "passed", CLOUD_FAILED: "the cloud failed", UNJUDGED: "the probe could not judge the cloud"}


class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        build = build_of(task_vars or {})
        code, message, killed = self._verdict(build)
        result = {"changed": False, "exit_code": code, "msg": message, "failed": code != 0}
        if build is not None:
            verdict = {"exit_code": code, "message": message, "killed": killed}
            (build.home / VERDICT).write_text(json.dumps(verdict), encoding="utf-8")
            result["failed"] = code == CLOUD_FAILED
        return result

    def _verdict(self, build):
        """The run's exit code, what to say about it, and whether the run was killed, so that it could not tidy up."""
        arguments = self._task.args
        if arguments.get("problem"):
            return UNJUDGED, str(arguments["problem"]).removeprefix("stackprobe: "), False
        if str(arguments.get("exit_code", "")) != "":
            code = int(arguments["exit_code"])
            message = str(arguments.get("message") or "").removeprefix("stackprobe: ")
            return code, message or self._of_node(code, build), False
        try:
            answer = ask(arguments["socket"], {"op": "end"})
        except SessionGone as error:
            return *_from_journal(build, str(error)), True
        code = answer.get("exit_code", 0)
        if "output" not in answer:
            return code, MEANING.get(code, MEANING[UNJUDGED]), False
        return code, f"{_in_words(code, Path(answer['output']))}; the reports are in {answer['output']}", False

    def _of_node(self, code, build):
        """What to say of a run on a node: its first problem, or where it had not begun, its last words."""
        words = _in_words(code, build.output) if build is not None else MEANING.get(code, MEANING[UNJUDGED])
        last_words = str(self._task.args.get("last_words") or "").removeprefix("stackprobe: ")
        return f"{words}: {last_words}" if code and last_words and words in MEANING.values() else words


def _in_words(code, output):
    """What an exit code means, and the first of the problems behind it."""
    meaning = MEANING.get(code, MEANING[UNJUDGED])
    try:
        summary = json.loads((output / "summary.json").read_text(encoding="utf-8"))
        problems = summary["problems"]
    except (OSError, ValueError, KeyError):
        summary, problems = {}, []
    outcome = "failed" if code == CLOUD_FAILED else "error"
    first = next((one for one in problems if one["outcome"] == outcome), None)
    if first is None:
        alarms = (summary.get("service_levels") or {}).get("alarms") or []
        return f"{meaning}: in alarm: {alarms[0]}" if code == CLOUD_FAILED and alarms else meaning
    where = ", ".join(part for part in (first["scenario"], first["step"]) if part)
    remedy = f" ({first['remedy']})" if first.get("remedy") else ""
    return f"{meaning}: {where}: {first['message']}{remedy}"


def _from_journal(build, reason):
    """The session was killed: what the journal proves all the same."""
    code = UNJUDGED
    if build is not None and build.output.is_dir():
        done = subprocess.run(
            [build.stackprobe, "report", str(build.output), "--exit-code"], capture_output=True, text=True, check=False
        )
        code = done.returncode if done.returncode in (CLOUD_FAILED, UNJUDGED) else UNJUDGED
    return code, f"{MEANING[code]}: {reason}"
