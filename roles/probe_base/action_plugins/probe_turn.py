"""Waits until it is a scenario's turn: the repetition before it must be over, teardown included."""

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
            ask(socket_path(variables), {"op": "turn", "scenario": variables.get("inventory_hostname")})
        except SessionGone as error:
            # Its steps will say so; the verdict on a run whose session is gone is the last play's.
            return {"changed": False, "msg": str(error)}
        return {"changed": False}
