"""What must be installed on the machine, as Debian and Ubuntu name it. As a script: prints what is missing."""

from __future__ import annotations

import shutil
from pathlib import Path

#: Each package with the file or the program that shows that it is there.
NEEDED = {
    "zookeeper": "/usr/share/java/zookeeper.jar",
    "default-jre-headless": "java",
    "bubblewrap": "bwrap",
    "rsync": "rsync",
    "git": "git",
    "openssl": "openssl",
    "openssh-client": "ssh-agent",
    "openssh-server": "sshd",
    "mosquitto": "mosquitto",
    "procps": "ps",
    "util-linux": "setpriv",
}
#: Programs of administrators may not be on a user's PATH.
PLACES = "/usr/sbin:/sbin:/usr/local/sbin"


def program(name: str) -> str | None:
    """The full path of a program, also of one for administrators."""
    return shutil.which(name) or shutil.which(name, path=PLACES)


def missing() -> list[str]:
    """Names of the packages that are needed and not installed."""
    return [
        package
        for package, sign in NEEDED.items()
        if not (Path(sign).exists() if sign.startswith("/") else program(sign))
    ]


if __name__ == "__main__":
    print("\n".join(missing()))
