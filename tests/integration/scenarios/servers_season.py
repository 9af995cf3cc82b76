"""What the cloud does wrong with volumes and servers, and how that must be reported."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from stackprobe.results import Outcome

from tests.integration.probing import Probed
from tests.integration.scenarios.seasons import INVENTED, Fault, Season
from tests.support.clouds import Rules


def lie(service: str, method: str, path: str, status: int, nth: int = 1, **body: Any) -> dict[str, Any]:
    """An answer in the place of the service, which never hears of the request."""
    answer = {"body": body} if body else {}
    return {"service": service, "method": method, "path": path, "nth": nth, "status": status, **answer}


def nova(method: str, path: str, **action: Any) -> Rules:
    """One rule for requests to nova."""
    return [{"service": "nova", "method": method, "path": path, **action}]


CONSOLE, STOP, REBOOT = 1, 2, 4
"""Which of the POSTs to a server's action these are, counted from 1."""
HASTE = {
    "volume": {"deadline": 6, "delete_deadline": 6},
    "compute": {
        "volume": False,
        "boot_deadline": 20,
        "action_deadline": 8,
        "snapshot_deadline": 15,
        "resize_deadline": 15,
        "delete_deadline": 6,
    },
}
"""Deadlines in seconds: much longer than these things take here, much shorter than one would wait in earnest.
The servers have no volume, so that a fault of block storage concerns the scenario ``volume`` alone."""
ONE_ZONE = {"zones": ["az1"]}

