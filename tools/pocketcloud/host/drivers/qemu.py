# mypy: disable-error-code="import-untyped, import-not-found"
"""nova's own libvirt driver, one a zone on the one libvirtd of the cloud; volumes are files, as cinder has them."""

from __future__ import annotations

import os
import sys
import uuid
from typing import Any

from pocketcloud.guests.names import CHASSIS
from pocketcloud.qemu.preconditions import BINDING, MODULES


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
    from nova.network import neutron as network_api
    from nova.virt.libvirt import driver
    from nova.virt.libvirt.volume import volume

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
        """The hypervisor of one zone."""

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

    driver.VOLUME_DRIVERS["local"] = f"{__name__}.FileVolumeDriver"
    globals().update(FileVolumeDriver=FileVolumeDriver, QemuDriver=QemuDriver)
    update = network_api.API._update_port_binding_for_instance

    def on_the_chassis(self: Any, context: Any, instance: Any, host: str, *args: Any, **kwargs: Any) -> Any:
        return update(self, context, instance, CHASSIS, *args, **kwargs)

    network_api.API._update_port_binding_for_instance = on_the_chassis


def _identity(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.pocketcloud.invalid"))
