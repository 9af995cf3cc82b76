"""Puts the credentials of the secret ``probe_clouds`` in place for the other tasks of a build of Zuul."""

import os
import sys
from pathlib import Path

from ansible.plugins.action import ActionBase

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "client"))
from login import SECRET, LoginFailed, log_in
from variables import BadVariable, checked
from zuul_build import build_of


class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        variables = task_vars or {}
        try:
            options = checked(self._task.args)
            build = build_of(variables, options["zuul_url"])
            if build is None:
                raise BadVariable("this task belongs to a job of Zuul; elsewhere use a clouds.yaml")
            secret = self._templar.template(variables.get(SECRET))
            cloud = log_in(build, secret, options, {**os.environ, **build.environment})
        except (BadVariable, LoginFailed) as error:
            return {"failed": True, "msg": str(error)}
        facts = {name: value for name, value in build.environment.items() if name.startswith("STACKPROBE_")}
        return {"changed": True, "cloud": cloud, "credentials": str(build.clouds_file.parent), "environment": facts}
