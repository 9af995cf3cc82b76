"""Keys that the option ``access`` of scenarios names, and that the entry of the cloud in clouds.yaml must hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from stackprobe.config.levels import Level, Path, levels
from stackprobe.config.loader import InvalidConfig
from stackprobe.config.model import Config, Target
from stackprobe.errors import UsageError
from stackprobe.suggest import did_you_mean
from stackprobe.yamlfile import Document

ACCESS = "access"


def named(target: Target, scenarios: Iterable[str]) -> dict[str, str]:
    """The key that is named for each of these scenarios, where one is."""
    found = {name: target.options.get(name, {}).get(ACCESS) for name in scenarios}
    return {
        name: str(access["key"]) for name, access in found.items() if isinstance(access, Mapping) and "key" in access
    }


def check(config: Config, target: Target, scenarios: Iterable[str]) -> bool:
    """See that the entry of the target's cloud holds every key that is named for these scenarios.

    :return: False where no file that can be read here names the cloud, so that nothing can be said.
    :raises UsageError: it does not, or it holds something that is no key.
    """
    keys = named(target, scenarios)
    if not keys:
        return True
    from stackprobe.cloud import keys_of  # noqa: PLC0415  # the SDK: few runs go through a host of the operator's
    from stackprobe.credentials import ssh_keys  # noqa: PLC0415

    held = keys_of(target.cloud)
    if held is None:
        return False
    absent = {scenario: key for scenario, key in keys.items() if key not in held}
    document = Document.read(config.file, "configuration") if absent and config.file else None
    found: dict[str, UsageError] = {}
    for scenario, key in absent.items():
        message = f"the entry of the cloud `{target.cloud}` in clouds.yaml has no key `{key}`{did_you_mean(key, held)}"
        error = UsageError(message, remedy=ssh_keys.remedy(held))
        if document is not None:
            error = document.error(_place(document, target, scenario), message, remedy=error.remedy)
        found.setdefault(str(error), error)
    if found:
        raise InvalidConfig(list(found.values()))
    return True


def _place(document: Document, target: Target, scenario: str) -> Path:
    """Where the name of the key stands that holds for a scenario: nearer levels first, `common` last."""
    near = list(_around(document, target))[::-1]
    for level in near:
        if ACCESS in level.own.get("options", {}).get(scenario, {}):
            return (*level.path, "options", scenario, ACCESS, "key")
    for level in near:
        if ACCESS in level.own.get("common", {}):
            return (*level.path, "common", ACCESS, "key")
    return ()


def _around(document: Document, target: Target) -> Iterator[Level]:
    """The levels that hold for a target, the outermost first."""
    for level in levels(document.data or {}):
        if level.cloud in (None, target.cloud) and level.region in (None, target.region):
            yield level
