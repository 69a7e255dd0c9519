"""The whole ledger folded at once into the tables of a schema: partitions side by side, contributions summed once.

Rebuilds, as-of and verification all fold here. `fold_into` starts the processes, `process` is one of them, `partition`
is the pure fold of one partition, `counted` says which of its records count, and `written` writes what came of it.
"""

from audit.folding.crew import Folded, Report, fold_into
from audit.folding.keep import Keep

__all__ = ["Folded", "Keep", "Report", "fold_into"]
