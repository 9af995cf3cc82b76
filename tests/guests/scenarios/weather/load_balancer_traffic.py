"""What can keep requests from members of a load balancer, or from being shared equally."""

from __future__ import annotations

from tests.guests.scenarios.season import LOGIN_S, Fault

SCENARIO = "load_balancer_traffic"
SPREAD = "Spread requests over the members"
SECOND = f"-{SCENARIO}-member2$"
POOL = "statuses.loadbalancer.listeners.*.pools.*"
ALL_IS_WELL = {f"{POOL}.operating_status": "ONLINE", f"{POOL}.members.*.operating_status": "ONLINE"}
FIRST, KEPT, DATAGRAMS = "http_round_robin", "tcp_source_ip", "udp_source_ip_port"


def variants(*named: str) -> list[dict[str, str]]:
    """Variants by protocol and algorithm."""
    return [dict(zip(("protocol", "algorithm"), one.split(), strict=True)) for one in named]


ALONE = variants("HTTP ROUND_ROBIN")
OPTIONS = {
    "login_deadline": LOGIN_S,
    "variants": variants("HTTP ROUND_ROBIN", "TCP LEAST_CONNECTIONS", "TCP SOURCE_IP", "TCP SOURCE_IP_PORT",
                         "PROXY ROUND_ROBIN"),
}  # fmt: skip
FAULTS = {
    "nothing gets in to a member": Fault(
        [{"packets": "closed", "name": SECOND, "protocol": "tcp", "port": 8080}],
        SPREAD, None, "member2 0; expected each of member1, member2", zone=FIRST, options={"variants": ALONE},
    ),
    "a member answers 500": Fault(
        [{"packets": "refuse_500", "name": SECOND, "port": 8080}],
        SPREAD, None, "requests failed: HTTP 500", zone=FIRST, options={"monitor": "TCP", "variants": ALONE},
    ),
    "one source is not kept to one member": Fault(
        [{"driver": "balancer_algorithm", "name": f"-{SCENARIO}-balancer$", "answer": "roundrobin"}],
        SPREAD, None, "expected always the same one of member1, member2", zone=KEPT,
        options={"variants": variants("HTTP ROUND_ROBIN", "TCP SOURCE_IP")},
    ),
    "the balancer does not spread": Fault(
        [{"driver": "balancer_spread", "name": f"-{SCENARIO}-balancer$", "error": "one for all"}],
        SPREAD, None, "member2 0; expected each of member1, member2", zone=FIRST, options={"variants": ALONE},
    ),
    "the balancer of another provider does not spread": Fault(
        [{"driver": "balancer_spread", "name": f"-{SCENARIO}-balancer$", "error": "one for all"}],
        SPREAD, None, "expected each of member1, member2", zone=DATAGRAMS,
        options={"provider": "ovn", "variants": variants("HTTP ROUND_ROBIN", "UDP SOURCE_IP_PORT")},
    ),
    "a member fails its checks": Fault(
        [{"driver": "member_check", "name": SECOND, "error": "not well"}],
        "See the members online", None, "deadline passed", zone=FIRST,
        options={"change_deadline": 60, "variants": ALONE},
    ),
    "the loss of a member is not told": Fault(
        [{"service": "octavia", "method": "GET", "path": "/status$", "set": ALL_IS_WELL}],
        "See the loss told", None, "deadline passed", zone=FIRST, options={"drain_deadline": 60, "variants": ALONE},
    ),
}  # fmt: skip
