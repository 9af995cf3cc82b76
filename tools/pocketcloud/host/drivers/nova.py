"""nova's own fake hypervisor, with stable nodes, snapshots that upload bytes, and injected faults."""

# mypy: disable-error-code="import-untyped, import-not-found"
from __future__ import annotations

import io
import uuid
from typing import Any

from nova import exception
from nova.compute import power_state, task_states, vm_states
from nova.image import glance
from nova.virt import fake

from pocketcloud.host.drivers.stalls import InjectedFault, stall

SHELVED = (vm_states.SHELVED, vm_states.SHELVED_OFFLOADED)
SHELVING = (
    task_states.SHELVING,
    task_states.SHELVING_IMAGE_PENDING_UPLOAD,
    task_states.SHELVING_IMAGE_UPLOADING,
    task_states.SHELVING_OFFLOADING,
)
REBUILDING = (task_states.REBUILDING, task_states.REBUILD_BLOCK_DEVICE_MAPPING, task_states.REBUILD_SPAWNING)


def stall_server(operation: str, instance: Any) -> None:
    """Apply driver faults; a stuck operation also ends when the server is being deleted."""

    def deleting() -> bool:
        instance.refresh()
        return bool(instance.task_state == task_states.DELETING)

    stall(operation, instance.display_name, None if operation == "server_delete" else deleting)


