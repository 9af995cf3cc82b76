"""The tiny image: a kernel of Debian and an initial RAM disk of busybox, dropbear and virtio, made on this machine."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import re
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

from pocketcloud import cache
from pocketcloud.errors import PocketcloudError
from pocketcloud.guests import small
from pocketcloud.progress import Progress
from pocketcloud.qemu.preconditions import KERNEL_PACKAGE

INIT = Path(__file__).parent / "init.sh"
BOOT = [small.PLACE / name for name in ("small.sh", "network.sh")]
WANTED = ("virtio_pci", "virtio_net", "virtio_blk", "virtio-rng")
DIRECTORIES = (
    *("bin", "sbin", "proc", "sys", "dev", "root", "tmp", "run", "var/tmp", "usr/bin", "usr/sbin", "mnt", "modules"),
)
FILES = {
    "etc/passwd": "root:x:0:0::/root:/bin/sh\n",
    "etc/group": "root:x:0:\n",
    "etc/shells": "/bin/sh\n",
}
PROGRAMS = ("/usr/sbin/dropbear", "/usr/bin/dropbearkey")
BUSYBOX = "/bin/busybox"


def ensure(progress: Progress) -> Path:
    """The directory with `vmlinuz` and `initrd.gz`, made now if need be. Raises PocketcloudError."""
    package = _kernel_package()
    parts = [package.encode(), *(one.read_bytes() for one in (INIT, *BOOT, Path(__file__)))]
    parts += [Path(shutil.which(one) or one).read_bytes() for one in (*PROGRAMS, BUSYBOX)]
    place = cache.directory() / f"qemu-{hashlib.sha256(b''.join(parts)).hexdigest()[:16]}"
    if place.exists():
        return place
    with cache.locked(place.with_suffix(".lock"), "the image for virtual machines", progress):
        if place.exists():
            return place
        with progress.step("making the image for virtual machines (once)"):
            partial = place.with_suffix(".partial")
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            with tempfile.TemporaryDirectory(dir=place.parent) as tree:
                kernel, modules = _kernel(package, Path(tree))
                shutil.copyfile(kernel, partial / "vmlinuz")
                with gzip.GzipFile(partial / "initrd.gz", "wb", compresslevel=1, mtime=0) as stream:
                    stream.write(_initial_disk(modules))
            os.rename(partial, place)
    return place


def _kernel_package() -> str:
    shown = subprocess.run(["apt-cache", "show", KERNEL_PACKAGE], capture_output=True, text=True, check=False).stdout
    found = re.search(r"^Depends: (linux-image-\S+)", shown, re.MULTILINE)
    if not found:
        raise PocketcloudError(f"apt knows no package {KERNEL_PACKAGE}", "run apt-get update (on Debian, amd64)")
    return found[1]


def _kernel(package: str, tree: Path) -> tuple[Path, Path]:
    """The kernel of a package and the directory of its modules; of the installed one, or of one that apt fetches."""
    version = package.removeprefix("linux-image-")
    installed = Path("/boot") / f"vmlinuz-{version}"
    if not installed.exists():
        command = ["apt-get", "download", package]
        done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        files = list(tree.glob("*.deb"))
        if done.returncode or not files:
            raise PocketcloudError(
                f"`{' '.join(command)}` failed: {(done.stderr.strip().splitlines() or ['?'])[-1]}",
                f"run apt-get update, or install {package}",
            )
        subprocess.run(["dpkg", "-x", str(files[0]), str(tree)], check=True, stdin=subprocess.DEVNULL)
        installed = tree / "boot" / f"vmlinuz-{version}"
    root = Path("/") if installed.is_relative_to("/boot") else tree
    places = (root / "lib/modules" / version, root / "usr/lib/modules" / version)
    modules = next(place for place in places if place.is_dir())
    return installed, modules


def _in_order(modules: Path) -> list[Path]:
    """The wanted modules and what they need, each after what it needs itself."""
    known = {file.stem.replace("-", "_"): file for file in modules.rglob("*.ko")}
    found: list[Path] = []

    def add(name: str) -> None:
        file = known[name.replace("-", "_")]
        needs = re.search(rb"\0depends=([^\0]*)\0", file.read_bytes())
        for one in filter(None, needs[1].decode().split(",") if needs else []):
            add(one)
        if file not in found:
            found.append(file)

    for name in WANTED:
        add(name)
    return found


def _initial_disk(modules: Path) -> bytes:
    archive = Archive()
    for name in DIRECTORIES:
        archive.directory(name)
    for name, text in FILES.items():
        archive.file(name, text.encode(), 0o644)
    archive.file("init", INIT.read_bytes(), 0o755)
    for program in (BUSYBOX, *PROGRAMS):
        archive.file(program.lstrip("/"), Path(program).read_bytes(), 0o755)
    for script in BOOT:
        archive.file(f"boot/{script.name}", script.read_bytes(), 0o644)
    for library in sorted(small.libraries(map(Path, PROGRAMS))):
        archive.file(str(library).lstrip("/"), library.read_bytes(), 0o755)
    for number, module in enumerate(_in_order(modules)):
        archive.file(f"modules/{number:02}-{module.name}", module.read_bytes(), 0o644)
    return archive.end()


class Archive:
    """A cpio archive as the kernel reads it (newc), everything owned by root."""

    def __init__(self) -> None:
        self._stream = io.BytesIO()
        self._names: set[str] = set()

    def directory(self, name: str) -> None:
        """A directory, with those above it."""
        parent = os.path.dirname(name)
        if parent:
            self.directory(parent)
        if name not in self._names:
            self._add(name, b"", stat.S_IFDIR | 0o755)

    def file(self, name: str, data: bytes, mode: int) -> None:
        """A file, with the directories above it."""
        self.directory(os.path.dirname(name)) if "/" in name else None
        self._add(name, data, stat.S_IFREG | mode)

    def end(self) -> bytes:
        """The whole archive."""
        self._add("TRAILER!!!", b"", 0)
        return self._stream.getvalue()

    def _add(self, name: str, data: bytes, mode: int) -> None:
        self._names.add(name)
        encoded = name.encode() + b"\0"
        fields = (len(self._names), mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(encoded), 0)
        self._stream.write(b"070701" + b"".join(b"%08X" % field for field in fields) + encoded)
        self._pad()
        self._stream.write(data)
        self._pad()

    def _pad(self) -> None:
        self._stream.write(b"\0" * (-self._stream.tell() % 4))
