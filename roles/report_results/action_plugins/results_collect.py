"""Collects what Zuul is told of a run: ``artifacts``, ``warnings``, and ``data`` for the MQTT reporter."""

import sys
from pathlib import Path

from ansible.plugins.action import ActionBase

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "client"))
from result_files import artifacts, read_json, warnings


class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        output, verdict = Path(self._task.args["output"]), self._task.args["verdict"]
        summary = read_json(output / "summary.json")
        return {
            "changed": False,
            "artifacts": artifacts(output),
            "warnings": warnings(output, verdict, self._task.args.get("done") or {}),
            "data": {**summary, "verdict": {key: verdict[key] for key in ("exit_code", "message")}},
        }
