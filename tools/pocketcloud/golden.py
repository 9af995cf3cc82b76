"""The golden state: a finished cloud at rest, built once and copied by every `up`."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pocketcloud import cache, clone, ports, running
from pocketcloud.errors import PocketcloudError, ServiceDied
from pocketcloud.layout import Layout, Settings
from pocketcloud.progress import Progress
from pocketcloud.series import NEWEST, Series
from pocketcloud.services import CORE, Service

NEED_BYTES = 100 * cache.MIB


def ensure(
    venv: Path,
    progress: Progress,
    services: Sequence[Service] = CORE,
    layers: Mapping[str, str] | None = None,
    series: Series = NEWEST,
    guests: bool = False,
    image: str = "",
) -> Path:
    """The golden state for this code, these services and versions, built now if need be. Raises PocketcloudError."""
    names = [service.name for service in services]
    settings = Settings(
        0,
        str(venv),
        service_names=names,
        series_name=series.name,
        layers=dict(layers or {}),
        guests=guests,
        image=image,
    )
    optional = [service.name for service in settings.optional]
    key = cache.golden_key(optional=optional, series=series, guests=guests, image=image)
    place = cache.directory() / f"golden-{key}"
    if place.exists():
        return place
    with cache.locked(place.with_suffix(".lock"), "the golden state", progress):
        if place.exists():
            return place
        partial = Layout(place.with_suffix(".partial"))
        running.stop(partial, patience_s=0)  # of a build that was killed
        if partial.root.exists():
            shutil.rmtree(partial.root)
        cache.check_space(place, NEED_BYTES, "the golden state")
        try:
            beside = "".join(f" with {service.name}" for service in settings.optional[:1])
            more = "".join(f", {service.name}" for service in settings.optional[1:])
            kinds = (" with guests" if guests else "") + (", virtual machines" if image else "")
            with progress.step(f"building the golden state{beside}{more}{kinds} (once)") as update:
                _build(partial, settings, update)
            os.rename(partial.root, place)
        except ServiceDied as died:
            kept = place.with_suffix(".failed")
            shutil.rmtree(kept, ignore_errors=True)
            os.rename(partial.log, kept)
            raise ServiceDied(died.service, str(kept / Path(died.log).name), died.log_tail) from None
        finally:
            running.stop(partial, patience_s=0)
            shutil.rmtree(partial.root, ignore_errors=True)
    return place


def _build(layout: Layout, settings: Settings, update: running.Update) -> None:
    layout.root.mkdir(mode=0o700)
    with_ports = ports.bind(None, relayed=False, services=settings.services)
    try:
        settings = replace(settings, base_port=with_ports.ports.base, passwords=clone.new_passwords())
        settings.save(layout)
        clone.lay_out(layout, settings)
        update("databases")
        running.command("schema", layout, settings)
        update("services")
        running.start(layout, settings, with_ports, update, tied=True)
    finally:
        with_ports.close()
    update("users, flavors, network, image")
    running.command("populate", layout, settings)
    if running.stop(layout, patience_s=15):
        raise PocketcloudError(f"services in {layout.root} had to be killed", "run the same command again")
    update("putting it to rest")
    clone.at_rest(layout)
    for name in ("etc", "log", "run", "clouds.yaml", "pocketcloud.json"):
        path = layout.root / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    for name in ("fernet", "credential", "tmp", "locks"):
        shutil.rmtree(layout.state / name)
    if settings.guests:
        for name in ("ovs", "ovnsb"):  # made afresh; the northbound one is what neutron's database goes with
            (layout.state / "ovn" / f"{name}.db").unlink()
    (layout.root / "golden.json").write_text(json.dumps({"built_in": str(layout.root)}))
