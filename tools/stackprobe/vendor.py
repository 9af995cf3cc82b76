"""Services of vendors: the ``vendor_hook`` of a cloud's entry or profile adds them to a connection.

openstacksdk runs the hook itself, but passes over one that cannot be imported or breaks, so that its services are only
missing. So it is run here, and what is wrong with it is kept for whoever misses a service.
"""

from __future__ import annotations

import importlib.metadata

import openstack.config.cloud_region
import openstack.connection

_PROBLEM = "stackprobe_vendor_problem"


def connect(cloud_region: openstack.config.cloud_region.CloudRegion) -> openstack.connection.Connection:
    """A connection with the services that the cloud's hook adds."""
    hook = cloud_region.config.pop("vendor_hook", None)
    connection = openstack.connection.Connection(config=cloud_region)
    setattr(connection, _PROBLEM, _run(str(hook), connection) if hook else None)
    return connection


def problem_of(connection: openstack.connection.Connection) -> str | None:
    """Why the vendor's services are missing, and what to do; None where there is no hook, or it went well."""
    found = getattr(connection, _PROBLEM, None)
    return str(found) if found else None


def _run(hook: str, connection: openstack.connection.Connection) -> str | None:
    package = hook.partition(":")[0].partition(".")[0]
    try:
        entry_point = importlib.metadata.EntryPoint("vendor_hook", hook, "vendor_hook")
        if not entry_point.module or not entry_point.attr:
            return f"the vendor_hook `{hook}` is not of the form module:function"
        entry_point.load()(connection)
    except ModuleNotFoundError as error:
        if error.name == package:
            return (
                f"the vendor_hook `{hook}` has no effect, since there is no Python package {package}: "
                "install it beside stackprobe"
            )
        return f"the vendor_hook `{hook}` cannot be loaded: {error}"
    except Exception as error:  # it is not our code
        return f"the vendor_hook `{hook}` broke: {type(error).__name__}: {error}"
    return None
