"""A county that lives in simulated time: it says, event by event, what the ways in would have been told.

What passes through here: CloudEvents as a publisher would submit them (personal fields in plain text), exact
repeats of them, and records that are broken on purpose, in the order in which they would reach the ledger.
Seed and arguments decide every byte.
"""

from producers.simulator.arrival import Arrival, Planted, Submitted
from producers.simulator.simulation import Simulation, first

__all__ = ["Arrival", "Planted", "Simulation", "Submitted", "first"]
