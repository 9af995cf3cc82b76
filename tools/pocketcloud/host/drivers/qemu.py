# mypy: disable-error-code="import-untyped, import-not-found"
"""nova's own libvirt driver, one a zone on the one libvirtd of the cloud; volumes are files, as cinder has them."""

from __future__ import annotations

import os
import sys
import uuid
from typing import Any

from pocketcloud.guests import roll
from pocketcloud.guests.names import CHASSIS
from pocketcloud.host.drivers import lies
from pocketcloud.host.drivers.stalls import aside, book
from pocketcloud.qemu.preconditions import BINDING, MODULES

#: Methods of the driver and what they are in faults.json; see also `QemuDriver`, and `pocketcloud.qemu.rules`.
OPERATIONS = {
    "power_off": "stop",
    "power_on": "start",
    "reboot": "reboot",
    "pause": "pause",
    "unpause": "unpause",
    "suspend": "suspend",
    "resume": "resume",
}


def _with_binding(place: Any) -> None:
    """Have `import libvirt` find the distribution's binding, and nothing else of the distribution."""
    place.mkdir(parents=True, exist_ok=True)
    for pattern in MODULES:
        for file in BINDING.glob(pattern):
            (place / file.name).unlink(missing_ok=True)
            (place / file.name).symlink_to(file)
    sys.path.append(str(place))


def install(layout: Any) -> None:
    """Called once by the service's process, before its drivers work. Makes `QemuDriver` in this module."""
    _with_binding(layout.state / "libvirt" / "python")
    import nova.privsep
    import os_brick.privileged
    import vif_plug_ovs.privsep

    for context in (nova.privsep.sys_admin_pctxt, os_brick.privileged.default, vif_plug_ovs.privsep.vif_plug):
        context.set_client_mode(False)  # it is root itself
    from nova.compute import task_states
    from nova.network import neutron as network_api
    from nova.virt.libvirt import driver
    from nova.virt.libvirt.volume import volume
    from oslo_config import cfg

    from pocketcloud.host.drivers.nova import REBUILDING, stall_server

    withheld: set[tuple[str, str]] = set()  # server and volume: attached, but not in the guest

    class FileVolumeDriver(volume.LibvirtBaseVolumeDriver):
        """A volume that is a file of this machine."""

        def __init__(self, host: Any) -> None:
            super().__init__(host, is_block_dev=False)

        def get_config(self, connection_info: Any, disk_info: Any) -> Any:
            """As the disk of a guest."""
            conf = super().get_config(connection_info, disk_info)
            conf.source_type = "file"
            conf.source_path = connection_info["data"]["device_path"]
            conf.driver_cache = "writeback"
            return conf

        def extend_volume(self, connection_info: Any, instance: Any, requested_size: int) -> int:
            """Its size, which cinder has changed."""
            return os.stat(connection_info["data"]["device_path"]).st_size

    class QemuDriver(driver.LibvirtDriver):
        """The hypervisor of one zone. Faults are injected before what upstream does."""

        def init_host(self, host: str) -> None:
            """Be called like the compute service, of which there are several on this machine."""
            self._host.get_hostname = lambda: host
            super().init_host(host)

        def get_nodenames_by_uuid(self, refresh: bool = False) -> dict[str, str]:
            """The stable identities of the nodes: the databases know them by these."""
            name = self._host.get_hostname()
            return {_identity(name): name}

        def get_available_resource(self, nodename: str) -> dict[str, Any]:
            """As upstream, with the node's stable identity."""
            return {**super().get_available_resource(nodename), "uuid": _identity(nodename)}

        def network_binding_host_id(self, context: Any, instance: Any) -> str:
            """What neutron binds ports to: the chassis that OVN knows."""
            return CHASSIS

        def spawn(self, context: Any, instance: Any, *args: Any, **kwargs: Any) -> None:
            """Make a server, or make it again when it is rebuilt; its name is told to what injects faults."""
            roll.enter(layout, instance.uuid, instance.display_name)
            stall_server("rebuild" if instance.task_state in REBUILDING else "spawn", instance)
            super().spawn(context, instance, *args, **kwargs)

        def destroy(self, context: Any, instance: Any, *args: Any, **kwargs: Any) -> None:
            """Remove a server; a hard reboot does so, too, and makes it anew."""
            deleted = instance.task_state == task_states.DELETING
            if deleted:
                stall_server("server_delete", instance)
            super().destroy(context, instance, *args, **kwargs)
            if deleted:
                roll.strike(layout, instance.uuid)

        def _soft_reboot(self, instance: Any) -> bool:
            """Let the guest shut down by itself; upstream's hard reboot, which it then turns to, starts it again.

            It plugs the ports anew: the userspace datapath goes on reading from a device that has come again.
            """
            patience_s = cfg.CONF.libvirt.wait_soft_reboot_seconds
            self._clean_shutdown(instance, timeout=patience_s, retry_interval=max(1, patience_s // 4))
            return False

        def attach_volume(self, context: Any, connection_info: Any, instance: Any, *args: Any, **kwargs: Any) -> None:
            """Give a server a volume, which a rule may keep from its guest."""
            stall_server("attach", instance)
            plug, volume = super().attach_volume, (instance.uuid, connection_info["data"]["volume_id"])
            withheld.add(volume)

            def appear() -> None:
                try:
                    plug(context, connection_info, instance, *args, **kwargs)
                finally:
                    withheld.discard(volume)

            aside("volume_appear", instance.display_name, appear, abandoned=lambda: volume not in withheld)

        def detach_volume(self, context: Any, connection_info: Any, instance: Any, *args: Any, **kwargs: Any) -> None:
            """Take a volume away, if the guest has it."""
            stall_server("detach", instance)
            volume = (instance.uuid, connection_info["data"]["volume_id"])
            if volume in withheld:
                withheld.discard(volume)
            else:
                super().detach_volume(context, connection_info, instance, *args, **kwargs)

        def extend_volume(self, context: Any, connection_info: Any, instance: Any, requested_size: int) -> None:
            """Have the guest see that a volume has grown, unless a rule keeps it from it."""
            grow = super().extend_volume
            aside(
                "volume_grow", instance.display_name,
                lambda: grow(context, connection_info, instance, requested_size),
            )  # fmt: skip

    for method, operation in OPERATIONS.items():
        setattr(QemuDriver, method, _after_stall(getattr(driver.LibvirtDriver, method), operation, stall_server))
    driver.VOLUME_DRIVERS["local"] = f"{__name__}.FileVolumeDriver"
    globals().update(FileVolumeDriver=FileVolumeDriver, QemuDriver=QemuDriver)
    update = network_api.API._update_port_binding_for_instance

    def on_the_chassis(self: Any, context: Any, instance: Any, host: str, *args: Any, **kwargs: Any) -> Any:
        return update(self, context, instance, CHASSIS, *args, **kwargs)

    network_api.API._update_port_binding_for_instance = on_the_chassis
    lies.install(book(), waiting=True)


def _after_stall(genuine: Any, operation: str, stall_server: Any) -> Any:
    """A method of the driver, which does what a rule for it says first."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        instance = kwargs.get("instance") or next(one for one in args if hasattr(one, "display_name"))
        stall_server(operation, instance)
        return genuine(self, *args, **kwargs)

    return method


def _identity(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.pocketcloud.invalid"))
