"""The scenario `reports`: two counties' year 2024 as their reports tell it, with its own dispatches and clocks.

What passes through here: figures of the reports go in as counts, ordinary events come out, no two of them alike.
"""

from producers.simulator.reports.scenario import Reports

__all__ = ["Reports"]
