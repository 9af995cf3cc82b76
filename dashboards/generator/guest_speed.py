"""The dashboard of what guests get of networks, processors and disks."""

from __future__ import annotations

from dashboards.generator.model import ROOT, Dashboard, Panel, in_zones_or_not

SPEED = Dashboard(
    "stackprobe-guest-speed",
    "stackprobe: speed of guests",
    "What guests get of networks, processors and disks.",
    (
        Panel(
            "Bandwidth",
            (f"aliasByNode({ROOT}.network_throughput.measure_the_throughput*.*.bandwidth_mbit, 4, 5)",),
            "Scenario network_throughput: TCP within a zone and between zones, by iperf3.",
            "Mbits",
        ),
        Panel(
            "Retransmits",
            (f"aliasByNode({ROOT}.network_throughput.measure_the_throughput*.*.retransmits, 4, 5)",),
            "Scenario network_throughput: segments that TCP sent again.",
        ),
        Panel(
            "Processors that it takes",
            (
                f"aliasByNode({ROOT}.network_throughput.measure_the_throughput*.*."
                "{cpu_sender_percent,cpu_receiver_percent}, 4, 5, 6)",
            ),
            "Scenario network_throughput: of one processor, at the sender and at the receiver.",
            "percent",
        ),
        Panel(
            "Loss over UDP",
            (f"aliasByNode({ROOT}.network_throughput.measure_the_loss_over_udp.*.loss_percent, 5)",),
            "Scenario network_throughput with the option udp_bandwidth.",
            "percent",
        ),
        Panel(
            "Digits of pi",
            in_zones_or_not("guest_cpu.compute_pi*", "wall_ms"),
            "Scenario guest_cpu: on one processor, and on all of them at the same time.",
            "ms",
        ),
        Panel(
            "Processors that others take",
            in_zones_or_not("guest_cpu.compute_pi*", "steal_percent"),
            "Scenario guest_cpu: steal time while it computes.",
            "percent",
        ),
        Panel(
            "Processors side by side",
            in_zones_or_not("guest_cpu.compute_pi_on_all_processors", "efficiency_percent"),
            "Scenario guest_cpu: 100 % where all of them together are each as fast as one alone.",
            "percent",
        ),
        Panel(
            "Disks: bandwidth",
            in_zones_or_not("guest_disk.measure_the_{disk,volume}", "{read_mib_s,write_mib_s}"),
            "Scenario guest_disk: random reads and writes, by fio.",
            "MiBs",
        ),
        Panel(
            "Disks: operations",
            in_zones_or_not("guest_disk.measure_the_{disk,volume}", "{read_iops,write_iops}"),
            "Scenario guest_disk.",
            "iops",
        ),
        Panel(
            "Disks: operations of more than 10 ms",
            in_zones_or_not("guest_disk.measure_the_{disk,volume}", "over_10ms_percent"),
            "Scenario guest_disk: of all operations.",
            "percent",
        ),
        Panel(
            "Disks: mean of an operation",
            in_zones_or_not("guest_disk.measure_the_{disk,volume}", "{read_mean_ms,write_mean_ms}"),
            "Scenario guest_disk.",
            "ms",
        ),
        Panel(
            "Data of volumes",
            (
                f"aliasByNode({ROOT}.volume_data.write_the_data.written_mb_per_s, 4)",
                f"aliasByNode({ROOT}.volume_data.read_the_data.*.read_mb_per_s, 4, 5)",
            ),
            "Scenario volume_data: written in the first guest, read there, in the second one, and when it has grown.",
            "MBs",
        ),
        Panel(
            "Volumes: until the guest sees it",
            (
                f"aliasByNode({ROOT}.volume_data.{{attach_the_volume,find_the_new_disk}}.*.duration_ms, 4, 5)",
                f"aliasByNode({ROOT}.volume_data.see_the_growth_in_the_guest.duration_ms, 4)",
            ),
            "Scenario volume_data: attached as the API tells it, then there in the guest; grown.",
            "ms",
        ),
    ),
)  # fmt: skip
