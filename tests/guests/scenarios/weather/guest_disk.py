"""What can be wrong with the disk of a guest."""

from __future__ import annotations

from tests.guests.scenarios.season import LOGIN_S, Fault, of_driver
from tests.guests.scenarios.tools import Remedied, Skipped, in_place_of, replaced, without

SCENARIO = "guest_disk"
OPTIONS = {"login_deadline": LOGIN_S, "size": 8, "jobs": 2, "seconds": 1, "volume_size": 1}
MEASURE = "Measure the disk"
STALLS = """
"$real" "$@" --thread & main=$!
while sleep 0.02; do kill -STOP $main; sleep 0.1; kill -CONT $main; done 2>/dev/null & stalls=$!
wait $main; code=$?
kill $stalls
exit $code"""
INSTALLS = 'case "$*" in *" fio") umount /usr/bin/fio ;; esac'
FAULTS = {
    "the disk is slow": Fault(
        replaced(SCENARIO, "fio", 'exec "$real" "$@" --rate=100k'),
        MEASURE, None, "figures.write_mib_s", options={"bandwidth": 1},
    ),
    "the disk has no room": Skipped(
        without(SCENARIO, more="mount -t tmpfs -o size=1m,mode=1777 tmpfs /var/tmp"),
        MEASURE, None, "of the guest has room for 1 MiB",
    ),
    "the disk hangs again and again": Fault(
        replaced(SCENARIO, "fio", STALLS),
        MEASURE, None, "figures.over_10ms_percent", options={"over_10ms_percent": 0.05},
    ),
    "there is no fio": Skipped(
        without(SCENARIO, "fio", "apt-get"), MEASURE, None, "the guest has no fio, and it cannot be brought: there is"
    ),
    "there is no fio, but the distribution has it": Remedied(
        without(SCENARIO, "fio", more=in_place_of("apt-get", INSTALLS)), MEASURE, None
    ),
    "a volume does not appear in the guest": Fault(
        of_driver(SCENARIO, "volume_appear", stuck=True),
        "Find the volume in the guest", None, "no disk of the guest is the volume",
    ),
}  # fmt: skip
