"""The rig's parts put together: what runs, what it is given, and how it ends."""

from __future__ import annotations

import concurrent.futures
import functools
import json
import os
import re
import secrets
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

from pocketcloud.services import HOST

from tests.support import packages
from tests.support.ports import claim
from tests.zuul.rig import (
    certificates,
    configuration,
    mqtt,
    node,
    repositories,
    sandbox,
    tenants,
    venvs,
    zookeeper,
)
from tests.zuul.rig.api import Api
from tests.zuul.rig.errors import RigError
from tests.zuul.rig.layout import Layout
from tests.zuul.rig.log_store import LogStore
from tests.zuul.rig.ports import answers
from tests.zuul.rig.processes import Process

CHECKOUT = Path(__file__).resolve().parents[3]
CONFIG_PROJECT = Path(__file__).parents[1] / "config-project"
INSIDE = Path(__file__).with_name("inside")
#: What must not find its way from the tests' environment into jobs.
FOREIGN = re.compile(r"(PYTHON|OS_|ANSIBLE_|STACKPROBE_|POCKETCLOUD_|PYTEST_|TOX_|VIRTUAL_ENV|XDG_|ZUUL_)")


class Services:
    """Zuul's services, from their start to their end, with a tenant for each folder; a context manager.

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

    def __enter__(self) -> Self:
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
        zookeeper_port, web_port, finger_port, mqtt_port, node_port = claim(5)
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
        return answers(self.finger_port) and any(one["state"] == "running" for one in found)

    def check(self) -> None:
        """Raise RigError, with the end of the log, when a service has ended by itself."""
        for process in self._started:
            if process is not self.executor:  # tests kill that one
                process.check()


def _environment(layout: Layout) -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if not FOREIGN.match(name) and not name.startswith("PIP_")
    }
    return {**kept, "HOME": str(layout.home)}
