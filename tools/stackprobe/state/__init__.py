"""The state of a cloud over time: health of its services, incidents, availability; from the history of runs alone.

Nothing is remembered between two looks: `signals` reads verdicts of scenarios and rules from a history, `damping` tells
blips from troubles, `incidents` and `health` make events and the present state of services of them, `availability` how
much of the time they were there. `assess` does it all for one cloud and region.
"""

from stackprobe.state.model import CloudState, Level, ServiceState

__all__ = ["CloudState", "Level", "ServiceState"]
