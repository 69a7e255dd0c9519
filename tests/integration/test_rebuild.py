"""Tables made anew from a real ledger are the live ones, byte for byte, and take their place."""

from __future__ import annotations

import importlib
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import psutil
import psycopg2
import pytest

from audit.generations import compare, drop, drop_old, generations
from audit.rebuild import Step, catching_up, index, rebuild
from audit.rebuild.building import SHADOW, builder
from ledger.errors import StoreUnsound
from projections.families import fingerprint
from projections.store.connection import connect
from projections.store.generation import begin_generation, hand_over, hold_generations
from projections.store.migrate import migrate
from shanzhi.cli.app import run
from shanzhi.stack import Endpoints
from tests.folded import EVENTS, Folded, fold

way: Any = importlib.import_module("audit.rebuild.rebuild")  # its name is that of the function
PERMANENT = ("event_index", "quarantine", "index_position")


@pytest.fixture(scope="module")
def own(folded: Folded) -> Iterator[Endpoints]:
    """The ledger of all, folded live into a database of this module's own."""
    server = folded.endpoints.database_url.rpartition("/")[0]
    asked(folded.endpoints, "create database rebuilt")
    endpoints = replace(folded.endpoints, database_url=f"{server}/rebuilt")
    migrate(endpoints.database_url)
    fold(endpoints, folded.delivered, Counter())
    yield endpoints
    asked(folded.endpoints, "drop database rebuilt with (force)")


