"""The rig: the parts put together, and what tests do with it."""

from __future__ import annotations

import concurrent.futures
import functools
import json
import os
import re
import secrets
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from pocketcloud.services import HOST

from tests.support import packages
from tests.zuul.rig import (
    certificates,
    configuration,
    mqtt,
    node,
    ports,
    repositories,
    sandbox,
    tenants,
    venvs,
    zookeeper,
)
from tests.zuul.rig.api import Api
from tests.zuul.rig.builds import Build, Item, Running
from tests.zuul.rig.encryption import encrypt
from tests.zuul.rig.errors import RigError
from tests.zuul.rig.layout import Layout
from tests.zuul.rig.log_store import LogStore
from tests.zuul.rig.processes import Process, wait_for

CHECKOUT = Path(__file__).resolve().parents[3]
CONFIG_PROJECT = Path(__file__).parents[1] / "config-project"
INSIDE = Path(__file__).with_name("inside")
MAIN = "refs/heads/main"
#: Zuul takes no longer than this to see what was enqueued.
ENQUEUE_LIMIT_S = 30.0
#: Zuul takes no longer than this to read a tenant's configuration.
RECONFIGURE_LIMIT_S = 60.0
#: No test needs a job that waits longer for a node: there is one node, or none.
NODE_LIMIT_S = 30.0
#: What must not find its way from the tests' environment into jobs.
FOREIGN = re.compile(r"(PYTHON|OS_|ANSIBLE_|STACKPROBE_|POCKETCLOUD_|PYTEST_|TOX_|VIRTUAL_ENV|XDG_|ZUUL_)")


