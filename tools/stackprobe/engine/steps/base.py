"""What all kinds of steps share: arguments, the context they work in, how an SDK method is found and called."""

from __future__ import annotations

import inspect
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import openstack.exceptions
import requests

from stackprobe.engine import expect
from stackprobe.engine.activity import Activity
from stackprobe.engine.classify import StepError, StepFailure, status_of
from stackprobe.engine.evidence import Evidence
from stackprobe.engine.ledger import Ledger
from stackprobe.engine.plain import plain
from stackprobe.engine.ssh.connections import Connections
from stackprobe.engine.values import Values
from stackprobe.redact import is_secret_name
from stackprobe.vendor import problem_of

if TYPE_CHECKING:
    import openstack.connection

COMMON = {"deadline", "limit", "zone", "expect", "skip", "background"}


@dataclass(frozen=True)
class Step:
    """A step as a scenario asks for it.

    :param kind: which kind (``call``, ``wait``, …).
    :param name: what people call it; unique within the scenario and zone.
    :param file: where it stands, with ``line``.
    """

    kind: str
    scenario: str
    name: str
    arguments: dict[str, Any]
    zone: str | None = None
    file: str | None = None
    line: int | None = None


@dataclass
class StepContext:
    """What a step works with.

    :param own_prefix: how every name of this run begins (``<prefix>-<run id>-``).
    :param checks: filled by the step: every expectation that was evaluated.
    :param resent: what the step itself sent again and is no call to a cloud's API (a question to a name server).
    :param http_status: what a watched host answered, which is no call to a cloud's API either.
    :param figures: what else the step measured, by names that end with their unit (``dns_ms``, ``certificate_days``).
    :param fatal: False when the scenario can go on although the step did not pass.
    :param connections: the scenarios' connections to guests.
    :param attachments: files in the run's directory that belong to the step.
    :param evidence: asked when the step failed, outside of its time: what else its record should have.
    :param found: what a step that fails has found all the same; its result then.
    """

    connection: openstack.connection.Connection
    activity: Activity
    ledger: Ledger
    values: Values
    own_prefix: str
    connections: Connections = field(default_factory=Connections)
    checks: list[expect.Checked] = field(default_factory=list)
    polls: int | None = None
    precision_ms: float | None = None
    duration_ms: float | None = None
    poll_interval_s: float = 1.0
    retries: int = 0
    resent: int = 0
    http_status: int | None = None
    figures: dict[str, float] = field(default_factory=dict)
    fatal: bool = True
    attachments: list[str] = field(default_factory=list)
    evidence: Callable[[Activity], Evidence | None] | None = None
    found: Any = None

    def pause(self, seconds: float) -> None:
        """Sleep, but never past the step's deadline.

        :raises TimeoutError: when the deadline comes first.
        """
        remaining = self.activity.remaining()
        end = time.monotonic() + min(seconds, remaining)
        while (left := end - time.monotonic()) > 0 and not self.activity.aborted:
            time.sleep(min(left, 0.25))
        if self.activity.remaining() <= 0:
            raise TimeoutError("deadline passed")

    def verify(self, value: Any, expectations: Any, when: str = "") -> None:
        """Check ``expectations`` on ``value``; every one is recorded.

        :param when: put in front of each check's name.
        :raises StepFailure: when one does not hold.
        """
        expectations = plain(self.values.resolve(expectations, self.activity.scenario))
        for path in expectations if isinstance(expectations, Mapping) else ():
            actual = expect.lookup(value, str(path))
            if isinstance(actual, str) and is_secret_name(str(path).rpartition(".")[2]):
                self.values.hide(actual)  # a secret that must not be told is told by no report either
        found = [replace(one, name=when + one.name) for one in expect.check(value, expectations)]
        self.checks += found
        broken = [str(one) for one in found if not one.holds]
        if broken:
            raise StepFailure(f"expected that {'; '.join(broken)}")


