"""The parts of the cloud that are not genuine: hypervisor, volumes' bytes, network agents."""
