-- The last events of a partition are found without a walk over its history. Its rows come in the order of their offsets.

create index on shanzhi.event_index using brin (ledger_offset) with (pages_per_range = 16, autosummarize = on);
