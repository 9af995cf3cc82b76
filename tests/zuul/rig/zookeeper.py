"""ZooKeeper: one server, TLS only, from the Debian package's jars."""

from __future__ import annotations

from collections.abc import Mapping

from pocketcloud.services import HOST

from tests.zuul.rig.layout import Layout
from tests.zuul.rig.ports import answers
from tests.zuul.rig.processes import Process

JARS = "/usr/share/java"
# The manifest of Debian's zookeeper.jar forgets these: without netty-codec TLS accepts a connection and then fails.
NETTY = ("buffer", "codec", "common", "handler", "resolver", "transport", "transport-native-unix-common",
         "transport-native-epoll")  # fmt: skip
SETTINGS = """\
tickTime=2000
dataDir={data}
admin.enableServer=false
maxClientCnxns=0
secureClientPort={port}
secureClientPortAddress={host}
serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory
ssl.keyStore.location={certificates}/keystore.pem
ssl.trustStore.location={certificates}/ca.pem
forceSync=no
"""


def process(layout: Layout, port: int, environment: Mapping[str, str]) -> Process:
    """ZooKeeper on this port, not started."""
    settings = layout.etc / "zoo.cfg"
    settings.write_text(
        SETTINGS.format(data=layout.root / "zookeeper", port=port, host=HOST, certificates=layout.certificates)
    )
    jars = [f"{JARS}/zookeeper.jar", *(f"{JARS}/netty-{name}.jar" for name in NETTY)]
    memory = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
    main = "org.apache.zookeeper.server.quorum.QuorumPeerMain"
    command = ["java", *memory, "-cp", ":".join(jars), main, str(settings)]
    return Process("zookeeper", layout.root, command, environment, lambda: answers(port))