def asked(endpoints: Endpoints, sql: str) -> list[Any]:
    with closing(psycopg2.connect(endpoints.database_url)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


def current(endpoints: Endpoints) -> str:
    return str(asked(endpoints, "select generation from shanzhi.current")[0][0])


def permanent(endpoints: Endpoints) -> list[Any]:
    digest = "select md5(string_agg(one::text, ' ' order by one::text)) from shanzhi"
    return [asked(endpoints, f"{digest}.{table} one") for table in PERMANENT]


def make_anew(endpoints: Endpoints, **how: Any) -> str:
    before = current(endpoints)
    made = rebuild(endpoints.database_url, endpoints.kafka_bootstrap, **{"processes": 1, **how})
    assert current(endpoints) == made.generation != before
    return made.generation


def assert_equal(endpoints: Endpoints, one: str, other: str) -> None:
    compared = compare(endpoints.database_url, one, other)
    assert [difference.told(one, other) for difference in compared.differences] == []
    assert len(compared.digests) > 100


def test_what_is_made_anew_is_what_was_folded_live(own: Endpoints, folded: Folded) -> None:
    before, steps = permanent(own), list[Step]()
    made = make_anew(own, processes=2, report=steps.append)
    assert_equal(own, "generation_1", made)
    assert permanent(own) == before
    records = EVENTS + folded.written["correction"] + folded.written["sample"]
    assert [one for one in steps if one.name == "fold"][-1] == Step("fold", records, records)
    assert list(dict.fromkeys(one.name for one in steps)) == ["begin", "fold", "catch up", "switch", "switched"]


def test_the_index_made_anew_is_the_one_that_workers_made(own: Endpoints) -> None:
    before, replaced = permanent(own), current(own)
    keys = "select count(*) from pg_indexes where tablename ~ '^event_index' and schemaname = 'shanzhi'"
    number = asked(own, keys)
    assert_equal(own, replaced, make_anew(own, with_index=True))
    assert permanent(own) == before
    assert asked(own, keys) == number
    assert asked(own, f"select to_regnamespace('{SHADOW}')") == [(None,)]


def test_a_lost_index_row_is_noticed_and_comes_back(own: Endpoints) -> None:
    before, served = permanent(own), current(own)
    last = "(select max(ledger_offset) from shanzhi.event_index_4)"
    asked(own, f"delete from shanzhi.event_index_4 where ledger_offset = {last}")
    with pytest.raises(StoreUnsound, match="index of partition 4 has") as refused:
        rebuild(own.database_url, own.kafka_bootstrap, processes=2)
    assert "--index" in refused.value.remedy
    assert current(own) == served
    assert_equal(own, served, make_anew(own, with_index=True))
    assert permanent(own) == before


def test_what_postgresql_refused_stays_refused(own: Endpoints) -> None:
    ((partition, offset, subject),) = asked(
        own,
        "delete from shanzhi.event_index where (partition, ledger_offset) = (select partition, ledger_offset "
        "from shanzhi.event_index where subject ~ '^case/' order by 1, 2 limit 1) "
        "returning partition, ledger_offset, subject",
    )
    asked(own, f"insert into shanzhi.quarantine select {partition}, {offset}, now(), 'store_refused', '22P05 tried'")
    asked(
        own,
        "update shanzhi.index_position set indexed = indexed - 1, quarantined = quarantined + 1 "
        f"where partition = {partition}",
    )
    served = current(own)
    without = make_anew(own)
    compared = compare(own.database_url, served, without)
    assert {one.table for one in compared.differences} >= {"entity_case", "watermark"}
    assert any(subject in one.key.values() for one in compared.differences)
    assert_equal(own, without, make_anew(own, with_index=True))
    assert asked(own, "select detail from shanzhi.quarantine where reason = 'store_refused'") == [("22P05 tried",)]


def test_an_index_that_could_not_change_places_at_once_has_all_that_came_in_since(
    own: Endpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its bulk ends in the middle of the ledger, as if the rest had come in later; one attempt finds it locked."""
    before, served, attempts = permanent(own), current(own), list[int]()
    whole, put_in_place = way._until, index.put_in_place

    def half(*asked_for: Any) -> dict[int, int]:
        return {number: end // 2 for number, end in whole(*asked_for).items()}

    def late(cursor: Any) -> None:
        attempts.append(len(attempts))
        if len(attempts) == 1:
            cursor.execute("set local lock_timeout = '1ms'")
            with closing(connect(own.database_url, "test")) as reading, reading.cursor() as other:
                other.execute("select from shanzhi.event_index limit 1")
                put_in_place(cursor)
        put_in_place(cursor)

    monkeypatch.setattr(way, "_until", half)
    monkeypatch.setattr(index, "put_in_place", late)
    assert_equal(own, served, make_anew(own, with_index=True))
    assert (permanent(own), attempts) == (before, [0, 1])


def test_no_worker_takes_readers_back_while_they_are_switched(own: Endpoints, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that waits for our locks would, once it has them, make the generation current that it had found newer."""
    met = list[str]()

    def watched(cursor: Any, generation: str) -> None:
        hand_over(cursor, generation)
        with closing(connect(own.database_url, "test", lock_timeout="50ms")) as worker:
            try:
                with worker, worker.cursor() as other:
                    hold_generations(other)
            except psycopg2.errors.LockNotAvailable:
                met.append(generation)

    monkeypatch.setattr(catching_up, "hand_over", watched)
    assert met == [make_anew(own)]


def test_what_workers_of_these_folds_follow_stands_still_too_where_readers_see_others(
    own: Endpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They may not get ahead of what they are handed: with nothing more to read they would not notice."""
    served, met = current(own), list[str]()
    followed = make_anew(own)
    of_served = f"where name = '{served}'"
    asked(own, f"update shanzhi.generation set fingerprint = 'other folds' {of_served}")
    asked(own, f"update shanzhi.current set generation = '{served}'")

    def watched(cursor: Any, generation: str) -> None:
        hand_over(cursor, generation)
        with closing(connect(own.database_url, "test", lock_timeout="50ms")) as worker, worker.cursor() as lane:
            with pytest.raises(psycopg2.errors.LockNotAvailable):
                lane.execute(f"select from {followed}.position where partition = 3 for update")
            met.append(generation)

    monkeypatch.setattr(catching_up, "hand_over", watched)
    assert met == [make_anew(own)]
    asked(own, f"update shanzhi.generation set fingerprint = '{fingerprint()}' {of_served}")


def test_a_rebuild_does_not_take_readers_back_from_what_was_made_since(own: Endpoints) -> None:
    """Workers of a later version have switched them while an earlier one rebuilt."""
    served = current(own)

    def upgrade(step: Step) -> None:
        if step.name == "switch":
            asked(own, f"create schema generation_80; create table generation_80.position as table {served}.position")
            asked(own, "insert into shanzhi.generation values ('generation_80', 'later folds')")
            asked(own, "update shanzhi.current set generation = 'generation_80'")

    with pytest.raises(StoreUnsound, match="readers see generation_80"):
        rebuild(own.database_url, own.kafka_bootstrap, processes=1, report=upgrade)
    assert current(own) == "generation_80"
    assert [one.name for one in generations(own.database_url) if one.state == "building"] == []
    asked(own, f"update shanzhi.current set generation = '{served}'")
    drop(own.database_url, "generation_80", force=True)


def test_a_row_that_postgresql_refuses_ends_the_rebuild_in_words(own: Endpoints) -> None:
    served = current(own)

    def refuse(step: Step) -> None:
        if step.name == "fold" and not met:
            (name,) = (one.name for one in generations(own.database_url) if one.state == "building")
            met.append(name)
            asked(own, f"alter table {name}.entity_case add constraint planted check (false) not valid")

    for processes in (1, 2):
        met = list[str]()
        with pytest.raises(StoreUnsound, match=r"23514 .*entity_case"):
            rebuild(own.database_url, own.kafka_bootstrap, processes=processes, report=refuse)
    assert current(own) == served
    assert [one.name for one in generations(own.database_url) if one.state == "building"] == []


def test_what_a_dead_rebuild_has_left_is_dropped_and_two_never_meet(own: Endpoints) -> None:
    with closing(connect(own.database_url, "test")) as connection:
        left = begin_generation(connection, fingerprint())
    asked(own, f"create schema {SHADOW}; create table {SHADOW}.any ()")
    (building,) = [one for one in generations(own.database_url) if one.state == "building"]
    assert (building.name, building.is_of_these_folds) == (left, True)
    with pytest.raises(StoreUnsound, match="under construction"):
        drop(own.database_url, left)
    with builder(own.database_url), pytest.raises(StoreUnsound, match="another rebuild"):
        rebuild(own.database_url, own.kafka_bootstrap)
    made = rebuild(own.database_url, own.kafka_bootstrap, processes=1)
    assert made.dropped == [left]
    assert asked(own, f"select to_regnamespace('{SHADOW}')") == [(None,)]


def test_a_process_that_dies_ends_the_rebuild_and_nothing_is_left(own: Endpoints) -> None:
    served = current(own)

    def kill_one(step: Step) -> None:
        for child in psutil.Process().children() if step.name == "fold" else ():
            if "audit.folding.process" in child.cmdline():
                child.kill()

    with pytest.raises(ChildProcessError, match="a process of the fold ended"):
        rebuild(own.database_url, own.kafka_bootstrap, report=kill_one)
    assert current(own) == served
    assert [one.name for one in generations(own.database_url) if one.state == "building"] == []


def test_only_what_nobody_uses_is_dropped(own: Endpoints) -> None:
    served = current(own)
    asked(own, "create schema generation_90; insert into shanzhi.generation values ('generation_90', 'other folds')")
    asked(own, "create table generation_90.position (partition smallint, next bigint)")
    states = {one.name: one.state for one in generations(own.database_url)}
    assert states[served] == "current"
    assert states["generation_90"] == "followed"
    replaced = [name for name, state in states.items() if state == "replaced"]
    assert "generation_1" in replaced
    refused = {served: "readers see", "generation_90": "workers of folds", "generation_99": "no generation"}
    for name, why in refused.items():
        with pytest.raises(StoreUnsound, match=why):
            drop(own.database_url, name)
    assert drop_old(own.database_url) == replaced
    drop(own.database_url, "generation_90", force=True)
    assert [one.name for one in generations(own.database_url)] == [served]


def test_by_command(own: Endpoints, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP", own.kafka_bootstrap)
    monkeypatch.setenv("DATABASE_URL", own.database_url)
    served = current(own)
    assert run(["rebuild", "--processes", "1", "--json"]) == 0
    said = capfd.readouterr()
    made = json.loads(said.out)
    assert made["generation"] == current(own)
    assert "100 %" in said.err
    assert run(["diff", served, made["generation"]]) == 0
    first = f"(select min(subject) from {served}.entity_case)"
    asked(own, f"update {served}.entity_case set lookups = lookups + 1 where subject = {first}")
    assert run(["diff", served, made["generation"]]) == 9
    assert "entity_case: subject case/" in capfd.readouterr().out
    assert run(["generation", "drop", "--old", "--json"]) == 0
    assert json.loads(capfd.readouterr().out) == {"dropped": [served]}
    assert run(["generation", "list", "--json"]) == 0
    (left,) = json.loads(capfd.readouterr().out)
    assert (left["name"], left["state"], left["behind"]) == (made["generation"], "current", 0)
    assert asked(own, "select what, about from shanzhi.access_log order by number") == [
        ("rebuild_begun", "tables"), ("rebuilt", made["generation"]), ("generation_dropped", served)
    ]  # fmt: skip
