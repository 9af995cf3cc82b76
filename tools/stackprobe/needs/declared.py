"""The key `needs` of a scenario.yaml: numbers, or Jinja texts over the scenario's options and facts of the cloud."""

from __future__ import annotations

import contextlib
import functools
import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import jinja2
import jinja2.meta
import jinja2.nativetypes
import jinja2.nodes
import jinja2.sandbox

from stackprobe.needs.names import FACTS, RESOURCES
from stackprobe.suggest import did_you_mean, listed
from stackprobe.yamlfile import Document

CLOUD = "cloud"
"""The name under which a text finds facts of the cloud."""
_DEPTH = 8  # options that name options that name options
_TOO_MUCH = 1e9
_OF_A_SERVER = {"cores": "vcpus", "ram_mb": "ram"}


class NeedsError(Exception):
    """A need gives no number; the message says which and why."""


@dataclass(frozen=True)
class Needs:
    """What a scenario needs at its peak.

    :param declared: resource (see :data:`~stackprobe.needs.RESOURCES`) → number or Jinja text.
    """

    declared: Mapping[str, int | str] = field(default_factory=dict)

    @classmethod
    def read(cls, document: Document, options: Collection[str], role: str) -> Needs:
        """The key `needs` of a scenario.yaml.

        :param options: the scenario's options, without prefix, which texts may use.
        :raises UsageError: a mistake, with its place.
        """
        data = document.data.get("needs") or {}
        for resource, amount in data.items():
            path = ["needs", resource]
            if resource not in RESOURCES:
                raise document.error(
                    path,
                    f"there is no resource `{resource}` that could be needed{did_you_mean(str(resource), RESOURCES)}",
                    remedy=f"those there are {listed(RESOURCES)}",
                    at_key=True,
                )
            if isinstance(amount, str):
                _check_text(document, path, amount, options, role)
            elif isinstance(amount, bool) or not isinstance(amount, int) or amount < 0:
                raise document.error(path, f"the need of {resource} must be a whole number or a Jinja text")
        return cls(dict(data))

    @property
    def resources(self) -> frozenset[str]:
        """The resources that are needed."""
        return frozenset({*self.declared, *self._implied})

    @property
    def facts(self) -> frozenset[str]:
        """The facts of the cloud (see :data:`~stackprobe.needs.FACTS`) that its texts ask for."""
        texts = [amount for amount in self.declared.values() if isinstance(amount, str)]
        asked = {name for text in texts for name in _facts_in(_environment().parse(text))}
        return frozenset(asked | ({"flavor"} if self._implied else set()))

    @property
    def _implied(self) -> dict[str, str]:
        """Resources that servers need without a word, and which figure of the flavor that is."""
        if "servers" not in self.declared:
            return {}
        return {resource: figure for resource, figure in _OF_A_SERVER.items() if resource not in self.declared}

    def amounts(self, options: Mapping[str, Any], role: str, cloud: Mapping[str, Any] | None = None) -> dict[str, int]:
        """How much of each resource that is.

        :param options: the values of the scenario's options, without prefix; they may be Jinja texts themselves.
        :param cloud: the facts that :attr:`facts` names.
        :raises NeedsError: a text gives no number.
        """
        context = _rendered(options, cloud or {}, role)
        found = {resource: _number(resource, amount, context) for resource, amount in self.declared.items()}
        for resource, figure in self._implied.items():
            found[resource] = found["servers"] * _number(resource, f"{{{{ {CLOUD}.flavor.{figure} }}}}", context)
        return found


def _number(resource: str, amount: int | str, context: Mapping[str, Any]) -> int:
    if isinstance(amount, int):
        return amount
    try:
        number = float(_environment().from_string(amount).render(context))
    except Exception as error:  # a text can break in any way
        raise NeedsError(f"what it needs of {resource} ({amount}) gives no number: {error}") from None
    if not 0 <= number < _TOO_MUCH:
        raise NeedsError(f"what it needs of {resource} ({amount}) is {number:g}")
    return math.ceil(number)


def _rendered(options: Mapping[str, Any], cloud: Mapping[str, Any], role: str) -> dict[str, Any]:
    """The context of needs: options whose values are Jinja texts are rendered, as Ansible does it."""
    context = dict(options)
    for _ in range(_DEPTH):
        texts = {name: value for name, value in context.items() if isinstance(value, str) and "{{" in value}
        names = _names(context, cloud, role)
        unready = {*texts, *(f"{role}_{name}" for name in texts)}
        for name, text in texts.items():
            with contextlib.suppress(Exception):  # needs that use it will say so
                if not jinja2.meta.find_undeclared_variables(_environment().parse(text)) & unready:
                    context[name] = _environment().from_string(text).render(names)
        if not texts:
            break
    return _names(context, cloud, role)


def _names(options: Mapping[str, Any], cloud: Mapping[str, Any], role: str) -> dict[str, Any]:
    return {**options, **{f"{role}_{name}": value for name, value in options.items()}, CLOUD: dict(cloud)}


class _Environment(jinja2.nativetypes.NativeEnvironment, jinja2.sandbox.SandboxedEnvironment):
    """Jinja as Ansible has it: native values, unknown names are errors, and its most common own filter."""


@functools.cache
def _environment() -> _Environment:
    environment = _Environment(undefined=jinja2.StrictUndefined)
    environment.filters["bool"] = lambda value: str(value).strip().lower() in ("true", "yes", "on", "1")
    return environment


def _check_text(document: Document, path: list[str | int], text: str, options: Collection[str], role: str) -> None:
    try:
        tree = _environment().parse(text)
        undeclared = jinja2.meta.find_undeclared_variables(tree)
    except jinja2.TemplateSyntaxError as error:
        raise document.error(path, f"this is no valid Jinja: {error.message}") from None
    names = {*options, *(f"{role}_{option}" for option in options), CLOUD}
    for name in sorted(undeclared - names):
        raise document.error(
            path,
            f"the scenario has no option `{name}`{did_you_mean(name, names)}",
            remedy="needs may use its options and `cloud`",
        )
    for fact in _facts_in(tree):
        if fact not in FACTS:
            raise document.error(
                path,
                f"needs cannot ask for `{CLOUD}.{fact}`{did_you_mean(fact, FACTS)}",
                remedy=f"they may ask for {listed(FACTS)}",
            )


def _facts_in(tree: jinja2.nodes.Template) -> Iterator[str]:
    for node in tree.find_all(jinja2.nodes.Getattr):
        if isinstance(node.node, jinja2.nodes.Name) and node.node.name == CLOUD:
            yield node.attr
