"""Records every task of a playbook in a journal of stackprobe. Runs in Ansible's own Python, of 3.10 or newer."""

from __future__ import annotations

import atexit
import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from ansible.plugins.callback import CallbackBase
from ansible.release import __version__ as ansible_version

DOCUMENTATION = """
    name: stackprobe_recorder
    type: notification
    short_description: records every task for stackprobe
    description:
      - Writes C(journal.jsonl) into the directory that E(STACKPROBE_RECORD_DIR) names; without it nothing is done.
      - Receives what openstacksdk reports of its API calls.
    requirements:
      - enable it in the configuration
"""


def _package() -> None:
    """Make this very copy of stackprobe importable, and nothing else that lies beside it."""
    if "stackprobe" in sys.modules:
        return
    folder = Path(__file__).resolve().parents[2]
    spec = importlib.util.spec_from_file_location(
        "stackprobe", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"stackprobe is not in {folder}")
    module: ModuleType = importlib.util.module_from_spec(spec)
    sys.modules["stackprobe"] = module
    spec.loader.exec_module(module)


_package()

from stackprobe.journal.writer import JournalError  # noqa: E402
from stackprobe.recording.chronicle import Task  # noqa: E402
from stackprobe.recording.environment import DIRECTORY, settings  # noqa: E402
from stackprobe.recording.handling import handling  # noqa: E402
from stackprobe.recording.live import Live  # noqa: E402
from stackprobe.recording.tags import flattened, parse  # noqa: E402


