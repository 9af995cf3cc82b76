"""Faults of packets: rules of `faults.json` applied to the data plane while they are there. Standard library only."""
