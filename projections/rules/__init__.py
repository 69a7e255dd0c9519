"""Rules: scores and weights as versioned parameters, and the SQL functions that apply them.

What passes through here: presets (`presets/*.toml`), read into typed and validated parameters with the source
of every figure; and `install_functions`, which puts the functions of `sql/functions/` into a generation. A
function takes its parameters as one JSON value, so that tables, explanations and what-if call the same thing.
"""

from projections.rules.install import install_functions
from projections.rules.parameters import Credit, Parameters, ThreeRates, UnitAssessment, Workload
from projections.rules.preset import Preset, RuleRefused, default_preset, parse_preset, preset, presets

__all__ = [
    "Credit",
    "Parameters",
    "Preset",
    "RuleRefused",
    "ThreeRates",
    "UnitAssessment",
    "Workload",
    "default_preset",
    "install_functions",
    "parse_preset",
    "preset",
    "presets",
]
