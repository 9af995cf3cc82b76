"""Zuul's own parser over texts. Run by the Python of Zuul's venv; needs no ZooKeeper, database, git or bubblewrap.

Each line of standard input is a JSON list of {"path", "text"}; each is answered with a line that is a list of {"path",
"errors", "playbooks"}, where playbooks are [job, path].
"""

import json
import sys
from types import SimpleNamespace
from typing import Any

from zuul import configloader, model
from zuul.driver.git import GitDriver
from zuul.driver.mqtt import MQTTDriver
from zuul.driver.smtp import SMTPDriver
from zuul.driver.timer import TimerDriver
from zuul.lib.ansible import AnsibleManager
from zuul.lib.connections import ConnectionRegistry, DefaultConnection


class Registry(ConnectionRegistry):
    """The drivers that configuration may name. The stock one also makes the bubblewrap driver, which executes bwrap."""

    def __init__(self) -> None:
        self.drivers = {driver.name: driver for driver in (TimerDriver(), GitDriver(), SMTPDriver(), MQTTDriver())}
        self.connections = {name: DefaultConnection(driver, name, {}) for name, driver in self.drivers.items()}


def parse(path: str, text: str, context: Any) -> dict[str, Any]:
    loader = configloader.ConfigLoader(context.connections, None, None, context.globals, None).tenant_parser
    source = model.SourceContext("localhost/project", "project", "git", "main", path)
    source.implied_branches = None
    context.error_list.clear()
    playbooks = []
    try:
        parsed = loader.loadProjectYAML(text, source, context)
        errors = list(context.error_list)
        for name in vars(parsed):
            if name.endswith("_errors"):
                errors += getattr(parsed, name)
        playbooks = [
            [job.name, playbook.path]
            for job in parsed.jobs
            for playbook in (*job.pre_run, *job.run, *job.post_run, *job.cleanup_run)
        ]
    except Exception as error:
        errors = [error]
    return {"path": path, "errors": [str(getattr(error, "error", error)) for error in errors], "playbooks": playbooks}


def main() -> None:
    limits = SimpleNamespace(default_hold_expiration=0, max_hold_expiration=0)
    context = configloader.ParseContext(Registry(), limits, None, AnsibleManager())
    for line in sys.stdin:
        print(json.dumps([parse(one["path"], one["text"], context) for one in json.loads(line)]), flush=True)


main()
