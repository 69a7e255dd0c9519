"""Rules: scores and weights as versioned parameters, and the SQL functions that apply them.

What passes through here: presets (`presets/*.toml`), read into typed and validated parameters with the source
of every figure; `in_force`, which version holds at a time (adopted ones are events); and `install_functions`,
which puts the functions of `sql/functions/` into a generation. A function takes its parameters as one JSON value,
so that tables, explanations and what-if call the same thing.
"""

from projections.rules.calendar import Calendar, CalendarRefused, shipped_calendar
from projections.rules.clocks import Clocks
from projections.rules.force import Adopted, adopted, in_force
from projections.rules.install import install_functions
from projections.rules.parameters import Credit, Gaming, Parameters, ThreeRates, UnitAssessment, Workload
from projections.rules.preset import Preset, RuleRefused, default_preset, parse_preset, preset, presets
from projections.rules.services import DailyLife, Survey

__all__ = [
    "Adopted",
    "Calendar",
    "CalendarRefused",
    "Clocks",
    "Credit",
    "DailyLife",
    "Gaming",
    "Parameters",
    "Preset",
    "RuleRefused",
    "Survey",
    "ThreeRates",
    "UnitAssessment",
    "Workload",
    "adopted",
    "default_preset",
    "in_force",
    "install_functions",
    "parse_preset",
    "preset",
    "presets",
    "shipped_calendar",
]
