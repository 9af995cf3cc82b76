"""``probe_call``: one method of openstacksdk."""

from __future__ import annotations

import contextlib
import email.utils
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from stackprobe.engine import expect
from stackprobe.engine.classify import StepError, StepFailure, StepSkipped, describe, status_of
from stackprobe.engine.steps.base import Step, StepContext, StepKind, invoke, split_arguments
from stackprobe.engine.steps.token import with_token
from stackprobe.engine.steps.wait import WaitStep
from stackprobe.redact import REDACTED

MAX_RETRIES = 3
"""How often a 429 with ``Retry-After`` is obeyed within one step."""
_WORDS = 300


class _RefusedAsExpected(Exception):
    """Nothing was created, as it should be. The ledger goes by its status."""

    def __init__(self, answer: dict[str, int]) -> None:
        super().__init__(answer)
        self.answer = answer
        (self.http_status,) = answer.values()


class CallStep(StepKind):
    """Calls ``call`` with ``args``.

    ``creates`` names the kind of resource that is made: its name is written to the journal before the request is sent.
    ``along`` maps kinds to names of what the cloud makes of itself by this call (the image of a shelved server).
    ``read_back`` names a method that gets such a resource by its id: what the answer promised must hold there too, so
    that an invented answer is noticed. It does not count into the step's duration.
    ``then`` (arguments of ``probe_wait``; its ``args`` are by default the id in the answer) keeps the step going until
    what the call set going has arrived: its duration is what a customer waits, its result the last answer.
    ``identity`` is where the id stands in the answer, for ``creates``, ``read_back`` and ``then``; default ``id``.
    ``remember`` takes secrets out of the answer before anybody sees it: a mapping of the name under which
    ``{$secret: name}`` gives one back to where it stands.
    ``refused`` turns the expectation round: the cloud must refuse with one of these statuses.
    ``may_refuse`` lists statuses with which the cloud may refuse as well as do it; the result is then
    ``{refused: status}``.
    ``not_offered`` maps statuses to what is found in the refusal (a regular expression) when the cloud does not offer
    what is asked of it: the step is then skipped, with the cloud's own words.
    ``unless_role`` names a role whose users are above what the step proves; for them it is skipped.
    ``as`` is the name under which ``probe_token`` remembered the token that the call is made with, not the run's own.
    A 429 that says when to come back is obeyed; each attempt is a call record and the step counts as retried.
    """

    name = "call"
    required = frozenset({"call"})
    optional = frozenset(
        {
            *("args", "creates", "name", "identity", "along", "read_back", "then", "remember"),
            *("refused", "may_refuse", "not_offered", "unless_role", "as"),
        }
    )

    def run(self, context: StepContext, step: Step) -> Any:
        _skip_for_role(context, step.arguments.get("unless_role"))
        if step.arguments.get("as"):
            context.connection = with_token(context, str(step.arguments["as"]), step.scenario)
        with _intended_along(context, step):
            result = self._create(context, step) if step.arguments.get("creates") else self._call(context, step)
        if step.arguments.get("may_refuse") and _is_refusal(result):
            return result
        if step.arguments.get("remember"):
            _remember(context, step, result)
        if step.arguments.get("expect"):
            context.verify(result, step.arguments["expect"])
        if step.arguments.get("read_back"):
            self._read_back(context, step, result)
        return self._then(context, step, result) if step.arguments.get("then") else result

    def _create(self, context: StepContext, step: Step) -> Any:
        kind, name = step.arguments["creates"], _own_name(context, step)
        try:
            with context.ledger.creating(step.scenario, kind, name, context.activity.uncertain) as created:
                result = self._call(context, step)
                if step.arguments.get("refused") or (step.arguments.get("may_refuse") and _is_refusal(result)):
                    raise _RefusedAsExpected(result)
                named = "identity" in step.arguments or not isinstance(result, dict)
                identity = _identity(step, result) if named else context.ledger.identity(kind, result, name)
                if not identity:
                    raise StepFailure(f"the answer names no id of the {kind} that was to be created")
                created(identity)
        except _RefusedAsExpected as refusal:
            return refusal.answer
        return result

    @staticmethod
    def _read_back(context: StepContext, step: Step, answer: Any) -> None:
        identity = _identity(step, answer)
        if not identity:
            raise StepFailure("the answer names no id to read back")
        context.duration_ms = context.activity.wire_ms()
        found = invoke(context, step.arguments["read_back"], [identity], step.scenario)
        context.verify(found, {"id": identity, **(step.arguments.get("expect") or {})}, "read back: ")

    @staticmethod
    def _then(context: StepContext, step: Step, answer: Any) -> Any:
        if not isinstance(step.arguments["then"], Mapping):
            raise StepError("`then` must be a mapping of arguments of probe_wait")
        arguments = dict(step.arguments["then"])
        if "args" not in arguments and (identity := _identity(step, answer)):
            arguments["args"] = [identity]
        WaitStep.validate(arguments)
        request_ms = context.duration_ms or context.activity.wire_ms() or 0.0
        result = WaitStep().run(context, replace(step, arguments=arguments))
        context.duration_ms = request_ms + (context.duration_ms or 0.0)
        return result

    def _call(self, context: StepContext, step: Step) -> Any:
        refused, may_refuse = step.arguments.get("refused"), step.arguments.get("may_refuse")
        while True:
            try:
                result = invoke(context, step.arguments["call"], step.arguments.get("args"), step.scenario)
            except Exception as error:
                status = status_of(error)
                _skip_what_is_not_offered(step.arguments.get("not_offered"), status, error)
                if refused and status in _statuses(refused):
                    return {"status": status}
                if may_refuse and status in _statuses(may_refuse):
                    return {"refused": status}
                if refused and status is not None and status < 500:
                    raise StepFailure(f"expected a refusal with {refused}, got HTTP {status}", status) from error
                if not self._may_retry(context, error):
                    raise
                continue
            if refused:
                raise StepFailure(f"expected a refusal with {refused}, but the cloud did it")
            return result

    @staticmethod
    def _may_retry(context: StepContext, error: BaseException) -> bool:
        if status_of(error) != 429 or context.retries >= MAX_RETRIES:
            return False
        after_s = _retry_after_s(getattr(getattr(error, "response", None), "headers", {}))
        if after_s is None or after_s >= context.activity.remaining():
            return False
        context.retries += 1
        context.pause(after_s)
        return True


