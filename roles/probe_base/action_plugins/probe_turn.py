"""Waits until it is a scenario's turn: the project's quota has room for it, and the repetition before it is over.

Fails when there is no room for it, or none in time; the session has recorded that.
"""

import sys
from pathlib import Path

from ansible.plugins.action import ActionBase

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "client"))
from stackprobe_client import SessionGone, ask, socket_path
from thread_worker import install

install()


class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        variables = task_vars or {}
        try:
            answer = ask(socket_path(variables), {"op": "turn", "scenario": variables.get("inventory_hostname")})
        except SessionGone as error:
            # Its steps will say so; the verdict on a run whose session is gone is the last play's.
            return {"changed": False, "msg": str(error)}
        if answer.get("refused"):
            return {"failed": True, "outcome": "error", "msg": f"error: {answer['refused']}"}
        return {"changed": False}
