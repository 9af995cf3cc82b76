"""What the run of this build has proved: as the run playbook left it, or, where it was killed, as the journal says."""

import subprocess
import sys
from pathlib import Path

from ansible.plugins.action import ActionBase

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "client"))
from result_files import CLOUD_FAILED, PASSED, UNJUDGED, read_json

REPORT_TIMEOUT_S = 120


class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        home, output = Path(self._task.args["home"]), Path(self._task.args["output"])
        return {"changed": False, **verdict(home, output)}


def verdict(home, output):
    """``exit_code`` (0 passed, 1 the cloud failed, 2 not judged), ``message``, and whether the run was ``killed``."""
    left = read_json(home / "verdict.json")
    if left:
        return {"killed": False, **left}
    return {"killed": True, **_verdict_of_killed(home, output)}


def _verdict_of_killed(home, output):
    if not (home / "venv" / "bin" / "stackprobe").exists():
        return {"exit_code": UNJUDGED, "message": "the helper could not be installed: see the console"}
    if not (output / "journal.jsonl").exists():
        return {"exit_code": UNJUDGED, "message": "it ended before there was anything to report: see the console"}
    command = [str(home / "venv" / "bin" / "stackprobe"), "report", "--exit-code", str(output)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=REPORT_TIMEOUT_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        return {"exit_code": UNJUDGED, "message": f"the journal could not be read: {error}"}
    code = done.returncode if done.returncode in (PASSED, CLOUD_FAILED) else UNJUDGED
    how = "the cloud failed, and " if code == CLOUD_FAILED else ""
    return {"exit_code": code, "message": f"{how}the run was ended from outside before it was over"}
