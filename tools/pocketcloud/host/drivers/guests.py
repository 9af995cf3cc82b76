# mypy: disable-error-code="import-untyped, import-not-found"
"""A hypervisor whose servers are guests that take SSH. The books are kept, and faults injected, as without guests.

A guest is a `pocketcloud.guests.machine.Machine`; another kind of guest needs another class with its methods.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nova import exception
from nova.compute import power_state, task_states
from nova.network import neutron as network_api
from nova.virt import driver, hardware
from oslo_config import cfg

from pocketcloud.faults.driver_rules import GUEST_BOOT, GUEST_DISK
from pocketcloud.guests import roll
from pocketcloud.guests.drives import Drive, InUse
from pocketcloud.guests.machine import Interface, Machine
from pocketcloud.guests.names import CHASSIS
from pocketcloud.host.drivers import lies
from pocketcloud.host.drivers.nova import PocketDriver
from pocketcloud.host.drivers.stalls import aside, book, while_ruled
from pocketcloud.layout import Layout
from pocketcloud.packets.in_force import InForce

_layout: Layout | None = None
_drives = False  # whether volumes appear in guests
_machines: dict[str, Machine] = {}  # of all zones: a guest that is moved to another zone's host stays what it is
FAULTS_PATIENCE_S = 10.0
HELD = (power_state.PAUSED, power_state.SUSPENDED)


def install(layout: Layout, drives: bool) -> None:
    """Called once by the service's process, before its drivers work. `drives`: volumes appear in guests."""
    global _layout, _drives
    _layout, _drives = layout, drives
    update = network_api.API._update_port_binding_for_instance

    def on_the_chassis(self: Any, context: Any, instance: Any, host: str, *args: Any, **kwargs: Any) -> Any:
        return update(self, context, instance, CHASSIS, *args, **kwargs)

    network_api.API._update_port_binding_for_instance = on_the_chassis
    lies.install(book())


def _machine(instance: Any) -> Machine:
    if _layout is None:
        raise RuntimeError("no layout was installed")
    if instance.uuid not in _machines:
        _machines[instance.uuid] = Machine(_layout, instance.uuid)
        roll.enter(_layout, instance.uuid, instance.display_name)
    return _machines[instance.uuid]


def _await_packet_rules(instance: Any) -> None:
    """Wait until what faults.json says of a guest's packets, if it says anything, is in force."""
    end = time.monotonic() + FAULTS_PATIENCE_S
    while _layout is not None and time.monotonic() < end:
        rules = book().packet_rules()  # they may change meanwhile
        concerned = any(one.concerns(instance.display_name) for one in rules)
        if not concerned or InForce(_layout).wait((one.key for one in rules), 1.0, instance.uuid):
            return


def _boot(instance: Any) -> None:
    """Start a guest, not before the rules for its packets are in force; another rule may hold it before its sshd."""
    machine = _machine(instance)
    _await_packet_rules(instance)
    rule = book().driver_rule(GUEST_BOOT, instance.display_name)
    if book().driver_rule(GUEST_DISK, instance.display_name) is not None:
        machine.forget()
    machine.release()
    if rule is not None:
        machine.hold()
        while_ruled(rule, machine.release)
    machine.boot(instance.hostname, instance.image_meta.properties.get("os_distro"))


def _interfaces(network_info: Any) -> list[Interface]:
    return [Interface(vif["id"], vif["address"], vif["network"]["meta"].get("mtu") or 0) for vif in network_info or ()]


def _drive(connection_info: Any, mountpoint: str) -> Drive:
    data = connection_info["data"]
    return Drive(data["volume_id"], Path(data["device_path"]), Path(mountpoint).name)