class StepKind(ABC):
    """One kind of step."""

    name: ClassVar[str]
    required: ClassVar[frozenset[str]] = frozenset()
    optional: ClassVar[frozenset[str]] = frozenset()
    default_deadline_s: ClassVar[float] = 60.0

    @classmethod
    def validate(cls, arguments: Mapping[str, Any]) -> None:
        """Check that the arguments are those this kind knows.

        :raises StepError: naming what is missing, unknown or of the wrong type.
        """
        missing = sorted(cls.required - set(arguments))
        unknown = sorted(set(arguments) - cls.required - cls.optional - COMMON)
        if missing:
            raise StepError(f"probe_{cls.name} lacks {_quoted(missing)}")
        if unknown:
            known = sorted(cls.required | cls.optional | COMMON)
            raise StepError(f"probe_{cls.name} does not know {_quoted(unknown)}; it knows {_quoted(known)}")
        for key in ("deadline", "limit"):
            seconds(arguments, key, None)

    @abstractmethod
    def run(self, context: StepContext, step: Step) -> Any:
        """Do it. Returns what the scenario gets as ``result``, in plain data.

        :raises Exception: anything; it is judged by :class:`stackprobe.engine.classify.Judge`.
        """


def seconds(arguments: Mapping[str, Any], key: str, default: float | None) -> float | None:
    """The argument ``key`` as a number of seconds; an empty one means none.

    :raises StepError: when it is no positive number.
    """
    value = arguments.get(key)
    if value in (None, ""):
        return default
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = -1.0
    if not 0 < number < 7 * 86400:
        raise StepError(f"`{key}` must be a number of seconds greater than 0, not {value!r}")
    return number


def method(context: StepContext, path: Any) -> Callable[..., Any]:
    """The method of openstacksdk's Connection with a dotted path, like ``compute.create_server``.

    :raises StepError: when there is none.
    """
    found: Any = context.connection
    if not isinstance(path, str) or any(not part or part.startswith("_") for part in path.split(".")):
        raise StepError(f"`call` must name a method of openstacksdk like compute.create_server, not {path!r}")
    for part in path.split("."):
        try:
            found = getattr(found, part)
        except AttributeError as error:
            if status_of(error) is not None or context.activity.calls:
                raise
            reason = problem_of(context.connection)
            raise StepError(f"openstacksdk has no method `{path}`{f': {reason}' if reason else ''}") from None
    if not callable(found):
        raise StepError(f"`{path}` of openstacksdk is no method")
    return found


def invoke(context: StepContext, path: Any, arguments: Any, scenario: str) -> Any:
    """Call the SDK method ``path`` and return its result in plain data.

    :param arguments: a list (by position) or a mapping (by keyword), special values not yet resolved.
    :raises StepError: when the method does not take these arguments.
    :raises openstack.exceptions.HttpException: when the last answer was a refusal, also where the SDK passes over it.
    """
    function = method(context, path)
    positional, keywords = split_arguments(arguments)
    positional, keywords = context.values.resolve(positional, scenario), context.values.resolve(keywords, scenario)
    try:
        inspect.signature(function).bind(*positional, **keywords)
    except TypeError as error:
        raise StepError(f"`{path}` cannot be called like that: {error}") from None
    except ValueError:
        pass  # a method without a signature: it will say itself what it does not like
    before = len(context.activity.calls)
    result = function(*positional, **keywords)
    if isinstance(result, requests.Response):
        openstack.exceptions.raise_from_response(result)
    last = context.activity.last_call()
    if last is not None and len(context.activity.calls) > before and (last.status or 0) >= 400:
        # Some methods of the SDK pass over a refusal (a 404 to a delete, image actions of older releases).
        raise openstack.exceptions.HttpException(
            f"HTTP {last.status} to {last.method} {last.url}", http_status=last.status
        )
    return plain(result)


def split_arguments(arguments: Any) -> tuple[list[Any], dict[str, Any]]:
    """Positional and keyword arguments of ``args``.

    :raises StepError: when it is neither a list nor a mapping.
    """
    if arguments in (None, ""):
        return [], {}
    if isinstance(arguments, Mapping):
        return [], dict(arguments)
    if isinstance(arguments, list | tuple):
        return list(arguments), {}
    raise StepError(f"`args` must be a list or a mapping, not {type(arguments).__name__}")


def _quoted(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
