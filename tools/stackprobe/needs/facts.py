"""Looks up what needs ask of the cloud: as scenarios do it (probe_base, `choose_*.yaml`), each list once a run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from typing import Any, TypeVar

import openstack.connection

from stackprobe.survey.fitting import boot_images, fitting_flavors, next_larger
from stackprobe.survey.model import Flavor, Image
from stackprobe.survey.questions import QUESTIONS

_LISTS = {"zones": "server_zones", "volume_zones": "volume_zones", "volume_types": "volume_types"}
Thing = TypeVar("Thing", Flavor, Image)
_FLAVORS = {"flavor", "larger_flavor"}


class FactUnknown(Exception):
    """A fact of the cloud could not be had; the message says why."""


class Facts:
    """The facts of one cloud, looked up when they are asked for, by several threads at a time.

    :param perform: does a lookup within its time; its result and, if it failed, why.
    """

    def __init__(
        self,
        connection: openstack.connection.Connection,
        perform: Callable[[Callable[[], Any]], tuple[Any, str | None]],
    ) -> None:
        self._connection, self._perform = connection, perform
        self._lock = threading.Lock()
        self._answers: dict[str, Future[tuple[Any, str | None]]] = {}

    def look_up(self, names: Collection[str]) -> None:
        """Begin with the lookups for these facts side by side."""
        lists = [_LISTS[name] for name in names if name in _LISTS]
        for question in [*lists, *(("flavors", "images") if _FLAVORS & set(names) else ())]:
            with self._lock:
                if question in self._answers:
                    continue
                answer = self._answers[question] = Future()
            threading.Thread(target=self._ask, args=[question, answer], name=f"look up {question}", daemon=True).start()

    def of(self, names: Collection[str], options: Mapping[str, Any]) -> dict[str, Any]:
        """The facts of these names for a scenario with these options.

        :raises FactUnknown: one of them could not be had.
        """
        self.look_up(names)
        found: dict[str, Any] = {name: list(self._answer(_LISTS[name])) for name in names if name in _LISTS}
        if _FLAVORS & set(names):
            flavors = sorted(self._answer("flavors"), key=lambda one: (one.vcpus, one.ram_mb, one.disk_gb))
            flavor = _named(flavors, options.get("flavor")) or self._fitting(flavors, options)
            if flavor is None:
                raise FactUnknown("there is no flavor for it")
            larger = _named(flavors, options.get("resize_flavor")) or next_larger(flavors, flavor) or flavor
            found |= {"flavor": figures(flavor), "larger_flavor": figures(larger)}
        return found

    def _fitting(self, flavors: list[Flavor], options: Mapping[str, Any]) -> Flavor | None:
        images: list[Image] = list(self._answer("images"))
        image = _named(images, options.get("image")) or next(iter(boot_images(images)), None)
        return next(iter(fitting_flavors(flavors, image)), None) if image else None

    def _answer(self, question: str) -> Any:
        answer, problem = self._answers[question].result()
        if problem is not None:
            raise FactUnknown(f"the {question.replace('_', ' ')} could not be listed: {problem}")
        return answer

    def _ask(self, question: str, answer: Future[tuple[Any, str | None]]) -> None:
        try:
            answer.set_result(self._perform(lambda: tuple(QUESTIONS[question][1](self._connection))))
        except BaseException as error:
            answer.set_result((None, f"{type(error).__name__}: {error}"))


def _named(things: list[Thing], wanted: Any) -> Thing | None:
    """The one of a name, or else of an id."""
    if wanted in (None, ""):
        return None
    by_name = (one for one in things if one.name == str(wanted))
    by_id = (one for one in things if one.id == str(wanted))
    return next(by_name, None) or next(by_id, None)


def figures(flavor: Flavor) -> dict[str, int]:
    """What needs may ask of a flavor."""
    return {"vcpus": flavor.vcpus, "ram": flavor.ram_mb, "disk": flavor.disk_gb}
