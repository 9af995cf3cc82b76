"""The configuration probes.yaml, with comments that tell what was found, what was left out and why."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from stackprobe.init.plan import Plan
from stackprobe.init.service_levels import service_levels
from stackprobe.init.text import beside, comment, flow
from stackprobe.survey.problems import told


def probes_yaml(plan: Plan, file: str, day: str) -> str:
    """The text of the file.

    :param file: its name, for the commands in it.
    :param day: when the cloud was looked at, for its readers.
    """
    names = {scenario.name for scenario in plan.scenarios}
    return (
        "\n".join([*_head(plan, file, day), *_cloud(plan), *_outbound(names), *_tail(), *service_levels(names)]) + "\n"
    )


def _head(plan: Plan, file: str, day: str) -> Iterator[str]:
    cloud = plan.survey.cloud
    where = f"{cloud.name}, region {cloud.region}" if cloud.region else cloud.name
    yield "---"
    yield from comment(f"What stackprobe probes. `stackprobe init` wrote it on {day} after a look at {where}.")
    yield from comment(f"Run it: stackprobe run --config {file}", hanging="  ")
    yield from comment(f"After a change: stackprobe check {file}", hanging="  ")
    yield from comment("Credentials do not belong here, they stay in clouds.yaml.")
    yield "#"
    for fact in _facts(plan):
        yield from comment(fact, hanging="  ")
    if plan.problems:
        yield "#"
        yield from comment("What was wrong:")
        for problem in plan.problems:
            yield from comment(f"- {told(problem)}", hanging="  ")


def _facts(plan: Plan) -> Iterator[str]:
    survey, cloud = plan.survey, plan.survey.cloud
    yield f"Project: {cloud.project or 'none'}. Roles: {', '.join(sorted(cloud.roles)) or 'none'}."
    yield f"Services: {', '.join(sorted(cloud.services))}."
    others = [region for region in cloud.regions if region != cloud.region]
    if others:
        yield f"The catalog has other regions, too: {', '.join(others)}. Add those you want under `regions`."
    for what, found in (
        ("Zones of servers", survey.server_zones),
        ("Zones of volumes", survey.volume_zones),
        ("Volume types", survey.volume_types),
        ("External networks", None if survey.external_networks is None else [n.name for n in survey.external_networks]),
    ):
        if found is not None:
            yield f"{what}: {_some(list(found))}."
    room = [f"{name} {one.free}" for name, one in survey.quotas.items() if one.free is not None]
    if room:
        yield f"Room in the project's quota: {', '.join(room)}."
    for what, number in (("Flavors", survey.flavors), ("Images", survey.images)):
        if number is not None:
            yield f"{what} that the project sees: {len(number)}."


def _some(names: list[str], most: int = 12) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more if names else "none"


def _cloud(plan: Plan) -> Iterator[str]:
    cloud = plan.survey.cloud
    yield "clouds:"
    yield f"  {flow(cloud.name)}:"
    if cloud.region:
        yield f"    regions: [{flow(cloud.region)}]"
    yield "    # Promised by this cloud: a service that is gone from its catalog fails the run."
    yield f"    services: {flow(list(plan.services))}"
    if plan.guests:
        yield from comment("Scenarios that boot servers and log in to them run, too, without being named below.", 4)
        yield "    guests: true"
    yield "    scenarios:"
    if plan.unfit_guests:
        yield "      # Of those with guests; the reasons stand below."
        yield f"      skip_names: {flow(plan.unfit_guests)}"
    yield "      names:"
    for scenario in plan.scenarios:
        if scenario.name in plan.named:
            yield from comment(scenario.description, 8)
            yield f"        - {scenario.name}"
    if plan.left_out:
        yield from comment("Left out, each with the reason; remove the `#` before its name to take one in.", 8)
    for scenario, reason in plan.left_out:
        yield f"        # - {scenario.name}{beside(reason)}"
    if plan.common:
        yield "    # Options of all scenarios that have them; those of one scenario stand under `options`."
        yield "    common:"
    for option, value in plan.common.items():
        yield f"      {option}: {flow(value)}{beside(_why(plan, option))}"


def _why(plan: Plan, option: str) -> str:
    flavor, image, external = plan.chosen.flavor, plan.chosen.image, plan.chosen.external
    if option == "flavor" and flavor:
        size = f"{flavor.vcpus} VCPU, {flavor.ram_mb} MB, {flavor.disk_gb} GB of disk"
        return f"{size}: the smallest that fits the image"
    if option == "image" and image:
        whose = "public" if image.visibility == "public" else f"{image.visibility}, as none is public"
        return f"{image.size_bytes / 1e6:.1f} MB, {whose}: the smallest that boots"
    if option == "external" and external:
        return "where gateways and floating IPs come from"
    return "the project sees no external network: without gateways and floating IPs"


def _outbound(names: Collection[str]) -> Iterator[str]:
    """What only the operator knows."""
    if "guest_outbound" in names:
        yield from comment(
            "What guests are to reach outside, which only you know; without it they look at the cloud's own API:"
        )
        yield "# options:"
        yield "#   guest_outbound:"
        yield "#     targets:"
        yield '#       - {name: mirror, http: "http://deb.example.com/debian/"}'
        yield "#       - {name: mirror name, dns: deb.example.com}"
        yield "#       - {name: far, ping: 198.51.100.1}"


def _tail() -> Iterator[str]:
    yield from comment("Where the figures of every run go:")
    yield "# graphite:"
    yield "#   address: graphite.example.org:2003"
