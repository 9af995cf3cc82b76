"""A disk with nothing of the machine's but busybox, dropbear and sudo, copied to it: as images like CirrOS are."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from pocketcloud.guests.preconditions import program

PLACE = Path(__file__).parent
COPIED = ("dropbear", "dropbearkey", "sudo")
SUDO = (Path("/usr/libexec/sudo"), Path("/usr/lib/sudo"))  # where its policy is, by release
POLICY = "sudoers.so"
PAM = "pam_permit.so"
LIBRARIES = (Path("/lib"), Path("/usr/lib"))
#: What the busybox of CirrOS was built without, and what nobody calls but stands in the same place of the alphabet: its
#: shell runs whatever is built in, so that to leave out a link would hide nothing.
LACKED = {
    **{"httpd": "httpe", "timeout": "timeouu", "nproc": "nprod", "blockdev": "blockdew", "ping6": "ping7"},
    **{"ipneigh": "ipneigi", "dpkg": "dpkf", "dpkg-deb": "dpkg-dec", "rpm": "rpl", "rpm2cpio": "rpm2cpip"},
}


def furnish(directory: Path) -> None:
    """Put them on a disk, with the libraries that they need."""
    busybox = directory / "bin" / "busybox"
    busybox.parent.mkdir(parents=True, exist_ok=True)
    busybox.write_bytes(_without(Path(program("busybox")).read_bytes(), LACKED))
    busybox.chmod(0o4755)  # so that its ping is everybody's; it gives the right up for everything else
    listed = subprocess.run([program("busybox"), "--list"], capture_output=True, text=True, check=True).stdout.split()
    for name in {*listed} - {"busybox", *LACKED}:
        (busybox.parent / name).symlink_to("busybox")
    needed = [Path(program(name)) for name in COPIED]
    needed += [file for place in SUDO for file in place.glob("*.so*")]
    needed += [file for place in LIBRARIES for file in place.glob(f"*/security/{PAM}")][:1]
    for file in [*needed, *libraries(needed)]:
        _copy(file, directory / str(file).lstrip("/"))


def _without(busybox: bytes, lacked: Mapping[str, str]) -> bytes:
    """A busybox whose table of names has others for some of what is built in."""
    for name, other in lacked.items():
        before, after = (f"\0{one}\0".encode() for one in (name, other))
        start = busybox.index(b"\0blkdiscard\0")  # near the beginning of the table
        busybox = busybox[:start] + busybox[start:].replace(before, after, 1)
    return busybox


def libraries(programs: Iterable[Path]) -> set[Path]:
    """What programs are linked with."""
    listed = subprocess.run(["ldd", *map(str, programs)], capture_output=True, text=True, check=True).stdout
    return {Path(one) for one in re.findall(r"(?<![:\w])/\S*lib\S*/[^\s:]+", listed)}


def _copy(file: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    if not to.exists():
        shutil.copy2(file, to)
