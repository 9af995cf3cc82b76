"""Asks the session of this run what to run; starts one where none was started yet (Zuul, plain ansible-playbook)."""

import json
import os
import sys
from pathlib import Path

from ansible import constants
from ansible.plugins.action import ActionBase
from ansible.release import __version__

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "client"))
from login import SECRETS, LoginFailed, kept
from role_check import problem_of
from session_start import await_socket, start
from stackprobe_client import SOCKET_VARIABLE, SessionGone, ask
from thread_worker import install
from variables import BadVariable, checked
from zuul_build import build_of

install()


class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        self._variables, self._problems = task_vars or {}, {}
        try:
            options = checked(self._task.args)
            searched = [folder for folder in constants.DEFAULT_ROLES_PATH if os.path.isdir(folder)]
            path = os.environ.get(SOCKET_VARIABLE)
            if path:
                await_socket(path)
            else:
                path = self._start(options, searched)
            plan = ask(path, {"op": "plan"})
            scenarios = [{**one, "role": _where(one, searched)} for one in plan["scenarios"]]
            readable = [scenario for scenario in scenarios if self._is_readable(path, scenario)]
        except (BadVariable, LoginFailed, SessionGone) as error:
            return {"failed": True, "msg": str(error)}
        return {"changed": False, "socket": path, "scenarios": readable}

    def _start(self, options, searched):
        """Say where the session finds credentials and configuration, and start it."""
        build = build_of(self._variables, options["zuul_url"])
        environment = dict(os.environ)
        if build is not None:
            environment |= build.environment
            options["stackprobe"], options["output"] = build.stackprobe, str(build.output)
            options["cloud"] = kept(build)
            environment["OS_CLIENT_CONFIG_FILE"] = str(build.clouds_file)
            options["config"] = str(build.settings_file) if options["settings"] else options["config"]
        elif options["settings"]:
            raise BadVariable("probe_settings works in Zuul only; elsewhere write probes.yaml and set probe_config")
        path = start({**options, "ansible": __version__}, [*options["roles"], *searched], environment)
        secrets = [self._templar.template(self._variables[name]) for name in SECRETS if name in self._variables]
        # as JSON knows it, whatever Ansible makes of it
        ask(path, {"op": "hide", "secrets": json.loads(json.dumps(secrets, default=str))})
        return path

    def _is_readable(self, path, scenario):
        """Whether Ansible can read the role of a scenario; if not, the scenario ends here."""
        role = scenario["role"]
        if role not in self._problems:  # a scenario that runs several times has one
            self._problems[role] = problem_of(role, self._task, self._loader)
        problem = self._problems[role]
        if problem is None:
            return True
        failure = {"name": "Read the role", "action": "include_role", "ignored": True, **vars(problem)}
        ask(path, {"op": "task_failed", "scenario": scenario["name"], **failure})
        ask(path, {"op": "finish", "scenario": scenario["name"]})
        return False


def _where(scenario, searched):
    """How Ansible finds the role of a scenario: by its name, or, where it does not look itself, by its folder."""
    by_name = any(os.path.isdir(os.path.join(folder, scenario["role"])) for folder in searched)
    return scenario["role"] if by_name or not scenario.get("folder") else scenario["folder"]
