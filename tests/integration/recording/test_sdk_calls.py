"""Requests of an unmodified SDK script are recorded, each with the task that made it."""

from __future__ import annotations

import socket
import sys

from pocketcloud.cloud import Cloud

from tests.integration.recording.conftest import Playbooks

SCRIPT = """
import openstack
cloud = openstack.connect(cloud="demo")
network = cloud.network.create_network(name="recorded")
cloud.network.delete_network(network)
try:
    cloud.compute.get_server("nowhere")
except openstack.exceptions.NotFoundException:
    pass
"""
PLAYBOOK = """
- name: Scripts
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Before
      ansible.builtin.debug: {msg: x}
    - name: Make and delete a network
      ansible.builtin.command: "%(python)s %(script)s"
      tags: ["metric=create_network", "service=network"]
    - name: After
      ansible.builtin.debug: {msg: x}
- name: Several at once
  hosts: a, b
  gather_facts: false
  tasks:
    - name: List networks
      ansible.builtin.command: "%(python)s %(listing)s"
"""
LISTING = 'import openstack; list(openstack.connect(cloud="demo").network.networks())\n'


def test_requests_belong_to_the_task_that_made_them(playbooks: Playbooks, cloud: Cloud) -> None:
    near = f"ansible_connection=local ansible_python_interpreter={sys.executable}"
    playbooks.write("hosts", f"localhost {near}\na {near}\nb {near}\n")
    script, listing = playbooks.write("script.py", SCRIPT), playbooks.write("listing.py", LISTING)
    text = PLAYBOOK % {"python": sys.executable, "script": script, "listing": listing}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as statsd:
        statsd.bind(("127.0.0.1", 0))
        statsd.settimeout(30)
        environment = {
            "OS_CLIENT_CONFIG_FILE": str(cloud.clouds_yaml),
            "STATSD_HOST": "127.0.0.1",
            "STATSD_PORT": str(statsd.getsockname()[1]),
        }
        run = playbooks.run(text, environment=environment)
        assert statsd.recv(65_536).startswith(b"openstack.api."), "who listened before still gets everything"
    assert run.process.returncode == 0, run.said
    results = run.results()
    by_name = {step.name: step for step in results.steps}
    made = by_name["Make and delete a network"].calls
    calls = [(call.service, call.method, call.resource, call.status) for call in made]
    assert ("network", "POST", "networks", 201) in calls
    assert ("network", "DELETE", "network", 204) in calls
    assert ("compute", "GET", "server", 404) in calls
    assert all(call.duration_ms > 0 for call in made)
    assert by_name["Before"].calls == by_name["After"].calls == []
    listings = [call for call in results.calls if call.scenario == "Several at once" and call.resource == "networks"]
    assert len(listings) == 2
    unassigned = sum(call.step is None for call in results.calls)
    assert any(note.message.startswith(f"{unassigned} of {len(results.calls)} API calls") for note in results.notes)
    assert ".api.network.POST.networks.201.count 1 " in (run.output / "metrics.txt").read_text()
