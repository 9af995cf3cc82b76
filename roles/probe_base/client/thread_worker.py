"""Steps run in threads of the Ansible process instead of in forked workers.

Why: a forked worker costs 15-20 ms of CPU a task (page faults of the copied interpreter, cold template caches), more
than most API calls that a step measures; and a step that waits for the cloud would occupy one of the ``forks`` slots
(5 in Zuul), so that five waiting scenarios hold all others up. A step only hands a line to the session process and
waits for the answer: a thread does that for a fraction of a millisecond, and any number of them can wait.

How: :func:`install` puts a chooser in the place where Ansible's strategies look up their worker class. For the
actions in ``IN_PROCESS`` it makes a :class:`ThreadWorker`: the worker class of the running Ansible with its own
``run`` method, but started in a thread, on copies of the host and the task, which the method alters. The names
through which that method would touch the process (``sys``, ``signal``, ``display``) are replaced by harmless ones in
its globals. Everything else still goes to a forked worker. The action plugins install it when they are loaded in the
main process, so it needs no setting and no strategy plugin (those are deprecated). Where Ansible's insides do not
look as expected nothing is installed, and steps run in forked workers: slower, with the same results. Tested with
ansible-core 2.16, 2.18, 2.19 and the newest.
"""

from __future__ import annotations

import copy
import io
import multiprocessing
import signal
import sys
import threading
import types
from typing import Any

import doze
from ansible.executor.process import worker as ansible_worker
from ansible.plugins import strategy as ansible_strategy
from stackprobe_client import BATON
from task_watch import Watch

_ARGUMENTS = ("final_q", "task_vars", "host", "task")
_BUILTIN = ("set_fact", "include_vars", "debug", "assert", "fail")
IN_PROCESS = frozenset(
    {"probe_call", "probe_wait", "probe_check", "probe_delete", "probe_token", "probe_endpoint"}
    | {"probe_dns", "probe_http", "probe_temporary_url", "probe_quota", "probe_join", "probe_finish"}
    | {"probe_turn", "probe_ssh", "probe_command", "probe_ping", "probe_connect", "probe_spread"}
    | {prefix + name for name in _BUILTIN for prefix in ("", "ansible.builtin.", "ansible.legacy.")}
)


class _Overlay:
    """Stands in for a module or object: some names replaced, all others as they are."""

    def __init__(self, original: object, **replaced: object) -> None:
        self.__dict__.update(replaced, _original=original)

    def __getattr__(self, name: str) -> object:
        return getattr(self._original, name)


def _confined(function: types.FunctionType) -> types.FunctionType:
    """``function`` with globals through which it cannot reach the process that it believes to be its own."""
    confined = {
        **function.__globals__,
        "sys": _Overlay(sys, stdout=io.StringIO(), stderr=io.StringIO()),
        "signal": _Overlay(signal, signal=lambda *_: None),
        "display": _Overlay(ansible_worker.display, set_queue=lambda *_: None),
    }
    result = types.FunctionType(
        function.__code__, confined, function.__name__, function.__defaults__, function.__closure__
    )
    result.__kwdefaults__ = function.__kwdefaults__
    return result


class ThreadWorker(ansible_worker.WorkerProcess):
    """A worker that is a thread: never alive in the eyes of the strategy, so that it occupies no slot."""

    exitcode = None
    pid = None
    _new_stdin = None  # up to ansible-core 2.18; a step reads no input

    def start(self) -> None:
        parent, self._host = self._task._parent, copy.copy(self._host)
        self._task = self._task.copy(exclude_parent=True)
        self._task._parent = parent
        threading.Thread(target=self._in_thread, name=f"step of {self._host.name}", daemon=True).start()

    def _in_thread(self) -> None:
        with BATON:
            types.MethodType(_confined(ansible_worker.WorkerProcess.run), self)()
        doze.DOZER.wake()

    # ``run`` looks ``_run`` up on the instance: it gets the confined one too
    @property
    def _run(self):
        return types.MethodType(_confined(ansible_worker.WorkerProcess._run), self)

    def _detach(self) -> None:
        """Nothing to detach from: the thread shares its process's files."""

    def _hard_exit(self, e: object) -> None:
        """A failure in the worker itself: the task failed, the process goes on."""
        ansible_worker.display.error(f"step of {self._host.name} could not be executed: {e}")

    def is_alive(self) -> bool:
        return False

    def close(self) -> None:
        pass

    def terminate(self) -> None:
        pass

    def join(self, timeout: float | None = None) -> None:
        pass


def install() -> bool:
    """Make strategies start steps in threads. True if they will."""
    if multiprocessing.parent_process() is not None:
        return False
    original = getattr(ansible_strategy, "WorkerProcess", None)
    if getattr(original, "in_threads", False):
        return True
    if original is not ansible_worker.WorkerProcess or not all(
        hasattr(original, name) for name in ("run", "_run", "start")
    ):
        return False

    def choose(*args: Any, **kwargs: Any) -> Any:
        given = dict(zip(_ARGUMENTS, args, strict=False)) | kwargs  # by position up to ansible-core 2.18
        task = given["task"]
        queue = Watch(given["final_q"], task, given["host"], given["task_vars"])
        if "final_q" in kwargs:
            kwargs["final_q"] = queue
        else:
            args = (queue, *args[1:])
        return (ThreadWorker if task.action in IN_PROCESS else original)(*args, **kwargs)

    choose.in_threads = True  # type: ignore[attr-defined]
    ansible_strategy.WorkerProcess = choose
    doze.install()
    return True
