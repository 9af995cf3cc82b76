"""The dashboard of packets between guests, and on their way out and in."""

from __future__ import annotations

from dashboards.generator.model import ROOT, Dashboard, Panel

PACKETS = Dashboard(
    "stackprobe-guest-packets",
    "stackprobe: packets of guests",
    "What becomes of packets between guests and on their way out and in.",
    (
        Panel(
            "Loss by pair",
            (f"aliasByNode({ROOT}.east_west.ping_the_other_guest.*.loss_percent, 5)",),
            "Scenario east_west: who pings whom.",
            "percent",
        ),
        Panel(
            "Round trip by pair, 95th percentile",
            (f"aliasByNode(highestMax({ROOT}.east_west.ping_the_other_guest.*.rtt_p95_ms, 15), 5)",),
            "Scenario east_west, the fifteen longest.",
            "ms",
        ),
        Panel(
            "Loss by kind of way",
            (f"aliasByNode({ROOT}.east_west.take_the_pairs_together.*.loss_percent, 5)",),
            "Scenario east_west: over all pairs, and over those within one zone, network or router, or between two.",
            "percent",
        ),
        Panel(
            "Round trip by kind of way",
            (f"aliasByNode({ROOT}.east_west.take_the_pairs_together.*.{{rtt_median_ms,rtt_p95_ms}}, 5, 6)",),
            "Scenario east_west: median and 95th percentile over all pings of these pairs.",
            "ms",
        ),
        Panel(
            "Loss to the outside",
            (f"aliasByNode({ROOT}.guest_outbound.ping_the_target.*.loss_percent, 5)",),
            "Scenario guest_outbound: target, and by which address the guest goes out.",
            "percent",
        ),
        Panel(
            "Round trip to the outside",
            (f"aliasByNode({ROOT}.guest_outbound.ping_the_target.*.{{rtt_mean_ms,rtt_p95_ms}}, 5, 6)",),
            "Scenario guest_outbound: mean and 95th percentile.",
            "ms",
        ),
        Panel(
            "Loss over IPv6",
            (f"aliasByNode({ROOT}.ipv6.ping_*.*.loss_percent, 4, 5)",),
            "Scenario ipv6: to the outside, from it, and between guests, by how they got their address.",
            "percent",
        ),
        Panel(
            "Names and pages that guests ask for",
            (
                f"aliasByNode({ROOT}.guest_outbound.{{resolve_the_name,ask_the_name_server}}.*.duration_ms, 4, 5)",
                f"aliasByNode({ROOT}.guest_outbound.ask_the_address.*.first_byte_ms, 4, 5)",
            ),
            "Scenario guest_outbound: name servers as a whole, pages until their first byte.",
            "ms",
        ),
        Panel(
            "Until a security group has its effect",
            (
                f"aliasByNode({ROOT}.security_group_effect.wait_until_the_way_*.*.since_ms, 4, 5)",
                f"aliasByNode({ROOT}.security_group_effect.wait_until_the_way_*.*udp.effect_ms, 4, 5)",
            ),
            "Scenario security_group_effect: from the request that adds or deletes a rule, or the guest that joins or "
            "leaves a group, until packets get through or do not any more; UDP from when the guest begins to ask.",
            "ms",
        ),
        Panel(
            "Until a shared address has moved",
            (f"aliasByNode({ROOT}.vip_failover.{{reach_the_address,log_in_by_the_floating_ip}}.second.since_ms, 4)",),
            "Scenario vip_failover: from when the second guest takes the address until it answers there.",
            "ms",
        ),
        Panel(
            "Until a forwarded port has moved",
            (
                f"aliasByNode({ROOT}.port_forwarding.log_in_through_the_new_port.since_ms, 4)",
                f"aliasByNode({ROOT}.port_forwarding.wait_until_the_*_port_is_closed.since_ms, 4)",
            ),
            "Scenario port_forwarding: from the request until the new port leads to the guest and the old one to none.",
            "ms",
        ),
        Panel(
            "Load balancer: a member is lost and back",
            (
                f"aliasByNode({ROOT}.load_balancer_traffic."
                "{have_the_lost_member_left_out,see_the_loss_told,have_it_taken_back}.*.duration_ms, 4, 5)",
            ),
            "Scenario load_balancer_traffic, by protocol and algorithm: until no request meets the lost member, "
            "until the API tells the loss, and until the member answers again.",
            "ms",
        ),
        Panel(
            "Load balancer: requests that failed",
            (f"aliasByNode({ROOT}.load_balancer_traffic.*.*.errors, 4, 5)",),
            "Scenario load_balancer_traffic: while all members are there, and while one is lost and comes back.",
            kind="bars",
        ),
        Panel(
            "Load balancer: share of each member",
            (f"aliasByNode({ROOT}.load_balancer_traffic.spread_requests_over_the_members.*.*_percent, 5, 6)",),
            "Scenario load_balancer_traffic: of the requests while all members are there.",
            "percent",
        ),
        Panel(
            "Load balancer: requests",
            (
                f"aliasByNode({ROOT}.load_balancer_traffic.spread_requests_over_the_members.*."
                "{request_p50_ms,request_p95_ms,request_max_ms}, 5, 6)",
            ),
            "Scenario load_balancer_traffic: each on a connection of its own.",
            "ms",
        ),
        Panel(
            "Metadata",
            (f"aliasByNode({ROOT}.guest_metadata.ask_for_the_*.first_byte_ms, 4)",),
            "Scenario guest_metadata: what a guest waits for its metadata service.",
            "ms",
        ),
    ),
)  # fmt: skip
