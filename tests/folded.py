"""A county written to a real ledger with all its repeats, broken records and corrections, and folded batch by batch."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, NamedTuple

from ledger.correction import correctable
from ledger.describe import sample_event
from ledger.event import dataschema, kinds
from ledger.reader import Reader, fetch_records
from ledger.record import Batch, RawRecord
from ledger.submission import Stored, check, stored
from ledger.topics import PARTITIONS, ensure_ledger
from ledger.writer import Writer
from producers.simulator import Planted, Simulation, Submitted
from projections.families import fingerprint
from projections.store.apply import Lane
from projections.store.cache import StateCache
from projections.store.connection import connect
from projections.store.generation import bind_topic, ensure_generation
from shanzhi.stack import Endpoints
from tests.fixed_keys import FixedKeys

EVENTS = 3_000
CORRECTED = 60  # of the first events, each in one way or another
RECORDS_AT_ONCE = 100  # so that what is corrected was folded by an earlier batch
NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Folded(NamedTuple):
    """Where a simulated county was written and folded, what was written, and as what it was delivered."""

    endpoints: Endpoints
    generation: str
    written: Counter[str]
    read_again: Counter[int]
    delivered: list[Batch]


def told_and_folded(endpoints: Endpoints) -> Folded:
    """A month of a county, then corrections and a sample of every type."""
    written = publish(Simulation(seed=7, days=30, scale=3, registry=False), endpoints)
    with Reader(endpoints.kafka_bootstrap) as reader:
        delivered = [
            part for batch in reader.batches(reader.starts, reader.ends) for part in divided(batch, RECORDS_AT_ONCE)
        ]
    read_again = Counter[int]()
    generation = fold(endpoints, delivered, read_again)
    return Folded(endpoints, generation, written, read_again, delivered)


def divided(batch: Batch, records_at_once: int) -> Iterator[Batch]:
    for first in range(0, len(batch.records), records_at_once):
        part = batch.records[first : first + records_at_once]
        yield Batch(batch.partition, part, part[0].offset)


def fold(endpoints: Endpoints, delivered: list[Batch], read_again: Counter[int]) -> str:
    """Folds batches in the order in which they are given; the generation."""
    with closing(connect(endpoints.database_url, "shanzhi refold test")) as connection:
        bind_topic(connection, ensure_ledger(endpoints.kafka_bootstrap))
        generation = ensure_generation(connection, fingerprint())

    def fetch(partition: int, offsets: Collection[int]) -> Mapping[int, RawRecord]:
        read_again[partition] += len(offsets)
        return fetch_records(endpoints.kafka_bootstrap, partition, offsets)

    lane = Lane(endpoints.database_url, fingerprint(), PARTITIONS, StateCache(), threading.Event(), fetch=fetch)
    with closing(lane):
        for batch in delivered:
            lane.apply(batch)
    return generation


def publish(simulation: Simulation, endpoints: Endpoints) -> Counter[str]:
    """Writes the first arrivals; a planted one waits for those before it, whose id it may use again."""
    keys, written = FixedKeys(), Counter[str]()
    with Writer(endpoints.kafka_bootstrap) as writer:
        for arrival in simulation.first(EVENTS):
            if isinstance(arrival, Submitted):
                writer.send(stored([check(in_either_version(arrival.event), NOW)], keys)[0])
                written["repeat" if arrival.repeat else "event"] += 1
            else:
                assert isinstance(arrival, Planted)
                writer.flush()
                planted = Stored("planted", "simulator", b"", b"")
                writer.send_raw(planted, arrival.key, arrival.value, arrival.partition).receipt()
                written["planted"] += 1
        writer.flush()
        for what, events in (("correction", corrections(simulation)), ("sample", samples())):
            for event in events:
                writer.send(stored([check(event, NOW)], keys)[0])
                written[what] += 1
    return written


def in_either_version(event: dict[str, Any]) -> dict[str, Any]:
    """Every other patrol as publishers of version 1 tell it, so that what is folded is a history of both."""
    if event["type"] != "patrol.made" or int(event["id"].rpartition("-")[2]) % 2:
        return event
    data = {name: value for name, value in event["data"].items() if name not in ("persons", "metres")}
    return event | {"dataschema": dataschema("patrol.made", 1), "data": data | {"members": event["data"]["persons"]}}


def samples() -> Iterator[dict[str, Any]]:
    """One event of every version of every type; what corrects others is told by `corrections`."""
    for kind in kinds.values():
        if not kind.type.endswith((".corrected", ".voided")):
            yield sample_event(kind)


def corrections(simulation: Simulation) -> Iterator[dict[str, Any]]:
    """Every third event voided, of the others a field said otherwise, not always so that it fits."""
    told = [arrival.event for arrival in simulation.first(EVENTS) if isinstance(arrival, Submitted)]
    for number, event in enumerate(told[:: len(told) // CORRECTED][:CORRECTED]):
        family, data = event["subject"].partition("/")[0], event["data"]
        about = {"event": event["id"], "event_source": event["source"], "reason": "录入有误"}
        fields = sorted(correctable(family) & data.keys())
        done = "corrected" if number % 3 and fields else "voided"
        if done == "corrected":
            about |= {"field": fields[number % len(fields)], "to": data[fields[0]]}
        yield event | {"id": f"correction-{number}", "type": f"{family}.{done}", "data": about}
