"""What a build of Zuul has to work with: ``cloud``, where its ``credentials`` are, the ``environment`` of the helper.

Fails when there are no credentials, or one of the options of a run has the wrong type.
"""

import sys
from pathlib import Path

from ansible.plugins.action import ActionBase

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "client"))
from login import LoginFailed, kept
from variables import BadVariable, checked
from zuul_build import build_of


class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        try:
            options = checked(self._task.args)
            build = build_of(task_vars or {}, options["zuul_url"])
            if build is None:
                raise BadVariable("this task belongs to a job of Zuul")
            cloud = kept(build)
        except (BadVariable, LoginFailed) as error:
            return {"failed": True, "msg": str(error)}
        environment = {name: value for name, value in build.environment.items() if name.startswith("STACKPROBE_")}
        return {
            "changed": False,
            "cloud": cloud,
            "credentials": str(build.clouds_file.parent),
            "environment": environment,
        }
