"""Names to Zuul what it must black out of the logs: ``zuul.redactions`` of ``zuul_return``."""

import json
import subprocess
from pathlib import Path

from ansible.plugins.action import ActionBase

TIMEOUT_S = 60


class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        try:
            from zuul.ansible.schema import redaction_schema  # noqa: F401, PLC0415
        except ImportError:
            # It would not take them out of what the build returns, and so show them to all.
            return {"changed": False, "msg": "this Zuul knows no redactions"}
        variables = task_vars or {}
        secrets = [self._templar.template(variables[name]) for name in self._task.args["secrets"] if name in variables]
        home = Path(self._task.args["home"])
        kept = home / "credentials" / "clouds.yaml"  # perhaps with a token that is in no secret
        texts = _redactions(home, [*secrets, kept.read_text(encoding="utf-8")] if kept.exists() else secrets)
        if not texts:
            return {"changed": False, "msg": "nothing is to be blacked out"}
        self._tell_zuul(texts, task_vars)
        return {"changed": False, "msg": "told Zuul what is to be blacked out"}

    def _tell_zuul(self, texts, task_vars):
        task = self._task.copy()
        task.args = {"data": {"zuul": {"redactions": texts}}}
        self._shared_loader_obj.action_loader.get(
            "zuul_return",
            task=task,
            connection=self._connection,
            play_context=self._play_context,
            loader=self._loader,
            templar=self._templar,
            shared_loader_obj=self._shared_loader_obj,
        ).run(task_vars=task_vars)


def _redactions(home, secrets):
    """The texts; none where the helper cannot say them: then a later task says what is wrong with the secret."""
    command = [str(home / "venv" / "bin" / "stackprobe"), "redactions"]
    try:
        done = subprocess.run(
            command,
            input=json.dumps(secrets, default=str),
            capture_output=True,
            text=True,
            check=True,
            timeout=TIMEOUT_S,
        )
        return json.loads(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return []
