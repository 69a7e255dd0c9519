"""Closing a period on a real ledger: once, provable, and what was told later shows as a restatement with its cause."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from audit.as_of import folded_to, standing
from audit.closing import ClosedBefore, prepare
from audit.figures import decoded, digest, figures
from ledger.partition import partition_of
from ledger.reader import Reader
from ledger.sealing import NoKeys
from ledger.topics import PARTITIONS
from producers import Publisher
from projections.read import QuestionRefused
from projections.read.snapshot import snapshot
from projections.store.connection import connect
from projections.store.migrate import migrate
from shanzhi.cli import app
from shanzhi.stack import Endpoints, Stack
from tests.folded import Folded, divided, fold
from tests.integration.test_parties import Database

Shanzhi = Callable[..., tuple[int, str, str]]
PERIOD = "2019-05"  # the ledger is shared: nobody else tells of that month
BY = "person/li-7f3a"


@pytest.fixture(scope="module")
def endpoints(stack: Stack) -> Iterator[Endpoints]:
    made = Database(stack.endpoints.database_url, "periods")
    migrate(made.url)
    yield replace(stack.endpoints, database_url=made.url)
    made.close()


@pytest.fixture
def shanzhi(endpoints: Endpoints, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Shanzhi:
    monkeypatch.setenv("DATABASE_URL", endpoints.database_url)
    monkeypatch.setenv("KAFKA_BOOTSTRAP", endpoints.kafka_bootstrap)
    monkeypatch.delenv("SHANZHI_MASTER_KEY", raising=False)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = app.run(["period", *arguments])
        return code, *capfd.readouterr()

    return run


def tell(endpoints: Endpoints, *events: tuple[str, str, str, dict[str, Any]]) -> None:
    """Publishes events, given as type, subject, time and data."""
    with Publisher(endpoints.kafka_bootstrap, NoKeys()) as publisher:
        for type_, subject, time, data in events:
            publisher.publish({
                "specversion": "1.0", "id": f"{type_} {subject} {time}", "source": "urn:test:period", "type": type_,
                "subject": subject, "time": time, "authid": BY, "data": data,
            })  # fmt: skip


def follow(endpoints: Endpoints) -> None:
    """What workers do, until nothing is left."""
    with closing(connect(endpoints.database_url, "test of periods")) as connection, connection.cursor() as cursor:
        cursor.execute("select partition, next from shanzhi.index_position")
        read = dict(cursor.fetchall())
    with Reader(endpoints.kafka_bootstrap) as reader:
        delivered = [
            part for batch in reader.batches(reader.starts | read, reader.ends) for part in divided(batch, 2_000)
        ]
    fold(endpoints, delivered, Counter())


def visit(number: int, grid: str, day: str) -> tuple[str, str, str, dict[str, Any]]:
    data = {"person": BY, "kind": "household", "place": grid, "began": f"{day}T09:00:00+08:00",
            "ended": f"{day}T10:00:00+08:00"}  # fmt: skip
    return "visit.paid", f"visit/{grid.rpartition('/')[2]}-{number}", f"{day}T10:00:00+08:00", data


def grid(name: str) -> tuple[str, str, str, dict[str, Any]]:
    return "place.registered", name, "2019-04-01T09:00:00+08:00", {"name": "第一网格", "level": "grid"}


def test_a_fold_up_to_the_cut_has_the_figures_of_the_tables(folded: Folded) -> None:
    """Of a month of a county, in the grid that had most of it; all of it read in one transaction."""
    url, bootstrap = folded.endpoints.database_url, folded.endpoints.kafka_bootstrap
    with closing(connect(url, "test of periods")) as connection:
        with snapshot(connection) as tables, tables.cursor() as cursor:
            cursor.execute("select transaction_timestamp(), current_setting('transaction_isolation')")
            (began, isolation), now = cursor.fetchone(), datetime(2024, 5, 1, tzinfo=UTC)
            cases = f"{folded.generation}.entity_case"
            cursor.execute(f"select grid from {cases} group by 1 order by count(*) desc limit 1")
            (place,) = cursor.fetchone()
            live = figures(tables, folded.generation, place, "2024-03", now)
            cursor.execute(f"select transaction_timestamp(), partition, next from {folded.generation}.position")
            cut = {partition: offset for at, partition, offset in cursor if at == began}
        assert (isolation, len(cut)) == ("repeatable read", PARTITIONS)
        assert all(live.rows[name] for name in ("units", "rates", "grids", "workers"))
        with folded_to(url, bootstrap, cut) as schema, snapshot(connection) as tables:
            assert schema not in [one.schema for one in standing(url)]  # were we killed, the next fold would drop it
            assert figures(tables, schema, place, "2024-03", now).encoded() == live.encoded()
        with connection.cursor() as cursor:
            cursor.execute("select count(*) from pg_namespace where nspname = %s", (schema,))
            assert cursor.fetchone() == (0,)


def test_a_period_from_closing_to_restatement(endpoints: Endpoints, shanzhi: Shanzhi) -> None:
    place = "place/period-1"
    tell(endpoints, grid(place), visit(1, place, "2019-05-07"))
    follow(endpoints)
    code, out, said = shanzhi("close", place, PERIOD, "--by", BY, "--json")
    assert code == 0, said
    event = json.loads(out)["event"]
    assert (event["subject"], event["authid"]) == (f"period/period-1~{PERIOD}", BY)
    assert len(event["data"]["cut"]) == PARTITIONS
    assert {"unit_assessment", "three_rates", "workload"} <= {one["rule"] for one in event["data"]["rules"]}

    assert shanzhi("show", place, PERIOD)[0] == 3, "no worker has read it yet"
    code, out, _ = shanzhi("close", place, PERIOD, "--by", BY, "--json")
    again = json.loads(out)
    assert (code, again["is_resent"], again["event"]) == (0, True, event), "the outcome is unknown: the same once more"
    follow(endpoints)
    code, _, said = shanzhi("close", place, PERIOD)
    assert (code, f"shanzhi period restatements {place} {PERIOD}" in said) == (3, True)

    code, out, _ = shanzhi("show", place, PERIOD, "--json")
    shown = json.loads(out)
    (row,) = [one for one in shown["figures"]["rows"]["grids"] if one["subject"] == place]
    visits = next(one for one in row["terms"] if one["term"] == "visits")
    assert (visits["numerator"], shown["sha256"], shown["closings"]) == (1.0, event["data"]["sha256"], 1)
    code, out, _ = shanzhi("restatements", place, PERIOD, "--json")
    assert json.loads(out)["restated"] == []

    other = "place/period-2"
    tell(endpoints, grid(other), visit(1, other, "2019-05-09"), visit(2, place, "2019-06-03"))
    tell(endpoints, visit(3, place, "2019-05-21"))
    voided = {"event": "visit.paid visit/period-1-1 2019-05-07T10:00:00+08:00", "reason": "重复登记"}
    tell(endpoints, ("visit.voided", "visit/period-1-1", "2019-06-05T09:00:00+08:00", voided))
    tell(endpoints, visit(4, place, "2019-05-22"))
    follow(endpoints)
    code, out, said = shanzhi("restatements", place, PERIOD, "--json")
    (restated,) = json.loads(out)["restated"]
    assert (restated["model"], restated["subject"]) == ("grids", place)
    changed = {one["field"]: (one["published"], one["now"]) for one in restated["changes"]}
    assert changed["terms.visits.numerator"] == (1.0, 2.0)
    told = sorted((one["type"], one["subject"]) for one in restated["causes"])
    assert told == [
        ("visit.paid", "visit/period-1-3"),
        ("visit.paid", "visit/period-1-4"),
        ("visit.voided", "visit/period-1-1"),
    ], "neither another grid's nor another month's"
    assert restated["causes_in_all"] == 3
    cut = dict(enumerate(event["data"]["cut"]))
    for one in restated["causes"]:
        partition, offset = map(int, one["position"].split(":"))
        assert (partition, offset >= cut[partition]) == (partition_of(one["subject"].encode(), PARTITIONS), True)

    code, out, _ = shanzhi("restatements", place, PERIOD)
    assert (code, "terms.visits.numerator" in out) == (0, True)
    published, now = (json.loads(shanzhi("show", place, PERIOD, way, "--json")[1]) for way in
                      ("--as-published", "--as-known-now"))  # fmt: skip
    assert published["figures"]["rows"] == shown["figures"]["rows"] != now["figures"]["rows"]
    assert published["figures"]["as_of"] == now["figures"]["as_of"], "only events restate a figure, never time"

    code, out, said = shanzhi("prove", place, PERIOD, "--json")
    assert (code, json.loads(out)["refolded_sha256"]) == (0, event["data"]["sha256"]), said


def test_another_fold_than_was_published_is_said_by_the_exit_code(endpoints: Endpoints, shanzhi: Shanzhi) -> None:
    """Figures that never were: a closing told by somebody else."""
    place = "place/period-3"
    tell(endpoints, grid(place), visit(1, place, "2019-05-07"))
    with Reader(endpoints.kafka_bootstrap) as reader:
        cut = [reader.ends[number] for number in range(PARTITIONS)]
    data = {"scope": place, "rules": [{"rule": "workload", "version": "x"}], "cut": cut, "sha256": "a" * 64}
    tell(endpoints, ("period.closed", f"period/period-3~{PERIOD}", "2019-06-01T09:00:00+08:00", data))
    follow(endpoints)
    code, out, _ = shanzhi("prove", place, PERIOD, "--json")
    assert (code, json.loads(out)["is_equal"]) == (9, False)
    code, _, said = shanzhi("show", place, PERIOD)
    assert (code, "备份" in said) == (7, True), "nobody here has the bytes that were published"


def test_what_can_not_be_closed_is_refused_and_nothing_is_told(endpoints: Endpoints, shanzhi: Shanzhi) -> None:
    with Reader(endpoints.kafka_bootstrap) as reader:
        before = reader.ends
    for arguments, said in (
        (("place/period-nobody", PERIOD), "place/period-nobody"),
        (("place/period-1", "2100-01"), "2100-01"),
        (("place/period-1", "2019-05-03"), "whole months"),
        (("unit/period-1", PERIOD), "unit/period-1"),
        (("place/period-2", PERIOD, "--by", "13812345678"), "authid"),
    ):
        code, out, told = shanzhi("close", *arguments)
        assert (code, out, said in told) == (3, "", True), told
    for command in ("show", "restatements", "prove"):
        assert shanzhi(command, "place/period-2", PERIOD)[0] == 3
    assert shanzhi("show", "place/period-1", PERIOD, "--as-published", "--as-known-now")[0] == 3
    with Reader(endpoints.kafka_bootstrap) as reader:
        assert reader.ends == before


def test_of_two_at_once_one_event_is_prepared(endpoints: Endpoints) -> None:
    """Whoever comes second, before any worker has read it, is given the same event to send."""
    place = "place/period-2"
    one = prepare(endpoints.database_url, place, PERIOD, BY)
    other = prepare(endpoints.database_url, place, PERIOD, "person/wang-55aa")
    assert (one.is_resent, other.is_resent, one.event, one.figures) == (False, True, other.event, other.figures)
    assert digest(one.figures) == one.event["data"]["sha256"]
    assert decoded(one.figures).encoded() == one.figures
    with Publisher(endpoints.kafka_bootstrap, NoKeys()) as publisher:
        publisher.publish(one.event)
    follow(endpoints)
    with pytest.raises(ClosedBefore, match="was closed then"):
        prepare(endpoints.database_url, place, PERIOD, BY)
    told = {"event": one.event["id"], "event_source": one.event["source"], "reason": "期限有误"}
    tell(endpoints, ("period.voided", one.event["subject"], "2019-06-02T09:00:00+08:00", told))
    follow(endpoints)
    again = prepare(endpoints.database_url, place, PERIOD, BY)
    assert (again.is_resent, again.event["id"] == one.event["id"]) == (False, False), "a voided closing was none"


def test_no_figures_of_an_unknown_period(endpoints: Endpoints) -> None:
    with pytest.raises(QuestionRefused, match="nothing was counted"):
        prepare(endpoints.database_url, "place/period-1", "2018-01", BY)
