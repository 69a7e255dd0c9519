"""The ledger as files for analysts: every event that counts, as it is stored, streamed into Parquet or CSV.

What passes through here: records of Kafka in their order, the verdicts of the index and the quarantine beside them,
and columns out. Personal fields stay sealed, and what can't be known to be sealed is left out.
"""

from audit.bulk.events import COLUMNS, Selection
from audit.bulk.files import Exported, ExportRefused, export

__all__ = ["COLUMNS", "ExportRefused", "Exported", "Selection", "export"]
