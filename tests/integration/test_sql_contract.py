"""The SQL contract on a real PostgreSQL: what it says, to whom, and that switching readers disturbs nobody."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from psycopg2 import errors

from ledger.describe import sample_event
from ledger.event import latest
from producers.simulator import Simulation, Submitted
from projections import read
from projections.families import fingerprint
from projections.rules import in_force
from projections.rules.preset import RULES
from projections.store import read_contract
from projections.store.generation import (
    drop_generation,
    ensure_generation,
    hand_over,
    hold_generations,
    switch_when_caught_up,
)
from projections.store.migrate import migrate
from projections.store.read_contract import ROLE, install_contract
from tests.contract.write_read_contract import contract_of, kept
from tests.integration.test_read_models import County, dispatched, shanghai

PAGE = Path(__file__).resolve().parents[2] / "docs" / "sql.md"
OWN, LOGIN, PASSWORD = "contract", "county_bi", "换成自己的密码"
NOW = datetime(2024, 3, 31, 12, tzinfo=UTC)
MARCH = date(2024, 3, 1)
REFOLDING = (".corrected", ".voided")  # what these change is read from Kafka again
CROWD = ("person.registered", "alliance.joined", "team.joined")  # thousands, of whom nothing is shown
LATE = dispatched("03-02 10:00", "03-02 12:00", "03-05 09:00")
BOOKS = ("cases", "mediations", "wishes", "orders")  # the view has a row for each of theirs


@pytest.fixture(scope="module")
def county(county_database: str) -> Iterator[County]:
    """A month of a county with its registry and a sample of every type, in a database of its own; time stands still."""
    with closing(psycopg2.connect(county_database)) as above, above.cursor() as cursor:
        above.autocommit = True
        cursor.execute(f"create database {OWN}")
        own = re.sub(r"/[^/]*$", f"/{OWN}", county_database)
        migrate(own)
        county = County(own)
        arrivals = Simulation(7, 31, 0.1, MARCH)
        county.given_all(one.event for one in arrivals if isinstance(one, Submitted) and is_told(one.event["type"]))
        county.given_all(sample_event(kind) for kind in latest.values() if not kind.type.endswith(REFOLDING))
        county.given("case/late", ("03-02 09:00", "case.discovered", case_at("place/grid-001")), LATE)
        county.place("b1", "building", "grid-001")
        county.place("h1", "party_household", "b1", household_name="李")
        run(county, "insert into shanzhi.injected_time (time) values (%s)", NOW)
        yield county
        county.close()


def is_told(type_: str) -> bool:
    return type_ not in CROWD and not type_.endswith(REFOLDING)


def run(county: County, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """As the owner, with the generation's tables in sight."""
    with county.connection, county.connection.cursor() as cursor:
        cursor.execute(f"set local search_path = {county.generation}")
        cursor.execute(statement, values or None)
        return list(cursor.fetchall()) if cursor.description else []


@pytest.fixture(scope="module")
def login(county: County) -> Iterator[str]:
    """The address for a login that was made as the page says, with what the role alone may do."""
    run(county, blocks("## 账号")[0])
    yield f"host=127.0.0.1 port={county.connection.info.port} dbname={OWN} user={LOGIN} password={PASSWORD}"
    run(county, f"drop role {LOGIN}")


@pytest.fixture
def reader(login: str) -> Iterator[Any]:
    """A cursor of that login, in a transaction."""
    with closing(psycopg2.connect(login)) as connection, connection.cursor() as cursor:
        yield cursor


