"""What can keep requests from members of a load balancer, or from being shared equally."""

from __future__ import annotations

from tests.guests.scenarios.season import LOGIN_S, Fault

SCENARIO = "load_balancer_traffic"
SPREAD = "Spread requests over the members"
SECOND = f"-{SCENARIO}-member2$"
POOL = "statuses.loadbalancer.listeners.*.pools.*"
ALL_IS_WELL = {f"{POOL}.operating_status": "ONLINE", f"{POOL}.members.*.operating_status": "ONLINE"}
OPTIONS = {"login_deadline": LOGIN_S}
FAULTS = {
    "nothing gets in to a member": Fault(
        [{"packets": "closed", "name": SECOND, "protocol": "tcp", "port": 8080}],
        SPREAD, None, "member2 0; expected each of member1, member2",
    ),
    "a member answers 500": Fault(
        [{"packets": "refuse_500", "name": SECOND, "port": 8080}],
        SPREAD, None, "requests failed: HTTP 500", options={"monitor": "TCP"},
    ),
    "the balancer does not spread": Fault(
        [{"driver": "balancer_spread", "name": f"-{SCENARIO}-balancer$", "error": "one for all"}],
        SPREAD, None, "member2 0; expected each of member1, member2",
    ),
    "a member fails its checks": Fault(
        [{"driver": "member_check", "name": SECOND, "error": "not well"}],
        "See the member online", None, "deadline passed", zone="member2", options={"change_deadline": 60},
    ),
    "the loss of a member is not told": Fault(
        [{"service": "octavia", "method": "GET", "path": "/status$", "set": ALL_IS_WELL}],
        "See the loss told", None, "deadline passed", options={"drain_deadline": 60},
    ),
}  # fmt: skip