class PocketDriver(fake.FakeDriver):
    """One hypervisor; each compute service of the process has its own."""

    vcpus = 64
    memory_mb = 131072
    local_gb = 1000

    def _node_uuid(self, nodename: str) -> str:
        # the same in every clone: the golden databases know the nodes by it
        return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{nodename}.pocketcloud.invalid"))

    def get_available_resource(self, nodename: str) -> dict[str, Any]:
        """As upstream, with the node's stable identity."""
        resources: dict[str, Any] = super().get_available_resource(nodename)
        resources["uuid"] = self._node_uuid(nodename)
        return resources

    def get_nodenames_by_uuid(self, refresh: bool = False) -> dict[str, str]:
        """The stable identities of the nodes."""
        return {self._node_uuid(name): name for name in self.get_available_nodes()}

    def spawn(self, context: Any, instance: Any, *args: Any, **kwargs: Any) -> None:
        """Make a server, or make it again: of an image when it is rebuilt, of what was kept when it is unshelved."""
        if instance.task_state in REBUILDING:
            stall_server("rebuild", instance)
        else:
            stall_server("unshelve" if instance.vm_state in SHELVED else "spawn", instance)
        super().spawn(context, instance, *args, **kwargs)

    def destroy(self, context: Any, instance: Any, network_info: Any, *args: Any, **kwargs: Any) -> None:
        """Remove a server, for good or from its host alone. Its ports may be plugged into another one."""
        if instance.task_state not in (*REBUILDING, *SHELVING):
            stall_server("server_delete", instance)
        for vif in network_info or ():
            self._interfaces.pop(vif["id"], None)
        if instance.uuid in self.instances:
            super().destroy(context, instance, network_info, *args, **kwargs)

    def power_off(self, instance: Any, *args: Any, **kwargs: Any) -> None:
        """Stop a server."""
        stall_server("stop", instance)
        super().power_off(instance, *args, **kwargs)

    def power_on(self, context: Any, instance: Any, *args: Any, **kwargs: Any) -> None:
        """Start a server; a soft reboot ends here as well."""
        stall_server("start", instance)
        super().power_on(context, instance, *args, **kwargs)

    def reboot(self, context: Any, instance: Any, *args: Any, **kwargs: Any) -> None:
        """Restart a server."""
        stall_server("reboot", instance)
        super().reboot(context, instance, *args, **kwargs)

    def pause(self, instance: Any) -> None:
        """Hold a server."""
        stall_server("pause", instance)
        super().pause(instance)
        self.instances[instance.uuid].state = power_state.PAUSED

    def unpause(self, instance: Any) -> None:
        """Let a paused server go on."""
        stall_server("unpause", instance)
        super().unpause(instance)
        self.instances[instance.uuid].state = power_state.RUNNING

    def suspend(self, context: Any, instance: Any) -> None:
        """Write a server to disk."""
        stall_server("suspend", instance)
        super().suspend(context, instance)
        self.instances[instance.uuid].state = power_state.SUSPENDED

    def resume(self, context: Any, instance: Any, *args: Any, **kwargs: Any) -> None:
        """Let a suspended server go on."""
        stall_server("resume", instance)
        super().resume(context, instance, *args, **kwargs)
        self.instances[instance.uuid].state = power_state.RUNNING

    def rescue(self, context: Any, instance: Any, *args: Any, **kwargs: Any) -> None:
        """Start a server from a rescue image."""
        stall_server("rescue", instance)
        super().rescue(context, instance, *args, **kwargs)
        self.instances[instance.uuid].state = power_state.RUNNING

    def unrescue(self, context: Any, instance: Any) -> None:
        """Start a rescued server from its own disk again."""
        stall_server("unrescue", instance)
        super().unrescue(context, instance)
        self.instances[instance.uuid].state = power_state.RUNNING

    def migrate_disk_and_power_off(self, context: Any, instance: Any, *args: Any, **kwargs: Any) -> Any:
        """First half of a resize."""
        stall_server("resize", instance)
        return super().migrate_disk_and_power_off(context, instance, *args, **kwargs)

    def attach_interface(self, context: Any, instance: Any, image_meta: Any, vif: Any) -> None:
        """Plug a port into a running server."""
        try:
            stall_server("plug", instance)
        except InjectedFault as error:  # what is no error of nova's, its manager does not clean up after
            raise exception.InterfaceAttachFailed(instance_uuid=instance.uuid) from error
        super().attach_interface(context, instance, image_meta, vif)

    def detach_interface(self, context: Any, instance: Any, vif: Any) -> None:
        """Take a port out of a running server."""
        try:
            stall_server("unplug", instance)
        except InjectedFault as error:
            raise exception.InterfaceDetachFailed(instance_uuid=instance.uuid) from error
        self._interfaces.setdefault(vif["id"], vif)  # a server that came from another host brought it along
        super().detach_interface(context, instance, vif)

    def attach_volume(
        self, context: Any, connection_info: Any, instance: Any, mountpoint: Any, *args: Any, **kwargs: Any
    ) -> None:
        """Give a server a volume."""
        stall_server("attach", instance)
        super().attach_volume(context, connection_info, instance, mountpoint, *args, **kwargs)

    def detach_volume(
        self, context: Any, connection_info: Any, instance: Any, mountpoint: Any, *args: Any, **kwargs: Any
    ) -> None:
        """Take a volume away."""
        stall_server("detach", instance)
        super().detach_volume(context, connection_info, instance, mountpoint, *args, **kwargs)

    def get_console_output(self, context: Any, instance: Any) -> str | bytes:
        """What the guest would have printed."""
        return (
            f"[    0.000000] Linux version 6.1.0 (pocketcloud)\n[    1.234567] {instance.hostname}: booted from image\n"
            f"\n{instance.hostname} login: "
        )

    def snapshot(self, context: Any, instance: Any, image_id: str, update_task_state: Any) -> None:
        """Upload some bytes, so that the image becomes active as a real one does. A shelved server is kept so too."""
        shelving = instance.task_state in SHELVING
        stall_server("shelve" if shelving else "server_snapshot", instance)
        super().snapshot(context, instance, image_id, update_task_state)
        api = glance.API()
        image = api.get(context, image_id)
        metadata = {
            "name": image["name"],
            "status": "active",
            "disk_format": "raw",
            "container_format": "bare",
            "properties": image["properties"],
        }
        data = io.BytesIO(b"snapshot of " + instance.uuid.encode())
        api.update(context, image_id, metadata, data, purge_props=False)
        if not shelving:
            stall_server("server_snapshot_end", instance)