class GuestDriver(PocketDriver):
    """One hypervisor, of one zone; all of them plug into the one switch."""

    def network_binding_host_id(self, context: Any, instance: Any) -> str:
        """What neutron binds ports to: the chassis that OVN knows."""
        return CHASSIS

    # its birth and its end

    def spawn(
        self,
        context: Any,
        instance: Any,
        image_meta: Any,
        injected_files: Any,
        admin_password: Any,
        allocations: Any,
        network_info: Any = None,
        block_device_info: Any = None,
        power_on: bool = True,
        **kwargs: Any,
    ) -> None:
        """Plug the ports, wait until OVN has bound them, boot."""
        super().spawn(
            context, instance, image_meta, injected_files, admin_password, allocations, network_info,
            block_device_info, power_on, **kwargs,
        )  # fmt: skip
        with self._bound(context, instance, network_info):
            _machine(instance).plug(_interfaces(network_info))
        for one in driver.block_device_info_get_mapping(block_device_info) if _drives else ():
            _machine(instance).attach(_drive(one["connection_info"], one["mount_device"]))
        if power_on:
            _boot(instance)

    @contextlib.contextmanager
    def _bound(self, context: Any, instance: Any, network_info: Any) -> Iterator[None]:
        """What is plugged inside has been reported by neutron when this is over."""
        events = [("network-vif-plugged", vif["id"]) for vif in network_info or () if not vif.get("active", True)]

        def failed(event: str, instance: Any) -> None:
            raise exception.VirtualInterfaceCreateException()

        try:
            with self.virtapi.wait_for_instance_event(
                instance, events, timeout=cfg.CONF.vif_plugging_timeout, error_callback=failed
            ):
                yield
        except exception.InstanceEventTimeout:
            self._remove(instance, network_info)
            raise exception.VirtualInterfaceCreateException() from None

    def destroy(self, context: Any, instance: Any, network_info: Any, *args: Any, **kwargs: Any) -> None:
        """Remove a server. One whose move to another host is undone keeps its disk."""
        super().destroy(context, instance, network_info, *args, **kwargs)
        self._remove(instance, network_info, keep_disk=instance.task_state == task_states.RESIZE_REVERTING)

    def _remove(self, instance: Any, network_info: Any, keep_disk: bool = False) -> None:
        _machine(instance).remove(_interfaces(network_info), keep_disk)
        if not keep_disk:
            _machines.pop(instance.uuid, None)
            if _layout is not None:
                roll.strike(_layout, instance.uuid)

    # power

    def get_info(self, instance: Any, use_cache: bool = True) -> Any:
        """The books' state, unless its guest has ended by itself."""
        info = super().get_info(instance, use_cache)
        if info.state not in HELD and not _machine(instance).running:
            return hardware.InstanceInfo(state=power_state.SHUTDOWN)
        return info

    def power_off(self, instance: Any, *args: Any, **kwargs: Any) -> None:
        """Stop a server; its disk and its ports stay."""
        super().power_off(instance, *args, **kwargs)
        _machine(instance).halt()

    def power_on(self, context: Any, instance: Any, network_info: Any, *args: Any, **kwargs: Any) -> None:
        """Start a server; a reboot ends here as well."""
        super().power_on(context, instance, network_info, *args, **kwargs)
        machine = _machine(instance)
        machine.plug(_interfaces(network_info))
        _boot(instance)

    def reboot(self, context: Any, instance: Any, *args: Any, **kwargs: Any) -> None:
        """Restart a server, from whatever state its guest is in."""
        _machine(instance).halt()
        super().reboot(context, instance, *args, **kwargs)

    def pause(self, instance: Any) -> None:
        """Hold a server."""
        super().pause(instance)
        _machine(instance).pause()

    def unpause(self, instance: Any) -> None:
        """Let a paused server go on."""
        super().unpause(instance)
        _machine(instance).unpause()

    def suspend(self, context: Any, instance: Any) -> None:
        """Hold a server; its memory stays where it is."""
        super().suspend(context, instance)
        _machine(instance).pause()

    def resume(self, context: Any, instance: Any, *args: Any, **kwargs: Any) -> None:
        """Let a suspended server go on."""
        super().resume(context, instance, *args, **kwargs)
        _machine(instance).unpause()

    # to another flavor or host

    def migrate_disk_and_power_off(self, context: Any, instance: Any, *args: Any, **kwargs: Any) -> Any:
        """First half of a resize."""
        result = super().migrate_disk_and_power_off(context, instance, *args, **kwargs)
        _machine(instance).halt()
        return result

    def finish_migration(
        self, context: Any, migration: Any, instance: Any, disk_info: Any, network_info: Any, *args: Any, **kwargs: Any
    ) -> None:
        """Second half of a resize: boots from the disk that it had."""
        power_on = kwargs.get("power_on", args[4] if len(args) > 4 else True)
        PocketDriver.spawn(self, context, instance, None, None, None, None, network_info, power_on=power_on)
        self._again(instance, network_info, power_on)

    def confirm_migration(self, context: Any, migration: Any, instance: Any, network_info: Any) -> None:
        """Close the books of the host that it left. The guest is with the other one."""
        if migration.source_compute != migration.dest_compute:
            PocketDriver.destroy(self, context, instance, network_info)

    def finish_revert_migration(
        self, context: Any, instance: Any, network_info: Any, migration: Any, *args: Any, **kwargs: Any
    ) -> None:
        """As before the resize."""
        super().finish_revert_migration(context, instance, network_info, migration, *args, **kwargs)
        self._again(instance, network_info, kwargs.get("power_on", args[1] if len(args) > 1 else True))

    def _again(self, instance: Any, network_info: Any, power_on: bool) -> None:
        machine = _machine(instance)
        machine.plug(_interfaces(network_info))
        if power_on:
            _boot(instance)

    # volumes

    def attach_volume(
        self, context: Any, connection_info: Any, instance: Any, mountpoint: Any, *args: Any, **kwargs: Any
    ) -> None:
        """Give a server a volume; its guest has a disk more."""
        super().attach_volume(context, connection_info, instance, mountpoint, *args, **kwargs)
        if _drives:
            machine, drive = _machine(instance), _drive(connection_info, mountpoint)
            machine.attach(drive)
            aside(
                "volume_appear", instance.display_name, lambda: machine.show(drive.volume),
                abandoned=lambda: drive.volume not in machine.drives,
            )  # fmt: skip

    def detach_volume(
        self, context: Any, connection_info: Any, instance: Any, mountpoint: Any, *args: Any, **kwargs: Any
    ) -> None:
        """Take a volume away, unless the guest uses it."""
        super().detach_volume(context, connection_info, instance, mountpoint, *args, **kwargs)
        try:
            _machine(instance).detach(connection_info["data"]["volume_id"])
        except InUse as error:
            raise exception.DeviceDetachFailed(device=mountpoint, reason=str(error)) from None

    def extend_volume(self, context: Any, connection_info: Any, instance: Any, requested_size: int) -> None:
        """Have the guest see that a volume has grown."""
        super().extend_volume(context, connection_info, instance, requested_size)
        machine, volume = _machine(instance), connection_info["data"]["volume_id"]
        aside(
            "volume_grow", instance.display_name, lambda: machine.drives.grow(volume),
            abandoned=lambda: volume not in machine.drives,
        )  # fmt: skip

    # interfaces and console

    def attach_interface(self, context: Any, instance: Any, image_meta: Any, vif: Any) -> None:
        """Plug a port into a running server, which asks for its address within a second or two."""
        super().attach_interface(context, instance, image_meta, vif)
        try:
            _machine(instance).plug(_interfaces([vif]))
        except Exception as error:  # what is no error of nova's, its manager does not clean up after
            raise exception.InterfaceAttachFailed(instance_uuid=instance.uuid) from error

    def detach_interface(self, context: Any, instance: Any, vif: Any) -> None:
        """Take a port out of a running server."""
        super().detach_interface(context, instance, vif)
        _machine(instance).unplug(_interfaces([vif]))

    def get_console_output(self, context: Any, instance: Any) -> bytes:
        """What the guest printed."""
        return _machine(instance).console()