def blocks(heading: str) -> list[str]:
    """The statements of a part of the page."""
    part = PAGE.read_text(encoding="utf-8").split(f"\n{heading}", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^```sql\n(.*?)^```$", part, re.MULTILINE | re.DOTALL)


def rows(cursor: Any, statement: str) -> list[dict[str, Any]]:
    cursor.execute(f"select to_json(told) from ({statement}) told")
    return [row for (row,) in cursor.fetchall()]


# what it says


def test_the_views_are_those_that_people_rely_on(county: County) -> None:
    """Name, type, order and title of every column; where this fails, see tests/contract/write_read_contract.py."""
    with county.connection, county.connection.cursor() as cursor:
        assert contract_of(cursor, county.generation) == kept()
    told = run(
        county,
        "select relname, attname, format_type(atttypid, null), col_description(attrelid, attnum), obj_description(oid) "
        "from pg_class join pg_attribute on attrelid = oid where relnamespace = 'read_v1'::regnamespace and attnum > 0 "
        "order by relname collate \"C\", attnum",
    )
    expected = [
        (name, column, one["type"], one["title"], view["title"])
        for name, view in kept().items()
        for column, one in view["columns"].items()
    ]
    assert told == expected


def test_every_view_has_rows_and_nothing_in_them_is_personal(county: County, reader: Any) -> None:
    for name in kept():
        told = rows(reader, f"select * from {name}")
        assert told, name
        text = json.dumps(told, ensure_ascii=False)
        assert not re.search(r"sealed:|(person|care|curtain|camera|household)/|place/b1|place/h1", text), name


def test_no_place_is_finer_than_a_grid(county: County, reader: Any) -> None:
    for name, place in (("fine", "place/b1"), ("finer", "place/h1")):
        county.given(f"case/{name}", ("03-20 09:00", "case.discovered", case_at(place)))
        told = rows(reader, f"select place_id, place_name from cases where case_id = 'case/{name}'")
        assert told == rows(reader, "select place_id, name as place_name from places where place_id = 'place/grid-001'")


def case_at(place: str, **more: str) -> dict[str, Any]:
    said = {"channel": "hotline", "demand": "help", "category": "停水", "urgency": "ordinary", "text": "无"}
    return said | {"place": place} | more


def test_what_a_curtain_is_about_is_not_told(county: County, reader: Any) -> None:
    shut = case_at("place/grid-001", channel="curtain", category="窗帘行动")
    county.given("case/curtain", ("03-20 09:00", "case.discovered", shut))
    assert rows(reader, "select channel, category from cases where case_id = 'case/curtain'") == [
        {"channel": None, "category": None}
    ]
    assert rows(reader, "select day from case_kinds where category = '窗帘行动' or channel = 'curtain'") == []


@pytest.mark.parametrize(
    ("question", "options", "view", "same"),
    [
        ("cases", {}, "cases", ("subject case_id", "status", "is_overdue", "is_handled_in_time", "satisfaction")),
        (
            "units", {"period": "2024-03"}, "unit_months where month = '2024-03-01'",
            ("subject unit_id", "rank", "total", "grade", "measured_weight", "joint", "final", "final_rank"),
        ),
        (
            "rates", {"period": "2024-03", "level": "community"},
            "three_rates where month = '2024-03-01' and level = 'community'",
            ("subject place_id", "valid", "response", "satisfaction", "score", "score_with_excluded"),
        ),
        (
            "overview", {"level": "community"}, "overview where level = 'community'",
            ("subject place_id", "received_today", "open_cases", "overdue_cases", "open_wishes", "score"),
        ),
        (
            "grids", {"period": "2024-03"}, "grid_months where month = '2024-03-01'",
            ("subject grid_id", "cases", "operation", "duty", "staff", "score", "bonus"),
        ),
        ("mediations", {}, "mediations", ("subject mediation_id", "status", "days_left", "is_overdue", "meetings")),
        ("wishes", {}, "wishes", ("subject wish_id", "status", "title", "is_overdue is_unclaimed_too_long")),
        ("orders", {}, "orders", ("subject order_id", "status", "in_time is_in_time", "unit_name")),
    ],
)  # fmt: skip
def test_it_says_what_the_read_models_say(
    county: County, reader: Any, question: str, options: dict[str, str], view: str, same: tuple[str, ...]
) -> None:
    names = [(theirs, ours or theirs) for theirs, _, ours in (one.partition(" ") for one in same)]
    answer = read.named(county.connection, county.generation, question, as_of=NOW, limit=read.MOST_ROWS, **options)
    told = {one[names[0][1]]: [one[name] for _, name in names] for one in rows(reader, f"select * from {view}")}
    said = {getattr(row, names[0][0]): [getattr(row, name) for name, _ in names] for row in answer}
    assert told
    assert told == (said if question in BOOKS else {key: said[key] for key in told})


def test_monthly_views_tell_of_thirteen_months_and_begin_where_the_session_says(county: County, reader: Any) -> None:
    run(county, "update watermark set day = '2022-05-17' where (partition, source, day) in "
                "(select partition, source, day from watermark limit 1)")  # fmt: skip
    for since, first, last in (("", "2023-03-01", "2024-03-01"), ("2022-06-30", "2022-06-01", "2023-06-01")):
        reader.execute("select set_config('read_v1.since', %s, true)", (since,))
        told = rows(reader, "select distinct month from unit_months order by 1")
        assert [told[0]["month"], told[-1]["month"], len(told)] == [first, last, 13]


def test_the_ten_queries_of_the_page_answer(reader: Any) -> None:
    queries = blocks("## 十个例子")
    assert [query[:5] for query in queries] == [f"-- {number}."[:5] for number in range(1, 11)]
    for query in [*blocks("## 怎样读"), *queries]:
        reader.execute(query)
        assert reader.fetchall(), query


# to whom


REFUSED = [
    ("insert into read_v1.cases (case_id) values ('case/1')", errors.ObjectNotInPrerequisiteState),
    ("delete from read_v1.wishes", errors.ObjectNotInPrerequisiteState),
    ("delete from {generation}.entity_wish", errors.InsufficientPrivilege),
    ("select count(*) from {generation}.entity_case", errors.InsufficientPrivilege),
    ("select * from {generation}.read_v1_cases()", errors.InsufficientPrivilege),
    ("select * from shanzhi.read_v1('cases') told (case_id text)", errors.InsufficientPrivilege),
    ("select * from shanzhi.event_index", errors.InsufficientPrivilege),
    ("select * from vault.data_key", errors.InsufficientPrivilege),
    ("select * from pg_authid", errors.InsufficientPrivilege),
    ("create table public.mine (id int)", errors.InsufficientPrivilege),
    ("create view read_v1.mine as select 1", errors.InsufficientPrivilege),
]


@pytest.mark.parametrize(("statement", "error"), REFUSED)
def test_what_is_not_the_contract_is_refused_whatever_the_session_says(
    county: County, reader: Any, statement: str, error: type[psycopg2.Error]
) -> None:
    reader.connection.set_session(readonly=False)
    with pytest.raises(error):
        reader.execute(statement.format(generation=county.generation))


def test_nothing_is_written_by_accident(reader: Any) -> None:
    with pytest.raises(errors.ReadOnlySqlTransaction):
        reader.execute("create temporary table mine (id int)")


def test_a_statement_has_a_time_and_a_transaction_may_not_lie_idle(county: County, reader: Any, login: str) -> None:
    reader.execute(
        "select current_setting('statement_timeout'), current_setting('idle_in_transaction_session_timeout')"
    )
    assert reader.fetchone() == ("1min", "1min")
    run(county, f"alter role {LOGIN} set statement_timeout = '200ms'")
    with closing(psycopg2.connect(login)) as connection, connection.cursor() as cursor:
        run(county, f"alter role {LOGIN} set statement_timeout = '60s'")
        with pytest.raises(errors.QueryCanceled):
            cursor.execute("select pg_sleep(20)")
        connection.rollback()
        with pytest.raises(errors.QueryCanceled):
            cursor.execute("select count(*) from cases a, cases b, cases c, cases d, generate_series(1, 1000000)")


def test_the_role_itself_has_the_settings_and_no_password(county: County) -> None:
    ((settings, password),) = run(
        county, f"select rolconfig, (select rolpassword from pg_authid where oid = role.oid) from pg_roles role "
        f"where rolname = '{ROLE}'"
    )
    assert password is None
    assert {"default_transaction_read_only=on", "statement_timeout=60s", "search_path=read_v1"} <= set(settings)


def test_what_a_reader_makes_for_a_session_hides_no_table(reader: Any) -> None:
    """Else whoever may make temporary objects could let the owner of the tables run what they like."""
    before = rows(reader, "select count(*) from cases")
    reader.connection.rollback()
    reader.connection.set_session(readonly=False)
    for table in ("entity_case", "entity_place", "watermark", "rule_version"):
        reader.execute(f"create temporary view {table} as select 1 / 0 as subject")
    assert rows(reader, "select count(*) from cases") == before
    assert rows(reader, "select * from three_rates")


def test_a_database_account_that_may_not_make_roles_goes_on_without(county: County, county_database: str) -> None:
    own = re.sub(r"//[^@]*@(.*)/[^/]*$", r"//limited:limited@\1/limited", county_database)
    with closing(psycopg2.connect(county_database)) as above, above.cursor() as cursor:
        above.autocommit = True
        cursor.execute("create role limited login password 'limited'")
        cursor.execute("create database limited owner limited")
        cursor.execute(f"alter role {ROLE} rename to away")
        try:
            assert migrate(own) > 0
            ensure_generation(county.connection, fingerprint())
        finally:
            cursor.execute(f"alter role away rename to {ROLE}")


def test_a_role_that_an_administrator_made_is_granted_by_the_next_worker(county: County, reader: Any) -> None:
    run(county, f"revoke usage on schema read_v1 from {ROLE}")
    with pytest.raises(errors.InsufficientPrivilege):
        reader.execute("select * from read_v1.calendar")
    reader.connection.rollback()
    ensure_generation(county.connection, fingerprint())
    assert rows(reader, "select * from read_v1.calendar")


# when it grows


def test_a_column_is_added_for_all_and_is_null_where_tables_are_older(
    county: County, reader: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_contract, "_PATIENCE", "50ms")
    reader.execute("select name from calendar, units")
    with county.connection, county.connection.cursor() as cursor:
        answer_anew(cursor, county.generation, "note text, more text", "'年'::text", "'新'::text")
        assert "more" not in columns_of(cursor), "somebody reads the view: it stays as it is, and nobody waits for long"
    assert rows(reader, "select note from calendar limit 1") == [{"note": "年"}]
    reader.connection.rollback()
    with county.connection, county.connection.cursor() as cursor:
        install_contract(cursor, county.generation)
        assert "more" in columns_of(cursor)
    assert rows(reader, "select note, more from calendar limit 1") == [{"note": "年", "more": "新"}]
    with county.connection, county.connection.cursor() as cursor:
        cursor.execute(f"drop function {county.generation}.contract_mark()")  # as an older program's would be another
        install_contract(cursor, county.generation)
        assert "more" in columns_of(cursor)
    assert rows(reader, "select more from calendar where day = '2024-03-01'") == [{"more": None}]
    reader.connection.rollback()
    run(county, "drop view read_v1.calendar")
    ensure_generation(county.connection, fingerprint())


def answer_anew(cursor: Any, generation: str, more: str, *values: str) -> None:
    """As a program of tomorrow would answer for the calendar."""
    cursor.execute(f"set local search_path = {generation}")
    cursor.execute(
        "drop function read_v1_calendar();"
        f"create function read_v1_calendar() returns table (day date, is_working boolean, {more}) language sql stable "
        f"set search_path from current as 'select day, is_working, {', '.join(values).replace(chr(39), chr(39) * 2)} "
        "from shanzhi.calendar_day';"
        "comment on function read_v1_calendar() is '日历\nday 日期\nis_working 工作日\nnote 说明\nmore 更多'"
    )
    install_contract(cursor, generation)


def columns_of(cursor: Any) -> list[str]:
    cursor.execute("select attname::text from pg_attribute where attrelid = 'read_v1.calendar'::regclass")
    return [name for (name,) in cursor.fetchall()]


def test_tables_that_do_not_know_a_view_say_what_to_do(county: County, reader: Any) -> None:
    run(county, "alter function read_v1_orders() rename to away")
    with pytest.raises(errors.ObjectNotInPrerequisiteState) as refused:
        reader.execute("select * from orders")
    assert "Start a worker of this version" in str(refused.value.diag.message_hint)
    run(county, "alter function away() rename to read_v1_orders")


def test_sql_takes_the_version_of_a_rule_that_the_program_takes(county: County) -> None:
    said: dict[str, Any] = {"response_weight": 20, "resolution_weight": 40, "satisfaction_weight": 40}
    said |= {"fairly_worth": 0.9, "window_closes_minute": 720, "rated_by": ["call_back"]}
    for number, (since, given) in enumerate([
        ("03-05 00:00", said),
        ("03-10 00:00", said | {"response_weight": 10}),  # adds to 90: nobody can use it
        ("03-20 00:00", said | {"fairly_worth": 0.5}),
        ("03-15 00:00", said | {"fairly_worth": 0.7}),
        ("03-20 00:00", said | {"fairly_worth": 0.6}),  # of two at one time the later in the ledger
    ]):  # fmt: skip
        adopted = {"rule": "three_rates", "effective_from": shanghai(since), "parameters": given}
        county.given("rule/three_rates", ("03-01 08:00", "rule.adopted", adopted | {"version": f"v{number}"}))
    worths, asked = set(), "select contract_rule(%s, %s)::text, version from contract_version(%s, %s)"
    with county.connection, county.connection.cursor() as cursor:
        cursor.execute(f"set local search_path = {county.generation}")
        for days in range(-40, 40, 2):
            at = datetime(2024, 3, 10, tzinfo=UTC) + timedelta(days=days)
            for rule, kind in RULES.items():
                cursor.execute(asked, (rule, at) * 2)
                parameters, version = cursor.fetchone()
                holding = in_force(cursor, county.generation, kind, at)
                assert (json.loads(parameters), version) == (json.loads(holding.parameters_json), holding.version)
                worths.add(json.loads(parameters).get("fairly_worth") if version.startswith("v") else None)
    assert worths == {None, 0.9, 0.7, 0.6}


# when readers are switched


def test_a_switch_waits_for_no_reader_and_a_generation_can_be_dropped(
    county: County, reader: Any, login: str
) -> None:
    newer = ensure_generation(county.connection, "other folds")  # it has read as far, and knows nobody
    run(county, f"update {newer}.position set next = (select max(next) from position)")
    views = views_by_id(county)
    with closing(psycopg2.connect(login)) as connection, connection.cursor() as steady:
        connection.set_session(isolation_level="REPEATABLE READ")
        for cursor in (reader, steady):
            assert generation_of(cursor) == county.generation
            counted = rows(cursor, "select count(*) from cases")
        began = time.monotonic()
        assert switch_when_caught_up(county.connection, newer)
        assert time.monotonic() - began < 2, "both are still inside their transactions"
        assert (generation_of(reader), rows(reader, "select * from cases")) == (newer, [])
        assert generation_of(steady) == county.generation
        assert rows(steady, "select count(*) from cases") == counted, "its snapshot is older"
    reader.connection.rollback()
    with county.connection, county.connection.cursor() as cursor:
        hold_generations(cursor)
        cursor.execute("update shanzhi.current set generation = %s", (county.generation,))
        drop_generation(cursor, newer)
    assert generation_of(reader) == county.generation
    assert views_by_id(county) == views, "what somebody has built on them still stands"
    assert run(county, "select from shanzhi.rule_version where generation = %s", newer) == []


def views_by_id(county: County) -> list[tuple[Any, ...]]:
    return run(county, "select oid, relname from pg_class where relnamespace = 'read_v1'::regnamespace order by 1")


def generation_of(cursor: Any) -> str:
    cursor.execute("select generation from freshness")
    return str(cursor.fetchone()[0])


def test_a_generation_that_was_filled_in_bulk_knows_its_rules(county: County, reader: Any) -> None:
    told = rows(reader, "select * from rules")
    run(county, "delete from shanzhi.rule_version")
    with county.connection, county.connection.cursor() as cursor:
        hand_over(cursor, county.generation)
    assert rows(reader, "select * from rules") == told
