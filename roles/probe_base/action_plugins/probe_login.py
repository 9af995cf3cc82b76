"""Puts the credentials of the secret ``probe_clouds``, and the settings, in place for the playbooks of a build of Zuul.

It does not fail: what is in the way is told by whatever needs the credentials.
"""

import os
import sys
from pathlib import Path

from ansible.plugins.action import ActionBase

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "client"))
from login import SECRET, LoginFailed, keep_problem, log_in
from variables import BadVariable, checked
from zuul_build import build_of


class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        variables = task_vars or {}
        build = build_of(variables)
        if build is None:
            return {"failed": True, "msg": "this task belongs to a job of Zuul; elsewhere use a clouds.yaml"}
        try:
            options = checked(self._task.args)
            secret = self._templar.template(variables.get(SECRET))
            cloud = log_in(build, secret, options, {**os.environ, **build.environment})
            build.keep_settings(options["settings"])
        except (BadVariable, LoginFailed) as error:
            keep_problem(build, str(error))
            return {"changed": False, "msg": str(error)}
        return {"changed": True, "msg": f"the credentials of {cloud} are in place"}
