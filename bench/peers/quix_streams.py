"""The workload in Quix Streams: a state for each case, a repartition by grid and unit, and a state for each of these.

`python -m bench.peers.quix_streams`, in an environment that has quixstreams and nothing of ours but this folder.
One argument, JSON: `bootstrap`, `name`, `source`, `results`, `state` (a folder) and `settings` of the application.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from quixstreams import Application, State

from bench.peers.steps import added, changes, new_case


def main(given: dict[str, Any]) -> None:
    """Runs until it is told to stop."""
    app = Application(
        broker_address=given["bootstrap"],
        consumer_group=given["name"],
        auto_offset_reset="earliest",
        state_dir=given["state"],
        loglevel="WARNING",
        **given["settings"],
    )
    source = app.topic(given["source"], key_deserializer="str", value_deserializer="json")
    results = app.topic(given["results"], key_serializer="str", value_serializer="json")
    told = app.dataframe(source).apply(_First().fold, stateful=True, expand=True)
    by_key = told.group_by(lambda change: change[0], name="key", key_serializer="str", key_deserializer="str")
    by_key.apply(_add, stateful=True).to_topic(results)
    app.run()


class _First:
    """Folds cases, and says when the first record came."""

    def __init__(self) -> None:
        self._begun = False

    def fold(self, event: dict[str, Any], state: State) -> list[Any]:
        if not self._begun:
            self._begun = True
            print(f"first {time.time():.3f}", flush=True)
        case = state.get("case") or new_case()
        told = changes(case, event)
        state.set("case", case)
        return told


def _add(change: list[Any], state: State) -> dict[str, int]:
    sums = added(state.get("sums") or {}, change[1])
    state.set("sums", sums)
    return sums


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
