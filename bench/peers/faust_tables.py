"""The workload in Faust as its documentation writes it: an agent and a table for the cases, and again for the sums.

`python -m bench.peers.faust_tables JSON worker --without-web`; in the JSON `bootstrap`, `name`, `source`, `partitions`,
`state` (a folder) and `settings` of the app. The sums are read from their table's changelog, `NAME-sums-changelog`.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import faust

from bench.peers.steps import added, changes, new_case


def made(given: dict[str, Any]) -> Any:
    """The app with its two agents."""
    app = faust.App(
        given["name"],
        broker=f"kafka://{given['bootstrap']}",
        datadir=given["state"],
        topic_partitions=given["partitions"],
        topic_replication_factor=1,
        consumer_auto_offset_reset="earliest",
        topic_disable_leader=True,
        web_enabled=False,
        **given["settings"],
    )
    ledger = app.topic(given["source"], key_type=str, key_serializer="raw", value_serializer="json")
    told = app.topic(f"{given['name']}-changes", key_type=str, key_serializer="raw", value_serializer="json")
    cases = app.Table("cases", default=new_case, key_type=str)
    sums = app.Table("sums", default=dict, key_type=str)

    @app.agent(ledger)
    async def fold(events: Any) -> None:
        begun = False
        async for subject, event in events.items():
            if not begun:
                begun = True
                print(f"first {time.time():.3f}", flush=True)
            case = cases[subject]
            for key, counts in changes(case, event):
                await told.send(key=key, value=counts)
            cases[subject] = case

    @app.agent(told)
    async def add(counted: Any) -> None:
        async for key, counts in counted.items():
            sums[key] = added(sums[key], counts)

    return app


if __name__ == "__main__":
    made(json.loads(sys.argv.pop(1))).main()
