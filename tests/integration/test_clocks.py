"""What the clock tells on a real PostgreSQL, each event once; and the same counting of days in SQL as in Python."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.errors import StoreUnsound
from ledger.injected_time import time_of
from ledger.partition import partition_of
from ledger.record import Batch, StoredRecord
from ledger.submission import check, stored
from ledger.topics import LEDGER, PARTITIONS, Topic
from processors.clock.scan import PAGE_ROWS
from processors.clock.telling import Telling
from projections.families import fingerprint
from projections.family import SHANGHAI
from projections.rules import CalendarRefused, Clocks, default_preset, preset, shipped_calendar
from projections.rules.calendar import parse_arrangement
from projections.rules.due import due_with_pauses
from projections.store.apply import Lane
from projections.store.cache import StateCache
from projections.store.calendar import calendar_of, load_shipped, load_year
from projections.store.connection import connect
from projections.store.generation import bind_topic, ensure_generation
from projections.store.migrate import migrate
from projections.store.now import inject, now_of
from shanzhi.cli.app import run
from shanzhi.stack import Stack
from tests.fixed_keys import FixedKeys
from tests.unit.test_calendar import MOMENTS, SOUND, at
from tests.unit.test_due import HOURS, PAUSES, START

Told = tuple[str, str, dict[str, Any]]
CASE = {
    "channel": "hotline", "demand": "complaint", "category": "停车管理", "urgency": "ordinary",
    "text": "占道", "place": "place/g1",
}  # fmt: skip
MEDIATION = {
    "channel": "window", "place": "place/g1", "cause": "漏水", "parties": ["household/1"], "text": "漏水",
    "mediator": "person/m", "remote": False,
}  # fmt: skip
CURTAIN = {
    "household": "household/1", "group": "elder", "watcher": "person/w", "by_time": "09:00", "grid": "place/g1",
    "consent": True,
}  # fmt: skip


class Town:
    """Tables that are fed, and a clock that is asked; `told` goes back into them as the relay would do."""

    def __init__(self, database_url: str) -> None:
        self.connection = connect(database_url, "test of clocks")
        bind_topic(self.connection, Topic(LEDGER, "test", PARTITIONS))
        self.generation = ensure_generation(self.connection, fingerprint())
        self._lane = Lane(database_url, fingerprint(), PARTITIONS, StateCache(), threading.Event())
        self._next: dict[int, int] = defaultdict(int)
        self._count = 0

    def given(self, subject: str, *events: Told, late: timedelta = timedelta()) -> None:
        """Events of one stream, (time, type, data), each stamped when it happened or `late`."""
        for time, type_, data in events:
            self._count += 1
            event = {
                "specversion": "1.0", "id": f"{self._count}", "source": "urn:test", "type": type_, "subject": subject,
                "time": at(time).isoformat(), "authid": "test/1", "data": data,
            }  # fmt: skip
            stamp = at(time) + late
            (one,) = stored([check(event, stamp)], FixedKeys())
            self._fold(one.key, one.value, stamp)

    def clock(self, until: str, fold: bool = True) -> list[Told]:
        """All that runs out by then: what the outbox got that was not there."""
        moment, told = at(until), []
        telling = Telling(structlog.get_logger("test"))
        with self.connection, self.connection.cursor() as cursor:
            while telling.page(cursor, self.generation, moment):
                pass
            cursor.execute(
                "update shanzhi.outbox set published_at = %s where published_at is null returning number, value",
                (moment,),
            )
            rows = sorted(cursor.fetchall())
        for _, value in rows:
            event = json.loads(bytes(value))
            time = datetime.fromisoformat(event["time"]).astimezone(SHANGHAI)
            told.append((time.strftime("%Y-%m-%d %H:%M"), event["type"], event["data"]))
            if fold:
                self._fold(event["subject"].encode(), bytes(value), moment)
        return told

    def _fold(self, key: bytes, value: bytes, stamp: datetime) -> None:
        partition = partition_of(key, PARTITIONS)
        offset = self._next[partition]
        self._next[partition] += 1
        record = StoredRecord(offset, int(stamp.timestamp() * 1000), key, value)
        assert self._lane.apply(Batch(partition, [record], offset)).folded == 1

    def close(self) -> None:
        """Closes both connections."""
        self._lane.close()
        self.connection.close()


def short(told: list[Told]) -> list[tuple[str, str, str]]:
    """Time, type, and which clock or where to."""
    return [(time, type_, str(data.get("clock") or data.get("to") or "")) for time, type_, data in told]


@pytest.fixture(scope="module")
def template(stack: Stack) -> str:
    """A migrated database to copy."""
    server = stack.endpoints.database_url.rpartition("/")[0]
    _run(stack.endpoints.database_url, "create database clocks_template")
    migrate(f"{server}/clocks_template")
    return server


@pytest.fixture(scope="module")
def names() -> Iterator[str]:
    return (f"clocks_{number}" for number in range(1_000))


@pytest.fixture
def database_url(stack: Stack, template: str, names: Iterator[str]) -> str:
    name = next(names)
    _run(stack.endpoints.database_url, f"create database {name} template clocks_template")
    return f"{template}/{name}"


@pytest.fixture
def town(database_url: str) -> Iterator[Town]:
    """Town t1 with community c1 and its grid g1."""
    with closing(Town(database_url)) as town:
        for name, level, parent in (("t1", "town", "x1"), ("c1", "community", "t1"), ("g1", "grid", "c1")):
            data = {"name": name, "level": level, "parent": f"place/{parent}"}
            town.given(f"place/{name}", ("2024-01-02 08:00", "place.registered", data))
        yield town


def _run(url: str, sql: str) -> None:
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        connection.cursor().execute(sql)


def test_a_complaint_without_a_class_is_due_after_ten_working_days_over_a_make_up_saturday(town: Town) -> None:
    town.given("case/1", ("2024-04-30 10:00", "case.discovered", CASE))
    assert short(town.clock("2024-05-01 09:59")) == []
    assert short(town.clock("2024-05-01 10:00")) == [
        ("2024-05-01 10:00", "case.overdue", "dispatch"),
        ("2024-05-01 10:00", "case.escalated", "place/c1"),
    ]
    assert town.clock("2024-05-16 23:59") == [], "6 to 11 May are six working days, 13 to 16 four"
    ((_, _, overdue), (_, _, escalated)) = town.clock("2024-05-17 00:01")
    assert overdue == {"clock": "handle", "due": "2024-05-16T16:00:00Z", "rule": "clocks-2024-1"}
    assert escalated == {"to": "place/t1", "rule": "clocks-2024-1"}


def test_each_deadline_is_told_once_however_often_the_clock_asks(town: Town) -> None:
    town.given("case/1", ("2024-05-06 10:00", "case.discovered", CASE | {"urgency": "emergency"}))
    assert len(town.clock("2024-05-06 12:00", fold=False)) == 2
    assert town.clock("2024-05-06 13:00") == [], "decided, and not yet folded"


def test_what_was_told_over_a_day_late_fires_nothing(town: Town) -> None:
    town.given("case/1", ("2024-05-06 10:00", "case.discovered", CASE), late=timedelta(hours=24, seconds=1))
    town.given("case/2", ("2024-05-06 10:00", "case.discovered", CASE), late=timedelta(hours=24))
    assert [data.get("clock") for _, _, data in town.clock("2024-06-06 10:00")] == ["dispatch", None, "handle", None]


def test_a_mediation_climbs_the_levels_and_is_overdue_after_seven_days(town: Town) -> None:
    town.given("mediation/1", ("2024-05-06 10:00", "mediation.opened", MEDIATION))
    assert town.clock("2024-05-07 09:59") == []
    assert short(town.clock("2024-05-07 10:00")) == [("2024-05-07 10:00", "mediation.escalated", "community")]
    assert short(town.clock("2024-05-09 10:00")) == [("2024-05-09 10:00", "mediation.escalated", "town")]
    assert town.clock("2024-05-13 09:59") == []
    assert short(town.clock("2024-05-13 10:00")) == [("2024-05-13 10:00", "mediation.overdue", "total")]
    assert town.clock("2024-07-01 10:00") == []


def test_a_mediation_that_is_paused_by_agreement_has_so_much_more_time(town: Town) -> None:
    paused = ("2024-05-06 20:00", "mediation.paused", {"until": at("2024-05-08 20:00").isoformat()})
    town.given("mediation/1", ("2024-05-06 10:00", "mediation.opened", MEDIATION), paused)
    assert town.clock("2024-05-09 09:59") == []
    assert short(town.clock("2024-05-09 10:00")) == [("2024-05-09 10:00", "mediation.escalated", "community")]
    extended = ("2024-05-10 10:00", "mediation.extended", {"due": at("2024-05-31 18:00").isoformat()})
    town.given("mediation/1", extended)
    assert town.clock("2024-05-31 17:59") == []
    assert ("2024-05-31 18:00", "mediation.overdue", "total") in short(town.clock("2024-05-31 18:00"))


def test_a_curtain_that_stays_shut_is_missed_then_knocked_at_and_unanswered(town: Town) -> None:
    town.given("curtain/1", ("2024-05-10 20:00", "curtain.agreed", CURTAIN))
    assert town.clock("2024-05-11 08:59") == []
    assert short(town.clock("2024-05-11 09:00")) == [("2024-05-11 09:00", "curtain.missed", "")]
    assert town.clock("2024-05-11 09:29") == []
    assert short(town.clock("2024-05-11 09:30")) == [("2024-05-11 09:30", "curtain.unanswered", "")]


def test_a_curtain_that_was_seen_or_a_knock_that_was_answered_ends_it(town: Town) -> None:
    town.given("curtain/1", ("2024-05-10 20:00", "curtain.agreed", CURTAIN), ("2024-05-11 07:00", "curtain.seen", {}))
    assert town.clock("2024-05-11 12:00") == []
    town.given("curtain/2", ("2024-05-10 20:00", "curtain.agreed", CURTAIN))
    assert len(town.clock("2024-05-11 09:00")) == 1
    town.given("curtain/2", ("2024-05-11 09:20", "curtain.checked", {"outcome": "safe"}))
    assert town.clock("2024-05-11 12:00") == []


def test_paused_deadlines_do_not_stand_in_the_way_of_others(town: Town) -> None:
    """More of them than a page holds; the last one of all is told."""
    paused = ("2024-05-06 10:01", "case.paused", {"reason": "雨"})
    for number in range(PAGE_ROWS // 2 + 1):
        town.given(f"case/a{number}", ("2024-05-06 10:00", "case.discovered", CASE), paused)
    town.given("case/z", ("2024-05-06 10:00", "case.discovered", CASE))
    assert [data.get("clock") for _, _, data in town.clock("2024-06-30 10:00")] == ["dispatch", None, "handle", None]


def test_a_deadline_that_reaches_into_a_year_without_a_calendar_waits_for_it(town: Town) -> None:
    town.given("case/1", ("2026-12-25 10:00", "case.discovered", CASE))
    assert [data.get("clock") for _, _, data in town.clock("2027-02-01 10:00")] == ["dispatch", None]
    with town.connection, town.connection.cursor() as cursor:
        load_year(cursor, parse_arrangement(SOUND))
    assert short(town.clock("2027-02-01 10:00"))[0] == ("2027-01-10 00:00", "case.overdue", "handle")


def test_a_mediation_of_a_county_with_four_levels_ends_at_the_county(town: Town) -> None:
    four = preset(Clocks, "four_levels")
    adopted = {
        "rule": "clocks", "name": "four_levels", "version": "9", "parameters": json.loads(four.parameters_json),
        "effective_from": at("2024-05-01 00:00").isoformat(), "sources": four.sources,
    }  # fmt: skip
    town.given("rule/clocks", ("2024-04-30 10:00", "rule.adopted", adopted))
    town.given("mediation/1", ("2024-05-06 10:00", "mediation.opened", MEDIATION))
    for day, to in ((7, "community"), (8, "town"), (10, "county")):
        assert short(town.clock(f"2024-05-{day:02} 10:00")) == [(f"2024-05-{day:02} 10:00", "mediation.escalated", to)]
    assert short(town.clock("2024-05-13 10:00")) == [("2024-05-13 10:00", "mediation.overdue", "total")]
    assert town.clock("2024-07-01 10:00") == []


def test_a_clock_runs_by_the_version_that_was_in_force_when_it_began(town: Town) -> None:
    shipped = default_preset(Clocks)
    parameters = json.loads(shipped.parameters_json) | {"wish_unclaimed_days": 3}
    adopted = {
        "rule": "clocks", "name": "ours", "version": "9", "title": "ours", "parameters": parameters,
        "effective_from": at("2024-05-10 00:00").isoformat(), "sources": shipped.sources,
    }  # fmt: skip
    town.given("rule/clocks", ("2024-05-09 10:00", "rule.adopted", adopted))
    for name, time in (("a", "2024-05-09 12:00"), ("b", "2024-05-10 12:00")):
        town.given(f"wish/{name}", (time, "wish.made", {"place": "place/g1", "text": "一副老花镜"}))
    assert [(time, data["rule"]) for time, _, data in town.clock("2024-06-01 10:00")] == [
        ("2024-05-13 12:00", "clocks-9"),
        ("2024-05-24 12:00", "clocks-2024-1"),
    ]


@pytest.fixture(scope="module")
def sql(stack: Stack, template: str) -> Iterator[Any]:
    """A cursor among the functions of a generation."""
    _run(stack.endpoints.database_url, "create database clocks_laws template clocks_template")
    with closing(Town(f"{template}/clocks_laws")) as town, town.connection.cursor() as cursor:
        cursor.execute(f"set search_path = {town.generation}")
        yield cursor


LAW = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)


@LAW
@given(moment=MOMENTS, days=st.integers(0, 25))
def test_law_sql_counts_working_days_as_python_does(sql: Any, moment: datetime, days: int) -> None:
    sql.execute("select working_days_after(%s, %s)", (moment, days))
    assert sql.fetchone()[0] == shipped_calendar().working_days_after(moment, days)


def test_law_both_know_nothing_of_a_year_that_is_not_loaded(sql: Any) -> None:
    for time in ("2026-12-31 10:00", "2023-12-30 10:00"):
        sql.execute("select working_days_after(%s, 1)", (at(time),))
        assert sql.fetchone()[0] is None
        with pytest.raises(CalendarRefused):
            shipped_calendar().working_days_after(at(time), 1)


@LAW
@given(due=HOURS.filter(lambda due: due >= START), pauses=PAUSES, done=HOURS.filter(lambda done: done >= START))
def test_law_sql_moves_a_due_as_python_does_and_judges_by_it(
    sql: Any, due: datetime, pauses: list[tuple[datetime, datetime | None]], done: datetime
) -> None:
    written = [{"since": since.isoformat(), "until": until and until.isoformat()} for since, until in pauses]
    sql.execute(
        "select due_with_pauses(%(due)s, %(start)s, %(pauses)s), "
        "is_in_time(%(done)s, %(due)s, %(start)s, %(pauses)s, %(done)s, null)",
        {"due": due, "start": START, "pauses": json.dumps(written), "done": done},
    )
    moved, is_in_time = sql.fetchone()
    assert moved == due_with_pauses(due, START, pauses)
    assert is_in_time == (moved is None or done <= moved)


def test_years_that_ship_are_loaded_and_an_amended_one_stays(town: Town) -> None:
    day = datetime(2027, 1, 9).date()
    with town.connection, town.connection.cursor() as cursor:
        load_year(cursor, parse_arrangement(SOUND))
        assert calendar_of(cursor).is_working_day(day)
        load_year(cursor, parse_arrangement(SOUND.replace("work = [2027-01-09]", "")))
        load_shipped(cursor)
        calendar = calendar_of(cursor)
    assert not calendar.is_working_day(day)
    assert calendar.working_days_after(datetime(2026, 12, 31, tzinfo=UTC), 1) == at("2027-01-05 00:00")


def told_by(capsys: pytest.CaptureFixture[str], *command: str) -> Any:
    """What a command prints with --json; its exit code where it refuses."""
    code = run([*command, "--json"])
    printed = capsys.readouterr().out
    return json.loads(printed) if code == 0 else code


def test_injected_time_moves_forward_by_hand_and_never_past_the_real_one(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    assert told_by(capsys, "time", "show") == 2, "none was injected"
    with closing(connect(database_url, "test")) as connection, connection, connection.cursor() as cursor:
        inject(cursor, at("2024-05-01 08:00"))
        inject(cursor, at("2024-04-01 08:00"))
        assert now_of(cursor) == at("2024-05-01 08:00"), "what stands goes on from where it is"
    times = time_of(database_url)
    assert told_by(capsys, "time", "advance", "71h") == {"time": "2024-05-04T07:00:00+08:00"}
    assert times.now() == at("2024-05-04 07:00")
    assert times.stamp_ms is not None and times.stamp_ms() == int(at("2024-05-04 07:00").timestamp() * 1000)
    for refused in ("2024-05-04T06:59+08:00", "2124-01-01T00:00+08:00", "2024-05-05T08:00", "noon"):
        assert told_by(capsys, "time", "set", refused) == 2
    assert told_by(capsys, "time", "set", "2024-05-04T07:00:01+08:00") == {"time": "2024-05-04T07:00:01+08:00"}


def test_a_ledger_that_the_broker_stamps_takes_no_injected_time(town: Town) -> None:
    with town.connection.cursor() as cursor, pytest.raises(StoreUnsound, match="stamped with real time"):
        inject(cursor, at("2024-05-01 08:00"))
    town.connection.rollback()
    with town.connection, town.connection.cursor() as cursor:
        assert datetime.now(UTC) - now_of(cursor) < timedelta(minutes=1)


def test_the_calendar_is_shown_and_loaded(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    may = {day["day"]: day for day in told_by(capsys, "calendar", "show", "2024-05")}
    assert len(may) == 31 and sum(day["is_working"] for day in may.values()) == 21
    assert may["2024-05-11"] == {"day": "2024-05-11", "is_working": True, "note": "劳动节调休"}
    assert told_by(capsys, "calendar", "show", "2027-01") == 3
    file = tmp_path / "2027.toml"
    file.write_text(SOUND, encoding="utf-8")
    assert told_by(capsys, "calendar", "load", str(file)) == {"year": 2027, "working_days": 261}
    assert len(told_by(capsys, "calendar", "show", "2027-01")) == 31
