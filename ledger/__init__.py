"""The language of the system and the log that speaks it.

An event passes through here three times: as a class of the catalogue (`events/`), as bytes on Kafka
(`codec`, `writer`, `reader`, `topics`) and, where it carries personal data, as sealed text (`sealing`, `vault`).
Nothing here knows what is true after an event; that is what `projections` folds.
"""
