# mypy: disable-error-code="import-untyped, import-not-found"
"""neutron's metadata agent of OVN in one process, for the guests of one cloud."""

from __future__ import annotations

import os
import sys

from pocketcloud.configs import METADATA_AGENT
from pocketcloud.guests import namespaces
from pocketcloud.guests.names import Names
from pocketcloud.guests.preconditions import PATH
from pocketcloud.layout import Layout


def run(layout: Layout) -> None:
    """Work until this process is ended. Its devices appear in the switch's namespace, its namespaces bear our names."""
    names = Names(layout.root)
    namespaces.enter(names.switch)
    os.environ["PATH"] = f"{os.environ.get('PATH', PATH)}:{PATH}"  # haproxy, iptables, ip
    import neutron.privileged
    from neutron.agent.ovn import metadata_agent
    from neutron.agent.ovn.metadata import agent
    from oslo_privsep import priv_context

    for context in vars(neutron.privileged).values():
        if isinstance(context, priv_context.PrivContext):
            context.set_client_mode(False)  # root already: its privileged calls need no daemons

    class Agent(agent.MetadataAgent):
        """Names namespaces so that no other cloud of this machine takes them for its own."""

        @staticmethod
        def _get_namespace_name(datapath: str) -> str:
            return names.metadata + datapath

    agent.MetadataAgent = Agent
    sys.argv = ["neutron-ovn-metadata-agent", "--config-file", str(layout.etc / METADATA_AGENT)]
    metadata_agent.main()