def _skip_for_role(context: StepContext, role: Any) -> None:
    session: Any = context.connection.session
    if role and role in (session.auth.get_access(session).role_names or []):
        raise StepSkipped(f"the probe's user has the role {role}, of whom other rules are true")


def _skip_what_is_not_offered(not_offered: Any, status: int | None, error: Exception) -> None:
    if not_offered and not isinstance(not_offered, Mapping):
        raise StepError("`not_offered` must be a mapping of HTTP statuses to regular expressions")
    details = getattr(error, "details", None)
    words = " ".join(details.split())[:_WORDS] if isinstance(details, str) and details else describe(error)
    for known, pattern in (not_offered or {}).items():
        try:
            found = str(known) == str(status) and re.search(str(pattern), words)
        except re.error as problem:
            raise StepError(f"`not_offered` of {known} is no regular expression: {problem}") from None
        if found:
            raise StepSkipped(f"the cloud does not offer it (HTTP {status}): {words}")


def _identity(step: Step, answer: Any) -> str | None:
    """The id of what an answer is about."""
    value = expect.lookup(answer, str(step.arguments.get("identity") or "id"))
    return str(value) if value else None


def _remember(context: StepContext, step: Step, answer: Any) -> None:
    """Take the secrets that a step names out of an answer, in which ``***`` stands for them from now on.

    :raises StepFailure: the answer lacks one.
    """
    wanted = step.arguments["remember"]
    if not isinstance(wanted, Mapping):
        raise StepError("`remember` must be a mapping of names of secrets to where they stand in the answer")
    for name, path in wanted.items():
        *parents, last = str(path).split(".")
        holder = expect.lookup(answer, ".".join(parents) or ".")
        secret = holder.get(last) if isinstance(holder, dict) else None
        if not isinstance(secret, str) or not secret:
            raise StepFailure(f"the answer holds no {path}")
        context.values.remember(str(name), step.scenario, secret)
        holder[last] = REDACTED


def _is_refusal(result: Any) -> bool:
    return isinstance(result, dict) and set(result) == {"refused"}


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    """When the cloud wants to be asked again, in seconds from now: HTTP allows a number and a date."""
    after = str(headers.get("Retry-After", "")).strip()
    if after.isdigit():
        return float(after)
    try:
        when = email.utils.parsedate_to_datetime(after)
        now = (
            email.utils.parsedate_to_datetime(headers["Date"])  # its own clock: ours may be another
            if "Date" in headers
            else datetime.now(UTC)
        )
    except (TypeError, ValueError):
        return None
    return max(0.0, (when - now).total_seconds())


def _statuses(refused: Any) -> set[int]:
    values = refused if isinstance(refused, list | tuple) else [refused]
    try:
        return {int(value) for value in values}
    except (TypeError, ValueError):
        raise StepError(f"`refused` must be HTTP statuses, not {refused!r}") from None


@contextlib.contextmanager
def _intended_along(context: StepContext, step: Step) -> Iterator[None]:
    """Around the request by which the cloud makes something else too: it is known by its name alone."""
    along = step.arguments.get("along") or {}
    if not isinstance(along, Mapping):
        raise StepError("`along` must be a mapping of kinds to names")
    with contextlib.ExitStack() as stack:
        for kind, name in along.items():
            _check_own(context, name)
            stack.enter_context(context.ledger.creating(step.scenario, kind, name, context.activity.uncertain))
        yield


def _own_name(context: StepContext, step: Step) -> str:
    _, keywords = split_arguments(step.arguments.get("args"))
    name = step.arguments.get("name") or keywords.get("name") or keywords.get("description")
    return _check_own(context, name)


def _check_own(context: StepContext, name: Any) -> str:
    if not isinstance(name, str) or not name.startswith(context.own_prefix):
        raise StepError(
            f"what a step creates must be named by this run ({context.own_prefix}…), or no sweep would find it;"
            f" this one is named {name!r}. Use {{{{ probe_name }}}}"
        )
    return name
