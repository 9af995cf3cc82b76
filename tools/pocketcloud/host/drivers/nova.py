"""nova's own fake hypervisor, with stable nodes, snapshots that upload bytes, and injected faults."""

# mypy: disable-error-code="import-untyped, import-not-found"
from __future__ import annotations

import io
import uuid
from typing import Any

from nova.compute import task_states
from nova.image import glance
from nova.virt import fake

from pocketcloud.host.drivers.stalls import stall


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

    def _stall(self, operation: str, instance: Any) -> None:
        """Apply driver faults; a stuck operation also ends when the server is being deleted."""

        def deleting() -> bool:
            instance.refresh()
            return bool(instance.task_state == task_states.DELETING)

        stall(operation, instance.display_name, None if operation == "server_delete" else deleting)

    def spawn(self, context: Any, instance: Any, *args: Any, **kwargs: Any) -> None:
        """Make a server."""
        self._stall("spawn", instance)
        super().spawn(context, instance, *args, **kwargs)

    def destroy(self, context: Any, instance: Any, *args: Any, **kwargs: Any) -> None:
        """Remove a server."""
        self._stall("server_delete", instance)
        if instance.uuid in self.instances:
            super().destroy(context, instance, *args, **kwargs)

    def power_off(self, instance: Any, *args: Any, **kwargs: Any) -> None:
        """Stop a server."""
        self._stall("stop", instance)
        super().power_off(instance, *args, **kwargs)

    def power_on(self, context: Any, instance: Any, *args: Any, **kwargs: Any) -> None:
        """Start a server; a soft reboot ends here as well."""
        self._stall("start", instance)
        super().power_on(context, instance, *args, **kwargs)

    def reboot(self, context: Any, instance: Any, *args: Any, **kwargs: Any) -> None:
        """Restart a server."""
        self._stall("reboot", instance)
        super().reboot(context, instance, *args, **kwargs)

    def migrate_disk_and_power_off(self, context: Any, instance: Any, *args: Any, **kwargs: Any) -> Any:
        """First half of a resize."""
        self._stall("resize", instance)
        return super().migrate_disk_and_power_off(context, instance, *args, **kwargs)

    def attach_volume(
        self, context: Any, connection_info: Any, instance: Any, mountpoint: Any, *args: Any, **kwargs: Any
    ) -> None:
        """Give a server a volume."""
        self._stall("attach", instance)
        super().attach_volume(context, connection_info, instance, mountpoint, *args, **kwargs)

    def detach_volume(
        self, context: Any, connection_info: Any, instance: Any, mountpoint: Any, *args: Any, **kwargs: Any
    ) -> None:
        """Take a volume away."""
        self._stall("detach", instance)
        super().detach_volume(context, connection_info, instance, mountpoint, *args, **kwargs)

    def get_console_output(self, context: Any, instance: Any) -> str:
        """What the guest would have printed."""
        return (
            f"[    0.000000] Linux version 6.1.0 (pocketcloud)\n[    1.234567] {instance.hostname}: booted from image\n"
            f"\n{instance.hostname} login: "
        )

    def snapshot(self, context: Any, instance: Any, image_id: str, update_task_state: Any) -> None:
        """Upload some bytes, so that the image becomes active as a real one does."""
        self._stall("server_snapshot", instance)
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
