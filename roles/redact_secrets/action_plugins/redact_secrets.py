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
        if kept.exists():
            secrets.append(kept.read_text(encoding="utf-8"))
        if not secrets:
            return {"changed": False, "msg": "there are no secrets"}
        try:
            texts = _redactions(home, secrets)
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            # without its text, which has what the helper was given
            kind = type(error).__name__
            return {
                "failed": True,
                "msg": f"the secrets cannot be taken apart ({kind}), so nothing keeps them off the logs",
            }
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
    """The texts. Raises OSError, ValueError or SubprocessError when the helper cannot say them."""
    command, text = [str(home / "venv" / "bin" / "stackprobe"), "redactions"], json.dumps(secrets, default=str)
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True, timeout=TIMEOUT_S)
    return json.loads(done.stdout)
