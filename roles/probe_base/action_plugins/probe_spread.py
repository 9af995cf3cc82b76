"""The step ``probe_spread``; its arguments are documented in roles/probe_base/README.md."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "client"))
from step_action import StepAction


class ActionModule(StepAction):
    kind = "spread"
