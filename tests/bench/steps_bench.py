"""What a step costs above the SDK call that it makes: ours, a bare script, the ``openstack`` command, stock modules.

The work is rounds of six steps (eight requests to Neutron: both look whether what they deleted is gone). The cost of a
step is the slope between a small and a large number of rounds, so that start-up (printed apart) cancels out. Once on
plain HTTP, once over TLS with 30 ms of round-trip time.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from pocketcloud.cloud import Cloud

from tests.bench import venvs
from tests.bench.measuring import Cost, Slope, cost_of, judged, per_unit

STEPS = 6
SMALL, LARGE, ROUNDS = 1, 13, 3
WALL_TARGET_MS, CPU_TARGET_MS = 15.0, 20.0
HERE = Path(__file__).parent
SCENARIO_ROUND = """
- name: Create the network {n}
  probe_call:
    call: network.create_network
    args: {{name: "{{{{ probe_name }}}}-{n}"}}
    creates: network
  register: network
- name: Get the network {n}
  probe_call:
    call: network.get_network
    args: ["{{{{ network.result.id }}}}"]
- name: Create the subnet {n}
  probe_call:
    call: network.create_subnet
    args:
      name: "{{{{ probe_name }}}}-{n}"
      network_id: "{{{{ network.result.id }}}}"
      ip_version: 4
      cidr: 10.9.0.0/24
    creates: subnet
  register: subnet
- name: Update the network {n}
  probe_call:
    call: network.update_network
    args: ["{{{{ network.result.id }}}}"]
- name: Delete the subnet {n}
  probe_delete: {{kind: subnet, id: "{{{{ subnet.result.id }}}}"}}
- name: Delete the network {n}
  probe_delete: {{kind: network, id: "{{{{ network.result.id }}}}"}}
"""
MODULES_ROUND = """
    - openstack.cloud.network: {{cloud: demo, name: bench-{n}}}
    - openstack.cloud.networks_info: {{cloud: demo, name: bench-{n}}}
    - openstack.cloud.subnet: {{cloud: demo, name: bench-{n}, network_name: bench-{n}, cidr: 10.9.0.0/24}}
    - openstack.cloud.network: {{cloud: demo, name: bench-{n}, mtu: 1400}}
    - openstack.cloud.subnet: {{cloud: demo, name: bench-{n}, state: absent}}
    - openstack.cloud.network: {{cloud: demo, name: bench-{n}, state: absent}}
"""


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        work = Path(directory)
        for label, tls, rtt_ms in (("HTTP", False, 0.0), ("TLS, 30 ms round trip", True, 30.0)):
            cloud = Cloud(work / f"cloud-{int(tls)}")
            cloud.up(tls=tls, rtt_ms=rtt_ms)
            try:
                _compare(label, cloud, work, with_others=not tls)
            finally:
                cloud.down()


def _compare(label: str, cloud: Cloud, work: Path, with_others: bool) -> None:
    environment = {"OS_CLIENT_CONFIG_FILE": str(cloud.clouds_yaml)}

    def bare(rounds: int) -> Cost:
        return cost_of([sys.executable, str(HERE / "bare_sdk.py"), "demo", str(rounds)], environment)

    def ours(rounds: int) -> Cost:
        roles = _scenario(Path(tempfile.mkdtemp(dir=work)), rounds)
        command = [sys.executable, "-m", "stackprobe", "run", "--cloud", "demo", "--roles-path", str(roles)]
        return cost_of([*command, "--scenario", "bench", "--output", str(roles / "out")], environment)

    bare(1)  # the first requests of a fresh cloud are slow
    slopes = {"bare openstacksdk script": _slope(bare), "stackprobe": _slope(ours)}
    print(f"-- {label}: a step costs")
    base, own = slopes["bare openstacksdk script"], slopes["stackprobe"]
    if with_others:
        slopes["openstack command"] = _one_by_one(work, environment)
        slopes["openstack.cloud modules"] = _modules(work, environment)
    for name, slope in slopes.items():
        print(
            f"{name:<28} {slope.wall_ms:8.1f} ms wall {slope.cpu_ms:8.1f} ms CPU   start {slope.start_s:5.2f} s"
            f"   {slope.wall_ms / base.wall_ms:6.2f} x the bare script, {slope.wall_ms / own.wall_ms:6.2f} x stackprobe"
        )
    print(
        judged("stackprobe above the bare script, wall time a step", own.wall_ms - base.wall_ms, WALL_TARGET_MS, "ms")
    )
    print(judged("stackprobe above the bare script, CPU a step", own.cpu_ms - base.cpu_ms, CPU_TARGET_MS, "ms"))


def _slope(run: object) -> Slope:
    slope = per_unit(run, SMALL, LARGE, ROUNDS)  # type: ignore[arg-type]
    return Slope(slope.wall_ms / STEPS, slope.cpu_ms / STEPS, slope.start_s)


def _scenario(roles: Path, rounds: int) -> Path:
    role = roles / "probe_bench"
    (role / "tasks").mkdir(parents=True)
    (role / "scenario.yaml").write_text("description: The benchmark's calls.\nservices: [network]\ntags: [network]\n")
    tasks = "".join(SCENARIO_ROUND.format(n=number) for number in range(rounds))
    (role / "tasks" / "main.yaml").write_text(f"---\n{tasks}")
    return roles


def _one_by_one(work: Path, environment: dict[str, str]) -> Slope:
    """The same calls, each a command of its own."""
    program = str(venvs.command_line_client() / "bin" / "openstack")
    environment = {**environment, "OS_CLOUD": "demo"}
    commands = [
        ["network", "create", "bench"],
        ["network", "show", "bench"],
        ["subnet", "create", "--network", "bench", "--subnet-range", "10.9.0.0/24", "bench"],
        ["network", "set", "--description", "bench", "bench"],
        ["subnet", "delete", "bench"],
        ["network", "delete", "bench"],
    ]
    costs = [cost_of([program, *command], environment) for command in commands]
    return Slope(sum(c.wall_s for c in costs) / STEPS * 1000, sum(c.cpu_s for c in costs) / STEPS * 1000, 0.0)


def _modules(work: Path, environment: dict[str, str]) -> Slope:
    """The same calls through the stock modules of the collection openstack.cloud."""
    venv = venvs.collection()

    def run(rounds: int) -> Cost:
        playbook = work / f"modules-{rounds}.yaml"
        tasks = "".join(MODULES_ROUND.format(n=number) for number in range(rounds))
        playbook.write_text(f"- hosts: localhost\n  connection: local\n  gather_facts: false\n  tasks:\n{tasks}")
        variables = {**environment, "ANSIBLE_PYTHON_INTERPRETER": str(venv / "bin" / "python")}
        return cost_of([str(venv / "bin" / "ansible-playbook"), str(playbook)], variables)

    try:
        slope = per_unit(run, 1, 3, 1)
    except (RuntimeError, subprocess.SubprocessError) as error:
        print(f"openstack.cloud modules do not work here: {str(error)[-300:]}")
        return Slope(float("nan"), float("nan"), float("nan"))
    return Slope(slope.wall_ms / STEPS, slope.cpu_ms / STEPS, slope.start_s)


if __name__ == "__main__":
    main()
