"""Ends a run that this play started: last teardowns, reports; fails when the run did not pass.

Under ``stackprobe run`` it does nothing: that command ends the run itself and has an exit code of its own.
"""

import sys
from pathlib import Path

from ansible.plugins.action import ActionBase

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "client"))
from stackprobe_client import SessionGone, ask

MEANING = {1: "the cloud failed", 2: "the probe could not judge the cloud"}


class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        try:
            answer = ask(self._task.args["socket"], {"op": "end"})
        except SessionGone as error:
            return {"failed": True, "msg": str(error)}
        code = answer.get("exit_code", 0)
        result = {"changed": False, "failed": code != 0, "exit_code": code}
        if "output" in answer:
            result["msg"] = f"{MEANING.get(code, 'passed')}; the reports are in {answer['output']}"
        return result