VOLUME: dict[str, Fault] = {
    "create answers 503": Fault(
        [{"service": "cinder", "method": "POST", "path": "/volumes$", "status": 503}], "Create the volume", 503, "503"
    ),
    "snapshot hangs after it was made": Fault(
        [{"service": "cinder", "method": "POST", "path": "/snapshots$", "hang": "after"}],
        "Create a snapshot",
        None,
        "deadline passed",
    ),
    "the snapshot's answer is cut off": Fault(
        [{"service": "cinder", "method": "POST", "path": "/snapshots$", "truncate": 20}], "Create a snapshot", None, ""
    ),
    "the copy is of another snapshot": Fault(
        [{"service": "cinder", "method": "GET", "path": "/volumes/[^/]+$", "set": {"volume.snapshot_id": INVENTED}}],
        "Create a volume from the snapshot",
        200,
        "snapshot_id is",
    ),
    "create of the copy invents its answer": Fault(
        [lie("cinder", "POST", "/volumes$", 202, nth=2, volume={"id": INVENTED, "status": "creating"})],
        "Create a volume from the snapshot",
        404,
        "could not be found",
    ),
    "create answers with an id that is not the volume's": Fault(
        [{"service": "cinder", "method": "POST", "path": "/volumes$", "set": {"volume.id": INVENTED}}],
        "Create the volume",
        404,
        "could not be found",
    ),
    "extend says 202 and does nothing": Fault(
        [lie("cinder", "POST", "/action$", 202)], "Extend the volume", 200, "size is 2, but it is 1"
    ),
    "rename says 200 and does nothing": Fault(
        [lie("cinder", "PUT", "/volumes/", 200, volume={})], "Rename the copy", 200, "read back: name is"
    ),
    "delete says 202 and does nothing": Fault(
        [lie("cinder", "DELETE", "/volumes/", 202)], "Delete the copy", 200, "available"
    ),
    "the storage fails": Fault(
        [{"driver": "volume_create", "name": "-copy$", "error": "the disk is on fire"}],
        "Create a volume from the snapshot",
        200,
        "status error",
    ),
    "the extension fails": Fault(
        [{"driver": "volume_extend", "error": "no room"}], "Extend the volume", 200, "error_extending"
    ),
    "the volume is in creating for too long": Fault(
        [{"driver": "volume_create", "delay": 9}], "Create the volume", 200, "last seen: status creating"
    ),
    "the quota is used up": Fault(
        [lie("cinder", "POST", "/volumes$", 413, overLimit={"code": 413, "message": "VolumeLimitExceeded"})],
        "Create the volume",
        413,
        "no quota left",
        Outcome.ERROR,
    ),
}
COMPUTE: dict[str, Fault] = {
    "create answers 500": Fault(
        nova("POST", "/servers$", nth=1, status=500), "Create the server", 500, "500", zone="az1"
    ),
    "no host is found": Fault(
        [
            {
                "service": "placement",
                "path": "allocation_candidates",
                "interface": "internal",
                "nth": 1,
                "set": {"allocation_requests": [], "provider_summaries": {}},
            }
        ],
        "Wait until the server is active",
        200,
        "No valid host was found",
        zone="az1",
        options=ONE_ZONE,
    ),
    "the hypervisor fails in one zone": Fault(
        [{"driver": "spawn", "name": "az2$", "error": "the hypervisor is on fire"}],
        "Wait until the server is active",
        200,
        "status ERROR",
        zone="az2",
    ),
    "the server never gets ACTIVE": Fault(
        [{"driver": "spawn", "name": "compute-server-az1$", "stuck": True}],
        "Wait until the server is active",
        200,
        "last seen: status BUILD",
        zone="az1",
        options={"boot_deadline": 8, **ONE_ZONE},
    ),
    "create invents its answer": Fault(
        nova("POST", "/servers$", nth=2, status=202, body={"server": {"id": INVENTED, "links": []}}),
        "Wait until the server is active",
        404,
        "could not be found",
        zone="az2",
    ),
    "the server is in another zone": Fault(
        nova("GET", "/servers/[^/]+$", set={"server.OS-EXT-AZ:availability_zone": "az9"}),
        "Wait until the server is active",
        200,
        "availability_zone is 'az1', but it is 'az9'",
        zone="az1",
        options=ONE_ZONE,
    ),
    "metadata is accepted and not kept": Fault(
        nova("POST", "/metadata$", status=200, body={"metadata": {"probed": "yes"}}),
        "Set metadata",
        200,
        "read back: metadata.probed is 'yes', but it is None",
    ),
    "the console log is empty": Fault(
        nova("POST", "/action$", nth=[CONSOLE, *range(CONSOLE + 1, 12)], set={"output": ""}),
        "Read the console log",
        200,
        "output is set",
        options=ONE_ZONE,
    ),
    "stop hangs": Fault(nova("POST", "/action$", nth=STOP, hang="before"), "Stop the server", None, "deadline passed"),
    "reboot says 202 and does nothing": Fault(
        nova("POST", "/action$", nth=REBOOT, status=202),
        "Find the actions in the server's history",
        200,
        "reboot",
        options={"snapshot": False, "resize": False, **ONE_ZONE},
    ),
    "the image of the server fails": Fault(
        [{"driver": "server_snapshot", "error": "the disk is on fire"}],
        "Create an image of the server",
        404,
        "",
        options=ONE_ZONE,
    ),
    "the server stays busy with its image": Fault(
        [{"driver": "server_snapshot_end", "stuck": True}],
        "Wait until the server is free again",
        200,
        "task_state is None, but it is 'image_uploading'",
        options=ONE_ZONE,
    ),
    "the resize fails": Fault(
        [{"driver": "resize", "error": "the other host is on fire"}],
        "Resize the server",
        200,
        "status ERROR",
        options={"snapshot": False, **ONE_ZONE},
    ),
    "delete says 204 and does nothing": Fault(
        [lie("nova", "DELETE", "/servers/[^/]+$", 204)],
        "Delete the server",
        200,
        "last seen: status active",
        zone="az1",
        options={"snapshot": False, "resize": False, **ONE_ZONE},
    ),
    "attach says 200 and does nothing": Fault(
        nova(
            "POST",
            "/os-volume_attachments$",
            status=200,
            body={"volumeAttachment": {"id": INVENTED, "volumeId": INVENTED, "device": "/dev/vdb"}},
        ),
        "Attach the volume",
        200,
        "status is 'in-use', but it is 'available'",
        options={"volume": True, **ONE_ZONE},
    ),
}


SEASON = Season({"volume": VOLUME, "compute": COMPUTE}, options=HASTE)


def sweep(run: Probed, clouds_yaml: os.PathLike[str]) -> subprocess.CompletedProcess[str]:
    """``stackprobe sweep`` on the machine of a run."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    environment |= {"OS_CLIENT_CONFIG_FILE": str(clouds_yaml), "XDG_STATE_HOME": str(run.output.parent / "state")}
    return subprocess.run(
        [sys.executable, "-m", "stackprobe", "sweep", "--cloud", "demo"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120.0,
        check=False,
    )