class Rig:
    """A running Zuul with a tenant for each folder; a context manager.

    :param values: for the placeholders in the operators' repositories, beside those of `placeholders`.
    :param of: the tenants; by default one for each folder of `tests/zuul/tenants`.
    :param keep: leave the directory behind, for a look at the services' logs.
    """

    #: The placeholders that need no value from outside.
    own_placeholders = frozenset(("ZUUL_URL", "LOG_URL", "LOG_ROOT", *node.PLACEHOLDERS))

    def __init__(
        self,
        values: Mapping[str, str] | None = None,
        of: Iterable[tenants.Tenant] | None = None,
        keep: bool = False,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.tenants = {tenant.name: tenant for tenant in (tenants.discover() if of is None else of)}
        self.keep = keep
        self._values = dict(values or {})
        self._say = say
        self._secret = secrets.token_urlsafe(24)
        self._started: list[Process] = []
        self._log_store: LogStore | None = None
        self._handlers: dict[signal.Signals, Any] = {}

    # -- its life -----------------------------------------------------------------------------------------------------

    def __enter__(self) -> Rig:
        self._catch_signals()
        self.layout = Layout(Path(tempfile.mkdtemp(prefix="zuul-rig-")))
        try:
            self._start()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._stop()
        finally:
            if self.keep:
                self._say(f"kept {self.layout.root}")
            else:
                shutil.rmtree(self.layout.root, ignore_errors=True)
            for number, handler in self._handlers.items():
                signal.signal(number, handler)

    def _catch_signals(self) -> None:
        """Let SIGTERM end the rig in an orderly way, where nobody else has said what it is to do."""

        def leave(number: int, frame: FrameType | None) -> None:
            raise KeyboardInterrupt  # pytest takes any other exception for the failure of one test

        if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
            self._handlers[signal.SIGTERM] = signal.signal(signal.SIGTERM, leave)

    def _start(self) -> None:
        if absent := packages.missing("zuul"):
            raise RigError(f"not installed: {', '.join(absent)}; apt-get install {' '.join(absent)}")
        zuul, ansible = venvs.zuul_venv(), venvs.ansible_root()
        layout = self.layout
        layout.make()
        certificates.make(layout.certificates)
        zookeeper_port, web_port, finger_port, mqtt_port, node_port = ports.claim(5)
        self.finger_port = finger_port
        self.url = f"http://{HOST}:{web_port}"
        self.api = Api(self.url, self._secret)
        environment = _environment(layout)
        keeper = zookeeper.process(layout, zookeeper_port, environment)
        self._begin(keeper)  # it takes its time; the repositories are made meanwhile
        self._begin(broker := mqtt.broker(layout, mqtt_port, environment))
        self._log_store = LogStore(layout.logs)
        pip = sandbox.pip_environment()
        if any(tenant.placeholders() & set(node.PLACEHOLDERS) for tenant in self.tenants.values()):
            self._values.update(node.placeholders(layout, node_port))
            self._begin(node.process(layout, node_port, environment, pip))
        self._make_repositories()
        pythons = (*(ansible / version / "bin" / "python" for version in venvs.ANSIBLE_VERSIONS), Path(sys.executable))
        executor = configuration.Executor(ansible, tuple(sandbox.readable(pythons, pip)))
        where = configuration.Ports(zookeeper_port, web_port, finger_port, mqtt_port)
        configuration.write(layout, where, executor, self.tenants.values(), self._secret)
        broker.await_ready()
        self._begin(collector := mqtt.collector(layout, mqtt_port, zuul / "bin" / "python", environment))
        keeper.await_ready()
        collector.await_ready()
        self._start_services(zuul, environment, pip)
        self._say(f"Zuul: {self.url}  logs of builds: {self._log_store.url}  services' logs: {layout.log}")

    def _start_services(self, zuul: Path, environment: Mapping[str, str], pip: Mapping[str, str]) -> None:
        root, python = self.layout.root, zuul / "bin" / "python"
        conf = ("-f", "-c", self.layout.zuul_conf)
        scheduler = Process("scheduler", root, [python, INSIDE / "scheduler.py", *conf], environment)
        self.executor = Process(
            "executor",
            root,
            [python, INSIDE / "executor.py", *conf],
            {**environment, **pip, "ZUUL_RIG_TMP": str(self.layout.temporary)},
            self._executor_ready,
        )
        web = Process("web", root, [zuul / "bin" / "zuul-web", *conf], environment, self._layouts_loaded)
        services = [scheduler, self.executor, web]
        if "NODE_PORT" in self._values:
            services.append(Process("launcher", root, [zuul / "bin" / "zuul-launcher", *conf], environment))
        for process in services:
            self._begin(process)
        for process in reversed(services):
            process.await_ready()

    def _begin(self, process: Process) -> None:
        self._started.append(process)
        process.start()

    def _stop(self) -> None:
        # ZooKeeper last: the others say goodbye to it
        for process in reversed(self._started[1:]):
            process.ask_to_stop()
        for process in reversed(self._started):
            process.stop()
        if self._log_store is not None:
            self._log_store.close()

    def _make_repositories(self) -> None:
        work = self.layout.root / "work"
        write: dict[str, Callable[[Path], None]] = {
            tenants.STACKPROBE: functools.partial(repositories.copy_checkout, CHECKOUT)
        }
        for tenant in self.tenants.values():
            write[tenant.project] = functools.partial(tenant.write_repository, values=self.placeholders)
            write[tenant.config_project] = functools.partial(self._write_config_project, tenant, work / tenant.project)
        for name, into in write.items():
            (work / name).mkdir()
            into(work / name)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for made in [
                pool.submit(repositories.publish, work / name, self.layout.repositories / name) for name in write
            ]:
                made.result()

    def _write_config_project(self, tenant: tenants.Tenant, repository: Path, place: Path) -> None:
        repositories.copy_folder(CONFIG_PROJECT, place, self.placeholders)
        file, templates = place / "zuul.d" / "pipelines.yaml", CHECKOUT / "zuul.d" / "project-templates.yaml"
        file.write_text(json.dumps(tenants.pipelines(tenant, repository, templates, file), indent=1))

    @property
    def placeholders(self) -> dict[str, str]:
        """What `@NAME@` stands for in the repositories: what tests gave, and what only the rig knows."""
        own = {"ZUUL_URL": self.url, "LOG_URL": self.log_url, "LOG_ROOT": str(self.layout.logs)}
        return {**self._values, **own}

    @property
    def log_url(self) -> str:
        """The log store's address."""
        if self._log_store is None:
            raise RigError("the rig is not running")
        return self._log_store.url

    def _layouts_loaded(self) -> bool:
        loaded = {tenant["name"] for tenant in self.api.get("tenants")}
        # the first answer that is no error means that the layout is loaded
        return set(self.tenants) <= loaded and all(self.api.get(f"tenant/{name}/status") for name in self.tenants)

    def _executor_ready(self) -> bool:
        found = self.api.get("components").get("executor", [])
        return ports.answers(self.finger_port) and any(one["state"] == "running" for one in found)

    # -- what tests do ------------------------------------------------------------------------------------------------

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
            found: dict[str, Build] = wait_for("the builds have ended", ended, timeout_s, interval_s=0.5)
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

    def check(self) -> None:
        """Raise RigError, with the end of the log, when a service has ended by itself."""
        for process in self._started:
            if process is not self.executor:  # tests kill that one
                process.check()

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


def _environment(layout: Layout) -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if not FOREIGN.match(name) and not name.startswith("PIP_")
    }
    return {**kept, "HOME": str(layout.home)}
