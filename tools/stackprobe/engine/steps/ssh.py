"""``probe_ssh``: a login in a guest, kept for the steps that follow."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stackprobe.engine import tcp
from stackprobe.engine.activity import Activity
from stackprobe.engine.classify import DeadlinePassed, StepError, StepFailure, Unanswered
from stackprobe.engine.evidence import Evidence
from stackprobe.engine.expect import Checked
from stackprobe.engine.ssh.connections import Connection, keep_alive
from stackprobe.engine.ssh.stages import LoginFailed, Stage
from stackprobe.engine.steps.arguments import flag, host, number, port, user
from stackprobe.engine.steps.base import Step, StepContext, StepKind

if TYPE_CHECKING:
    from stackprobe.engine.ssh.login import Login

_CONNECT_S = 5.0
"""How long a silent host is asked before that counts as a try, in seconds; a new packet goes out more often."""
_EVERY_S = 0.5
_HOST_KEY_SOURCES = "given, console, earlier login or first use"
_REFUSED_PAUSE_S, _PAUSE_S = 0.2, 0.5
_LOGIN_PAUSES_S = (0.5, 2.0, 4.0, 5.0, 5.0)
"""OpenSSH 9.8 and later shut out who is refused often: each time counts 5 s, and more than 15 s are too many."""


@dataclass
class _Reached:
    """A connection on which SSH can begin.

    :param ends_by: what is shut down when the step's time is over.
    :param at: when it was up; ``began``: when it began, and ``before`` the try before, if there was one just before;
        all monotonic seconds.
    """

    wire: Any
    ends_by: Any
    at: float
    connect_ms: float
    began: float
    before: float


class SshStep(StepKind):
    """Logs in to a guest as ``user`` at ``host`` and ``port`` (22) with ``key``, the name of a ``$public_key``.

    The login is kept as ``connection`` (default: the step's zone, or ``guest``). ``wait`` (true): until it succeeds.
    ``via`` names an open connection to go through, ``jump`` a host outside of this run. ``server``: the id of the
    server, whose console log names the host key and is kept when the step fails. ``host_key``: a public key, or ``any``
    where the guest may have a new one. ``since``: when what the login ends began, of an earlier step's answer.
    """

    name = "ssh"
    required = frozenset({"host", "user", "key"})
    optional = frozenset({"port", "connection", "via", "jump", "wait", "server", "host_key", "since"})
    default_deadline_s = 300.0

    def run(self, context: StepContext, step: Step) -> Any:
        from stackprobe.engine.ssh import hosts, keys  # noqa: PLC0415  # paramiko takes its time, few runs have guests

        arguments = step.arguments
        private = context.values.private_key(arguments["key"], step.scenario)
        if private is None:
            raise StepError(f"there is no key `{arguments['key']}`: a step makes it with {{$public_key: NAME}}")
        name = str(arguments.get("connection") or step.zone or "guest")
        since = number(arguments, "since", 0, time.monotonic())
        server = str(arguments.get("server") or "")
        if server:
            context.evidence = lambda aside: _console(context, server, aside)
        target = _Target(host(arguments), port(arguments, 22), user(arguments))
        wanted = hosts.Wanted.of(arguments.get("host_key"), context.connections.pinned(step.scenario, name))
        way = _Way.of(context, step)
        trying = _Trying(context, step, target, way, keys.from_memory(private), wanted)
        login = trying.until(wait=flag(arguments, "wait", True))
        context.duration_ms = (login.at - trying.began) * 1000
        if since is not None:
            context.figures["since_ms"] = (login.at - since) * 1000
        try:
            proof = hosts.prove(login, wanted, context, server, trying.again)
        except BaseException:
            login.transport.close()
            raise
        login = proof.login
        context.checks.append(Checked("host key known from", True, _HOST_KEY_SOURCES, str(proof)))
        kept = Connection(name, target.host, target.user, login.transport, way.through)
        if context.connections.pinned(step.scenario, name) == login.host_key:
            kept.known |= context.connections.known(step.scenario, name)  # the same guest as before
        context.connections.pin(step.scenario, name, login.host_key)
        context.connections.keep(step.scenario, kept)
        result = {
            "connection": name,
            "host_key_from": proof.source,
            "fingerprint": keys.fingerprint(login.host_key),
            "server_version": login.version,
            "attempts": trying.attempts,
            **{figure: round(value, 3) for figure, value in context.figures.items()},
        }
        if arguments.get("expect"):
            context.verify(result, arguments["expect"])
        return result


@dataclass(frozen=True)
class _Target:
    host: str
    port: int
    user: str

    def __str__(self) -> str:
        return f"{self.host} port {self.port}"


@dataclass
class _Way:
    """How a guest is reached: directly, or through another connection."""

    through: Connection | None

    @staticmethod
    def of(context: StepContext, step: Step) -> _Way:
        via, jump = step.arguments.get("via"), step.arguments.get("jump")
        if via not in (None, "") and jump:
            raise StepError("a guest is reached `via` a connection or by a `jump` host, not both")
        if via not in (None, ""):
            return _Way(context.connections.get(step.scenario, via))
        if jump:
            from stackprobe.engine.ssh import jump as jump_host  # noqa: PLC0415

            made = jump_host.connection(context.connections, step.scenario, jump, context.activity, context.connection)
            return _Way(made)
        return _Way(None)

    def reach(self, target: _Target, activity: Activity, waited_s: float | None) -> _Reached | tcp.Knock:
        """A connection, or what came of it.

        :param waited_s: how long it was tried before; None: it is not tried again.
        """
        if self.through is not None:
            from stackprobe.engine.ssh import tunnel  # noqa: PLC0415

            began = time.monotonic()
            # A guest sends its packets more seldom the longer it tries: the first minutes' tries are short ones.
            patience_s = 2 * _CONNECT_S if waited_s is None else min(_CONNECT_S, max(1.0, waited_s / 15))
            led = tunnel.reach(self.through, target.host, target.port, activity, patience_s)
            if led.state == tcp.OPEN:
                ends_by = tunnel.Closing(led.channel)
                return _Reached(led.channel, ends_by, time.monotonic(), led.connect_ms, began, began)
            return tcp.Knock(led.state, began, began, detail=led.detail)
        places = tcp.resolve(target.host, target.port)
        patience_s, every_s = (2 * _CONNECT_S, None) if waited_s is None else (_CONNECT_S, _EVERY_S)
        found = tcp.knock(places, activity, patience_s, every_s)
        if found.sock is None:
            return found
        keep_alive(found.sock)
        return _Reached(found.sock, found.sock, time.monotonic(), found.connect_ms, found.began, found.before)


class _Trying:
    """Tries to log in until it succeeds.

    :ivar began: when the first try began, monotonic seconds.
    """

    def __init__(self, context: StepContext, step: Step, target: _Target, way: _Way, key: Any, wanted: Any) -> None:
        self._context, self._step, self._target, self._way = context, step, target, way
        self._key, self._wanted = key, wanted
        self.began, self.attempts, self._refusals = time.monotonic(), 0, 0
        self._furthest = (Stage.CONNECT, "")
        self._last = ""

    def until(self, *, wait: bool) -> Login:
        """The login.

        :raises Unanswered: nothing ever answered.
        :raises StepFailure: something did, but it is no login.
        """
        activity, figures = self._context.activity, self._context.figures
        before = self.began
        while True:
            began = time.monotonic()
            self.attempts += 1
            activity.doing = f"connecting to {self._target}"
            reached = self._way.reach(self._target, activity, began - self.began if wait else None)
            if isinstance(reached, tcp.Knock):
                self._note(Stage.CONNECT, f"no TCP connection ({reached.detail or reached.state})")
                pause_s = _REFUSED_PAUSE_S if reached.state == tcp.REFUSED or reached.detail else 0.0
            else:
                figures.setdefault("reachable_ms", (reached.at - self.began) * 1000)
                found = self._log_in(reached)
                if found is not None:
                    figures["connect_ms"] = reached.connect_ms
                    figures["banner_ms"], figures["login_ms"] = found.banner_ms, found.login_ms
                    if reached.before < reached.began:
                        before = reached.before
                    if before > self.began or self.attempts > 1:
                        self._context.precision_ms = (reached.began - before) * 1000
                    return found
                pause_s = self._pause_s()
            before = reached.began
            if not wait:
                raise self._given_up()
            try:
                self._context.pause(min(pause_s, max(0.25, activity.remaining() / 2)))
            except TimeoutError:
                raise self._given_up() from None

    def again(self, types: Iterable[str]) -> Login | None:
        """Another login, whose host key is of one of these types if the guest has such a one; None if there is none."""
        reached = self._way.reach(self._target, self._context.activity, None)
        return None if isinstance(reached, tcp.Knock) else self._log_in(reached, types)

    def _log_in(self, reached: _Reached, types: Iterable[str] = ()) -> Login | None:
        from stackprobe.engine.ssh import login  # noqa: PLC0415

        activity, wanted = self._context.activity, self._wanted
        types = types or wanted.types
        activity.doing = f"logging in to {self._target}"
        try:
            with activity.holding(reached.ends_by):
                return login.log_in(reached.wire, self._target.user, self._key, activity, types, wanted.check)
        except LoginFailed as failed:
            self._note(failed.stage, str(failed))
            return None

    def _note(self, stage: Stage, message: str) -> None:
        self._refusals += stage is Stage.LOGIN
        cut = self.attempts > 1 and self._context.activity.remaining() <= 0  # what it ended with says less
        if stage > self._furthest[0] or (stage is self._furthest[0] and not cut):
            self._furthest = (stage, message)
        if not cut:
            self._last = message

    def _pause_s(self) -> float:
        if not self._refusals:
            return _PAUSE_S
        return _LOGIN_PAUSES_S[min(self._refusals, len(_LOGIN_PAUSES_S)) - 1]

    def _given_up(self) -> Exception:
        stage, message = self._furthest
        waited_s = time.monotonic() - self.began
        if self.attempts > 1:
            message += f"; within {waited_s:.1f} s, {self.attempts} tries"
            if self._last != self._furthest[1]:
                message += f"; the last one: {self._last}"
        message = f"no login to {self._target}: {message}"
        if stage is Stage.CONNECT:
            return Unanswered(message)
        return (DeadlinePassed if self._context.activity.remaining() <= 0 else StepFailure)(message)


def _console(context: StepContext, server: str, aside: Activity) -> Evidence | None:
    from stackprobe.engine import console  # noqa: PLC0415

    text = console.read(context.connection, server, aside, aside.remaining())
    if not text:
        return Evidence("; its console log is empty" if text is not None else "; the cloud gives no console log")
    return Evidence(f"; its console log ends: {console.last_lines(text)}", text)
