"""Asks the session of this run what to run; starts one where none was started yet (Zuul, plain ansible-playbook)."""

import os
import sys
from pathlib import Path

from ansible import constants
from ansible.plugins.action import ActionBase

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "client"))
from role_check import problem_of
from session_start import await_socket, start
from stackprobe_client import SOCKET_VARIABLE, SessionGone, ask
from thread_worker import install

install()


class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        try:
            path = os.environ.get(SOCKET_VARIABLE)
            if path:
                await_socket(path)
            else:
                roles = [folder for folder in constants.DEFAULT_ROLES_PATH if os.path.isdir(folder)]
                path = start(self._task.args, roles)
            plan = ask(path, {"op": "plan"})
            readable = [scenario for scenario in plan["scenarios"] if self._is_readable(path, scenario)]
        except SessionGone as error:
            return {"failed": True, "msg": str(error)}
        return {"changed": False, "socket": path, "scenarios": readable}

    def _is_readable(self, path, scenario):
        """Whether Ansible can read the role of a scenario; if not, the scenario ends here."""
        problem = problem_of(scenario["role"], self._task, self._loader)
        if problem is None:
            return True
        failure = {"name": "Read the role", "action": "include_role", "ignored": True, **vars(problem)}
        ask(path, {"op": "task_failed", "scenario": scenario["name"], **failure})
        ask(path, {"op": "finish", "scenario": scenario["name"]})
        return False
