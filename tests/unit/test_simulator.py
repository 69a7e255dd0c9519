"""The simulated county: the same for the same seed, sound where it should be, broken where it says so."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import orjson
import pytest

from ledger.codec import Examiner, Sound, Verdict
from ledger.partition import partition_of
from ledger.record import StoredRecord
from ledger.submission import Stored, check, stored
from ledger.topics import PARTITIONS
from producers.simulator import Arrival, Planted, Simulation, Submitted, first

NOW = datetime(2024, 6, 1, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
DAYS = 30
SEED = 7


class OneKey:
    """The same data key for everybody."""

    def for_owners(self, owners: Iterable[str]) -> Mapping[str, bytes]:
        return dict.fromkeys(owners, bytes(range(64)))


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return Simulation(SEED, DAYS)


@pytest.fixture(scope="module")
def arrivals(simulation: Simulation) -> list[Arrival]:
    return list(simulation)


@pytest.fixture(scope="module")
def events(arrivals: list[Arrival]) -> list[dict[str, Any]]:
    """The distinct sound events, in the order of arrival."""
    return [one.event for one in arrivals if isinstance(one, Submitted) and not one.repeat]


def fingerprint(arrivals: Iterable[Arrival]) -> str:
    digest = sha256()
    for one in arrivals:
        digest.update(orjson.dumps(one.event) if isinstance(one, Submitted) else repr(one).encode())
    return digest.hexdigest()


def sealed(events: Iterable[dict[str, Any]]) -> list[Stored]:
    return stored([check(event, NOW) for event in events], OneKey())


def test_the_same_seed_tells_the_same_and_another_seed_something_else(arrivals: list[Arrival]) -> None:
    simulation = Simulation(SEED, DAYS)
    assert fingerprint(simulation) == fingerprint(arrivals)
    assert fingerprint(simulation) == fingerprint(arrivals), "iterating again begins anew"
    assert fingerprint(Simulation(SEED + 1, DAYS)) != fingerprint(arrivals)


def test_no_hash_of_the_process_decides_anything() -> None:
    script = (
        "from producers.simulator import first; from hashlib import sha256;"
        "print(sha256(repr(list(first(9_000))).encode()).hexdigest())"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1


def test_every_submitted_event_is_sound_on_the_way_in_and_in_the_ledger(events: list[dict[str, Any]]) -> None:
    examiner = Examiner(PARTITIONS)
    for one in sealed(events):
        raw = StoredRecord(0, NOW_MS, one.key, one.value)
        examined = examiner.examine(raw, _partition(one.key))
        assert isinstance(examined, Sound), (examined, one)
        assert examined.record is not None


def test_a_repeat_is_an_exact_copy_of_what_arrived_before(arrivals: list[Arrival]) -> None:
    seen: dict[str, bytes] = {}
    for one in arrivals:
        if isinstance(one, Submitted):
            value = orjson.dumps(one.event)
            assert (one.event["id"] in seen) == one.repeat
            assert seen.setdefault(one.event["id"], value) == value


def test_every_planted_record_gets_the_verdict_it_states(arrivals: list[Arrival]) -> None:
    for one in _planted(arrivals):
        examined = Examiner(PARTITIONS).examine(StoredRecord(0, NOW_MS, one.key, one.value), one.partition)
        if one.reason != "id_reused":
            assert isinstance(examined, Verdict) and examined.reason == one.reason, (examined, one.reason)


def test_a_reused_identity_is_a_sound_event_with_other_content(arrivals: list[Arrival]) -> None:
    contents: dict[str, str] = {}
    examiner, reused = Examiner(PARTITIONS), 0
    for key, value, partition, reason in _as_written(arrivals):
        examined = examiner.examine(StoredRecord(0, NOW_MS, key, value), partition)
        if isinstance(examined, Sound):
            other = contents.setdefault(examined.identity, examined.content) != examined.content
            assert other == (reason == "id_reused")
            reused += other
    assert reused


def test_the_county_is_the_one_of_the_report(events: list[dict[str, Any]]) -> None:
    registered = [event for event in events if event["id"].startswith("county-")]
    levels = Counter(event["data"]["level"] for event in registered if event["type"] == "place.registered")
    assert levels == {"county": 1, "town": 2, "community": 7, "estate": 89, "grid": 573}
    grids = {event["subject"] for event in registered if event["data"].get("level") == "grid"}
    staffed = {event["subject"] for event in registered if event["data"].get("role") == "grid_worker"}
    assert staffed == grids
    types = Counter(event["type"] for event in registered)
    assert types["unit.registered"] == types["unit.paired"] == 120
    roles = Counter(role for event in registered for role in event["data"].get("roles", ()))
    assert 1_100 < roles["in_service_member"] < 1_300


def test_the_registry_is_the_same_for_every_seed_and_may_be_left_out(events: list[dict[str, Any]]) -> None:
    ours = {event["id"]: event for event in events}
    others = {event["id"]: event for event in _events(Simulation(SEED + 1, 4))}
    shared = ours.keys() & others.keys()
    assert 4_500 < len(shared) < 7_000
    assert all(ours[id_] == others[id_] for id_ in shared)
    without = _events(Simulation(SEED, 4, registry=False))
    assert not any(event["id"].startswith("county-") for event in without)


def test_subjects_of_two_seeds_collide_only_in_the_shared_county(events: list[dict[str, Any]]) -> None:
    known = {event["subject"] for event in events if event["id"].startswith("county-")}
    others = {event["subject"] for event in _events(Simulation(SEED + 1, 10))}
    shared = {event["subject"] for event in events} & others - known
    assert {subject.partition("/")[0] for subject in shared} <= {"assessment", "period", "rule"}  # of the county itself


def test_shares_and_counts(
    simulation: Simulation, arrivals: list[Arrival], events: list[dict[str, Any]]
) -> None:
    reasons = Counter(one.reason for one in _planted(arrivals))
    assert simulation.planted == reasons and len(reasons) >= 6
    assert simulation.published == len(events)
    assert len(arrivals) == simulation.published + simulation.repeats + reasons.total()
    assert 0.006 < simulation.repeats / len(arrivals) < 0.014
    assert 0.0005 < reasons.total() / len(arrivals) < 0.002
    assert 16_000 < sum(event["id"].startswith("sim-") for event in events) < 19_000


def test_volume_grows_with_scale() -> None:
    small, large = (len(list(Simulation(SEED, 20, scale, registry=False))) for scale in (0.5, 2.0))
    assert 3.4 < large / small < 4.6


def test_some_arrive_late_and_some_streams_out_of_order(events: list[dict[str, Any]]) -> None:
    latest_by_subject: dict[str, str] = {}
    overtaken: set[tuple[str, str]] = set()
    for event in events:
        before = latest_by_subject.get(event["subject"], "")
        if event["time"] < before:
            overtaken.add((event["subject"], event["type"]))
        latest_by_subject[event["subject"]] = max(before, event["time"])
    assert 20 < len(overtaken) < 0.03 * len(events)
    assert any(type_ == "case.handled" for _, type_ in overtaken)


def test_people_contradict_each_other(events: list[dict[str, Any]]) -> None:
    accepted = Counter(event["subject"] for event in events if event["type"] == "case.accepted")
    reported = Counter(
        (event["subject"], event["data"]["whistle"], event["data"]["unit"])
        for event in events
        if event["type"] == "case.reported"
    )
    assert max(accepted.values()) > 1
    assert max(reported.values()) > 1


def test_call_backs_find_about_98_in_100_satisfied() -> None:
    found: Counter[str] = Counter()
    for event in _events(Simulation(SEED, 30, 4.0, registry=False)):
        if event["type"] == "case.rated" and event["data"]["by"] == "call_back" and event["data"]["reached"]:
            found[event["data"]["satisfaction"]] += 1
    assert 0.97 < found["satisfied"] / found.total() < 0.99


def test_nights_are_quiet(events: list[dict[str, Any]]) -> None:
    hours = Counter(event["time"][11:13] for event in events if event["type"] == "case.discovered")
    assert sum(hours[f"{hour:02}"] for hour in range(5)) < 0.05 * hours.total()


def test_most_stored_events_are_small(events: list[dict[str, Any]]) -> None:
    sizes = sorted(len(one.value) for one in sealed(events))
    assert 250 < sizes[len(sizes) // 2] < 400
    assert sizes[len(sizes) * 95 // 100] < 600


def test_first_stops_after_so_many() -> None:
    assert len(list(first(40_000))) == 40_000
    assert len(list(first(100, seed=3, registry=False))) == 100


def _partition(key: bytes) -> int:
    return partition_of(key, PARTITIONS)


def _events(arrivals: Iterable[Arrival]) -> list[dict[str, Any]]:
    return [one.event for one in arrivals if isinstance(one, Submitted) and not one.repeat]


def _planted(arrivals: Iterable[Arrival]) -> Iterator[Planted]:
    return (one for one in arrivals if isinstance(one, Planted))


def _as_written(arrivals: list[Arrival]) -> Iterator[tuple[bytes | None, bytes | None, int, str]]:
    """What stands in the ledger, in its order, with the reason where it was planted."""
    values = iter(sealed(one.event for one in arrivals if isinstance(one, Submitted)))
    for one in arrivals:
        if isinstance(one, Planted):
            yield one.key, one.value, one.partition, one.reason
        else:
            event = next(values)
            yield event.key, event.value, _partition(event.key), ""