class CallbackModule(CallbackBase):
    """Turns Ansible's objects into plain values for `stackprobe.recording.live.Live`."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "stackprobe_recorder"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._live: Live | None = None
        self._play: Any = None
        self._names: dict[str, str] = {}
        self._items: dict[tuple[str, str], list[str]] = {}
        self._known_hosts: set[tuple[str, str]] = set()
        wanted = settings(os.environ)
        if wanted is None:
            self._display.warning(f"stackprobe: nothing is recorded, set {DIRECTORY} to the directory of the journal")
            return
        try:
            self._live = Live(wanted, os.environ)
        except (OSError, JournalError) as error:
            self._display.warning(f"stackprobe: nothing is recorded: {error}")
            return
        os.environ.update(self._live.variables())
        atexit.register(self._guarded, Live.close)

    def _guarded(self, do: Callable[..., None], *values: Any) -> None:
        """A recorder that fails must neither break the playbook nor look like success."""
        if self._live is None:
            return
        try:
            do(self._live, *values)
        except JournalError as error:
            self._display.warning(f"stackprobe: nothing more is recorded: {error}")
            self._live = None
        except Exception as error:
            message = f"a task was not recorded: {type(error).__name__}: {error}"
            self._display.warning(f"stackprobe: {message}")
            try:
                self._live.broken(message)
            except JournalError:
                self._live = None

    def v2_playbook_on_start(self, playbook: Any) -> None:
        self._guarded(self._on_start, playbook)

    def v2_playbook_on_play_start(self, play: Any) -> None:
        self._guarded(self._on_play, play)

    def v2_playbook_on_no_hosts_matched(self) -> None:
        self._guarded(self._on_no_hosts)

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        self._guarded(self._on_task, task)

    def v2_playbook_on_handler_task_start(self, task: Any) -> None:
        self._guarded(self._on_task, task)

    def v2_playbook_on_cleanup_task_start(self, task: Any) -> None:
        self._guarded(self._on_task, task)

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        self._guarded(self._on_begin, host, task)

    def v2_runner_on_ok(self, result: Any) -> None:
        self._guarded(self._on_end, result, "ok")

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._guarded(self._on_end, result, "skipped")

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._guarded(self._on_end, result, "failed", ignore_errors)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._guarded(self._on_end, result, "unreachable")

    def v2_runner_item_on_ok(self, result: Any) -> None:
        self._guarded(self._on_item, result, "ok")

    def v2_runner_item_on_failed(self, result: Any) -> None:
        self._guarded(self._on_item, result, "failed")

    def v2_runner_item_on_skipped(self, result: Any) -> None:
        self._guarded(self._on_item, result, "skipped")

    def v2_playbook_on_stats(self, stats: Any) -> None:
        self._guarded(self._on_stats, stats)

    def _on_start(self, live: Live, playbook: Any) -> None:
        file = getattr(playbook, "_file_name", None)
        plays = [(play._uuid, _play_name(play), file) for play in playbook.get_plays()]
        live.open(plays, ansible_version)

    def _on_play(self, live: Live, play: Any) -> None:
        self._play = play
        live.begin_play(play._uuid, _play_name(play), self._variables(play, None, None))

    def _on_no_hosts(self, live: Live) -> None:
        live.nothing_to_do("no hosts matched: nothing was done")

    def _on_task(self, _live: Live, task: Any) -> None:
        self._names[task._uuid] = str(task.get_name())  # it is templated for the time of this call only

    def _on_begin(self, live: Live, host: Any, task: Any) -> None:
        live.begin(self._task(live, host, task))

    def _on_item(self, _live: Live, result: Any, status: str) -> None:
        self._items.setdefault((result._host.get_name(), result._task._uuid), []).append(status)

    def _on_end(self, live: Live, result: Any, status: str, ignored: bool = False) -> None:
        host, task = result._host, result._task
        values = _with_items(result._result, self._items.pop((host.get_name(), task._uuid), []))
        how, remark = None, ""
        if status == "failed":
            how, remark = handling(task, bool(ignored))
        elif status == "unreachable":
            how, remark = handling(task, bool(getattr(task, "ignore_unreachable", False)), "ignore_unreachable")
        live.end(self._task(live, host, task), values, status, how, remark)

    def _on_stats(self, live: Live, stats: Any) -> None:
        live.end_playbook(sum(stats.failures.values()) + sum(stats.dark.values()))

    def _task(self, live: Live, host: Any, task: Any) -> Task:
        """What is known of a task on a host."""
        name = str(host.get_name())
        file, _, line = str(task.get_path() or "").rpartition(":")
        shown = str(task.get_name())
        return Task(
            name=self._names.get(task._uuid) or shown,
            host=name,
            raw_name=_raw_name(task) or shown,
            action=str(task.action),
            tags=parse(self._tags(live, host, task)),
            file=os.path.relpath(file) if file.startswith(os.getcwd() + os.sep) else file or None,
            line=int(line) if line.isdigit() else None,
        )

    def _tags(self, live: Live, host: Any, task: Any) -> list[str]:
        """The tags with their variables filled in; one that cannot be stays as it is, without meaning."""
        tags = list(flattened(task.tags))
        known = (self._play._uuid, host.get_name())
        fresh = known not in self._known_hosts
        if not fresh and not any("{{" in tag for tag in tags):
            return tags
        variables = self._variables(self._play, host, task)
        if fresh:
            self._known_hosts.add(known)
            live.learn(variables)
        return [self._templated(live, tag, variables) for tag in tags]

    def _templated(self, live: Live, tag: str, variables: dict[str, Any]) -> str:
        if "{{" not in tag:
            return tag
        from ansible.template import Templar  # noqa: PLC0415  # where there is nothing to fill in, it costs nothing

        try:
            loader = self._play.get_loader()
            return str(Templar(loader=loader, variables=variables).template(_trusted(tag)))
        except Exception as error:
            with live.lock:
                live.chronicle.note(f"the tag {tag} has no value: {error}", level="warning")
            return tag.partition("=")[0]

    def _variables(self, play: Any, host: Any, task: Any) -> dict[str, Any]:
        try:
            return dict(play.get_variable_manager().get_vars(play=play, host=host, task=task))
        except Exception:  # what cannot be computed, Ansible tells itself, and better
            return {}


def _with_items(values: dict[str, Any], statuses: list[str]) -> dict[str, Any]:
    """The result with what became of each item of a loop, which results since Ansible 2.20 do not say."""
    results = values.get("results")
    if not isinstance(results, list) or len(results) != len(statuses):
        return values
    told = [
        {**one, "failed": status == "failed", "skipped": status == "skipped"} if isinstance(one, dict) else one
        for one, status in zip(results, statuses, strict=True)
    ]
    return {**values, "results": told}


def _play_name(play: Any) -> str:
    return str(play.get_name() or play.hosts)


def _raw_name(task: Any) -> str | None:
    """The name as it stands in the playbook. Ansible keeps what it has read; its task may be templated already."""
    read = getattr(task, "_ds", None)
    name = read.get("name") if isinstance(read, dict) else None
    role = getattr(task, "_role", None)
    return f"{role.get_name()} : {name}" if name and role is not None else name


def _trusted(text: str) -> Any:
    """The text as a template that may be filled in, which Ansible since 2.19 asks for."""
    try:
        from ansible.template import trust_as_template  # noqa: PLC0415  # not before 2.19
    except ImportError:
        return text
    return trust_as_template(text)
