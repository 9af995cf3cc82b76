"""What tests do with a running Zuul."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterable, Mapping
from typing import Any

from tests.zuul.rig import mqtt, repositories
from tests.zuul.rig.builds import Build, Item, Running
from tests.zuul.rig.encryption import encrypt
from tests.zuul.rig.errors import RigError
from tests.zuul.rig.processes import wait_for
from tests.zuul.rig.services import Services

MAIN = "refs/heads/main"
#: Zuul takes no longer than this to see what was enqueued.
ENQUEUE_LIMIT_S = 30.0
#: Zuul takes no longer than this to read a tenant's configuration.
RECONFIGURE_LIMIT_S = 60.0
#: No test needs a job that waits longer for a node: there is one node, or none.
NODE_LIMIT_S = 30.0
#: Between two questions whether builds have ended, which take tens of seconds: zuul-web computes for each.
POLL_S = 1.5


class Rig(Services):
    """A running Zuul; what can be asked of it, and done to it.

    :raises RigError: any of it, when Zuul does not do it, or not in time.
    """

    def config_errors(self, tenant: str) -> list[str]:
        """What Zuul finds wrong in a tenant's configuration."""
        return [str(error["error"]) for error in self.api.get(f"tenant/{tenant}/config-errors")]

    def frozen_job(self, tenant: str, pipeline: str, job: str) -> dict[str, Any]:
        """A job of the operator's project as Zuul would run it: everything inherited, secrets by name."""
        project = self.tenants[tenant].project
        found: dict[str, Any] = self.api.get(
            f"tenant/{tenant}/pipeline/{pipeline}/project/{project}/branch/main/freeze-job/{job}"
        )
        return found

    def enqueue(
        self, tenant: str, project: str | None = None, pipeline: str = "manual", limit_s: float = ENQUEUE_LIMIT_S
    ) -> Item:
        """Let Zuul run a project's jobs of a pipeline, on the branch main.

        :param project: the operator's own if none is named.
        :param limit_s: how long Zuul may take to see it.
        :raises RigError: Zuul refuses it, or ignores it, as it does while the same is still running.
        """
        name = project or self.tenants[tenant].project
        before = set(self._buildsets(tenant, name, pipeline))
        self.api.post(
            f"tenant/{tenant}/project/{name}/enqueue",
            {"pipeline": pipeline, "ref": MAIN, "oldrev": None, "newrev": None},
        )

        def new() -> list[str]:
            return [uuid for uuid in self._buildsets(tenant, name, pipeline) if uuid not in before]

        found = wait_for(f"Zuul has enqueued {name} of {tenant} in {pipeline}", new, limit_s)
        return Item(tenant, name, pipeline, found[0])

    def wait(self, item: Item, jobs: Iterable[str] = (), timeout_s: float = 180.0) -> dict[str, Build]:
        """The builds of an item when these jobs have ended, or all of it if none is named; by name of job.

        :raises RigError: not in time, a service ended, a job waits for a node that does not come, or Zuul refused
            the item (a configuration error: the text has its message).
        """
        wanted, asked = set(jobs), time.monotonic()

        def ended() -> dict[str, Build] | None:
            self.check()
            found, message, complete = self._builds(item)
            if complete and not found and not wanted:
                raise RigError(f"{item}: nothing was run: {message}")
            if complete or (wanted and wanted <= set(found)):
                if absent := wanted - set(found):
                    raise RigError(f"{item}: no build of {', '.join(sorted(absent))}: {message}")
                return found
            if time.monotonic() > asked + NODE_LIMIT_S:
                self._refuse_waiting_for_nodes(item)
            return None

        try:
            found: dict[str, Build] = wait_for("the builds have ended", ended, timeout_s, POLL_S)
        except RigError as error:
            states = [f"{one.job}: {one.waiting_for or one.uuid}" for one in self.running_builds(item.tenant)]
            raise RigError(f"{error}; {item}; now: {', '.join(states) or 'nothing runs'}") from None
        return found

    def run(
        self,
        tenant: str,
        jobs: Iterable[str] = (),
        timeout_s: float = 180.0,
        pipeline: str = "manual",
        project: str | None = None,
    ) -> dict[str, Build]:
        """Enqueue and wait: see there."""
        return self.wait(self.enqueue(tenant, project, pipeline), jobs, timeout_s)

    def encrypted(self, tenant: str, text: str) -> list[str]:
        """What stands under `!encrypted/pkcs1-oaep` in the operator's repository, for this text."""
        return encrypt(self.api.get_text(f"tenant/{tenant}/key/{self.tenants[tenant].project}.pub"), text)

    def merge(self, tenant: str, files: Mapping[str, str]) -> None:
        """Merge files into the operator's repository; returns when Zuul has read its configuration again."""

        def read() -> int:
            return int(self.api.get(f"tenant/{tenant}/status")["last_reconfigured"])

        project, before = self.tenants[tenant].project, read()
        repositories.merge(self.layout.root / "work" / project, self.layout.repositories / project, files)
        # the git connection would see it by itself, after its poll_delay
        with socket.socket(socket.AF_UNIX) as command:
            command.connect(str(self.layout.run / "scheduler.sock"))
            command.sendall(f"tenant-reconfigure {json.dumps([tenant])}\n".encode())
        wait_for(f"Zuul has read the configuration of {tenant}", lambda: read() != before, RECONFIGURE_LIMIT_S)

    def dequeue(self, item: Item) -> None:
        """Abort an item: Zuul ends its builds. Returns at once.

        The result of a build that ran is ABORTED, of one that had not begun CANCELED.
        """
        self.api.post(f"tenant/{item.tenant}/project/{item.project}/dequeue", {"pipeline": item.pipeline, "ref": MAIN})

    def running_builds(self, tenant: str) -> list[Running]:
        """The jobs that are live in a tenant and have not ended."""
        found = []
        for pipeline in self.api.get(f"tenant/{tenant}/status")["pipelines"]:
            for queue in pipeline.get("change_queues", []):  # absent until Zuul has looked at it
                for entry in (entry for head in queue["heads"] for entry in head):
                    project = entry["refs"][0]["project"]
                    found += [
                        Running(tenant, pipeline["name"], project, job["name"], job["uuid"], job.get("waiting_status"))
                        for job in entry["jobs"]
                        if job["result"] is None
                    ]
        return found

    def running_build(self, item: Item, job: str, timeout_s: float = 60.0) -> Running:
        """A job of an item as soon as it runs. Raises RigError when it does not in time."""

        def runs() -> Running | None:
            for one in self.running_builds(item.tenant):
                if (one.pipeline, one.project, one.job) == (item.pipeline, item.project, job) and one.runs:
                    return one
            return None

        found: Running = wait_for(f"{job} runs", runs, timeout_s)
        return found

    def live_console(self, build: Running | str) -> str:
        """The console of a running build as far as it is written; empty before its beginning and after its end."""
        uuid = build if isinstance(build, str) else build.uuid
        try:
            return (self.layout.builds / str(uuid) / "work/logs/job-output.txt").read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def wait_for_console(self, build: Running, text: str, timeout_s: float = 60.0) -> None:
        """Return when the console of a running build has this text. Raises RigError when it has not in time."""
        wait_for(f"{text!r} in the console of {build.job}", lambda: text in self.live_console(build), timeout_s, 0.1)

    def message(self, item: Item, timeout_s: float = 30.0) -> dict[str, Any]:
        """What Zuul's MQTT reporter sent of an item; its builds have `returned_data`.

        :raises RigError: nothing came in time.
        """

        def found() -> dict[str, Any] | None:
            of_item = (one for one in mqtt.messages(self.layout) if one["buildset"]["uuid"] == item.buildset)
            return next(of_item, None)

        sent: dict[str, Any] = wait_for(f"a message of {item}", found, timeout_s)
        return sent

    def _buildsets(self, tenant: str, project: str, pipeline: str) -> list[str]:
        found = self.api.get(f"tenant/{tenant}/buildsets", project=project, pipeline=pipeline, limit=50)
        return [one["uuid"] for one in found]

    def _builds(self, item: Item) -> tuple[dict[str, Build], str, bool]:
        """The builds of an item that have ended, the message of the reporters, and whether it is complete."""
        buildset = self.api.get(f"tenant/{item.tenant}/buildset/{item.buildset}")
        message, over = str(buildset.get("message") or ""), buildset["result"] is not None
        final: dict[str, str] = {}
        # what was aborted has no final build; the executor still works on one that has no result
        records = [*buildset.get("retry_builds", []), *buildset.get("builds", [])]
        for record in sorted(records, key=lambda record: bool(record["final"])):
            if record["result"] and (record["final"] or over):
                final[record["job_name"]] = str(record["uuid"])
        found = {job: self._build(item.tenant, uuid, message) for job, uuid in final.items()}
        return found, message, over and all(record["result"] for record in records)

    def _build(self, tenant: str, uuid: str, message: str) -> Build:
        record = self.api.get(f"tenant/{tenant}/build/{uuid}")
        return Build(tenant, record, message, self.layout.logs / tenant / uuid)

    def _refuse_waiting_for_nodes(self, item: Item) -> None:
        for one in self.running_builds(item.tenant):
            if one.pipeline == item.pipeline and (one.waiting_for or "").startswith("node"):
                raise RigError(f"{one.job} waits for a node ({one.waiting_for}): its nodeset is not what it should be")
