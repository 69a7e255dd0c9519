"""Any figure, opened and computed anew from the ledger: equal where the tables are right, and only there."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from audit.explain import (
    BRIEF,
    CellQuestion,
    Explanation,
    GridQuestion,
    Page,
    PersonQuestion,
    Question,
    RatesQuestion,
    UnitQuestion,
    cell_question,
    explain,
    explain_all,
)
from ledger.errors import LedgerUnsound, StoreUnsound
from ledger.partition import partition_of
from ledger.reader import RecordFetcher
from ledger.record import Batch, RawRecord, StoredRecord
from ledger.submission import check, stored
from ledger.topics import PARTITIONS
from projections.families import FAMILIES, TALLIES
from projections.read import QuestionRefused, parse_period
from projections.rules import UnitAssessment, preset
from projections.store.columns import entity_table
from projections.store.connection import connect
from projections.store.streams import Fetch
from shanzhi.cli import app
from shanzhi.cli.rule import adoption
from tests.fixed_keys import FixedKeys
from tests.folded import Folded
from tests.integration.test_read_models import (
    NOW,
    County,
    called_back,
    dispatched,
    forget,
    handled,
    members,
    reported,
    serve,
    whistled,
)
from tests.soak import IS_SOAK

LATER = datetime(2026, 1, 1, tzinfo=UTC)
MARCH = parse_period("2024-03")
BRIEFLY = Page(entities=2, events=3)
CELLS = 100_000 if IS_SOAK else 500


@pytest.fixture
def cursor(folded: Folded) -> Iterator[Any]:
    """In a transaction that is undone, whatever a test changed in it."""
    with closing(connect(folded.endpoints.database_url, "test of explain", transaction_timeout="0")) as connection:
        with connection.cursor() as cursor:
            cursor.execute("set transaction isolation level repeatable read")
            yield cursor
        connection.rollback()


@pytest.fixture(scope="module")
def fetch(folded: Folded) -> Iterator[Fetch]:
    with closing(RecordFetcher(folded.endpoints.kafka_bootstrap)) as fetch:
        yield fetch


def cells(cursor: Any, generation: str) -> list[CellQuestion]:
    """A question for every cell of every tally."""
    found = []
    for tally in TALLIES:
        cursor.execute(f"select {', '.join(tally.key)} from {generation}.{tally.table} order by 1")
        found += [CellQuestion(tally, tuple(key)) for key in cursor.fetchall()]
    return found


def gives_of(found: Explanation) -> dict[str, dict[str, Any]]:
    return {one.subject: dict(one.gives or {}) for one in found.entities}


def some(cursor: Any, sql: str) -> list[str]:
    cursor.execute(sql)
    return [value for (value,) in cursor.fetchall()]


# cells


def test_random_cells_are_what_the_ledger_makes(folded: Folded, cursor: Any, fetch: Fetch) -> None:
    known = cells(cursor, folded.generation)
    chosen = random.Random(4).sample(known, min(CELLS, len(known)))
    found = explain_all(cursor, chosen, fetch, BRIEFLY)
    assert [(one.of, one.differences) for one in found if not one.equal] == []
    assert len(found) >= 500
    for one in found:
        contributors = one.figures[-1]
        assert one.entities_total <= contributors.recomputed == contributors.value, one
        assert one.entities_total > 0 and one.events_total >= one.entities_total


def test_a_cell_alone_is_the_same_as_among_others(folded: Folded, cursor: Any, fetch: Fetch) -> None:
    """Alone its entities are sought by what their rows spell out."""
    chosen = random.Random(5).sample(cells(cursor, folded.generation), 40)
    together = explain_all(cursor, chosen, fetch, BRIEFLY)
    assert [explain(cursor, one, fetch, BRIEFLY) for one in chosen] == together


def test_what_a_row_contributes_to_is_spelled_out_in_it(folded: Folded, cursor: Any) -> None:
    for family in FAMILIES.values():
        table = entity_table(family.name)
        cursor.execute(f"select {table.names} from {folded.generation}.{table.name} limit 200")
        for row in cursor.fetchall():
            state = table.decode(row)
            text = " ".join(cell or "" for cell in table.encode(row[0], state))
            named = {part for share in family.contribute(state) for part in share.key if "/" in str(part)}
            assert all(str(part) in text for part in named), row


def test_the_first_cell_of_a_page_names_its_events(folded: Folded, cursor: Any, fetch: Fetch) -> None:
    cursor.execute(
        f"select place, day from {folded.generation}.tally_case_day where handled > 0 "
        "order by contributors desc, 1, 2 limit 1"
    )
    place, day = cursor.fetchone()
    question = cell_question("case_day", {"place": place, "day": str(day)}, "handled")
    found = explain(cursor, question, fetch, Page(1, 2))
    (figure,), (entity,) = found.figures, found.entities
    assert (figure.name, figure.title, figure.value, figure.equal) == ("handled", "办理", figure.recomputed, True)
    assert gives_of(found)[entity.subject]["handled"] == 1
    assert len(entity.events) == 2 < entity.events_total
    assert entity.events[0].type == "case.discovered"
    partition, _, offset = entity.events[0].position.partition(":")
    assert int(partition) == partition_of(entity.subject.encode(), PARTITIONS)
    record = fetch(int(partition), [int(offset)])[int(offset)]
    assert record.key == entity.subject.encode()


def test_a_wrong_cell_is_not_equal(folded: Folded, cursor: Any, fetch: Fetch) -> None:
    (place,) = some(cursor, f"select place from {folded.generation}.tally_grid_load order by 1 limit 1")
    question = cell_question("grid_load", {"place": place})
    assert explain(cursor, question, fetch).equal
    cursor.execute(f"update {folded.generation}.tally_grid_load set open = open + 1 where place = %s", (place,))
    wrong = explain(cursor, question, fetch)
    assert not wrong.equal
    assert [one.name for one in wrong.figures if not one.equal] == ["open"]
    assert wrong.differences[0].startswith("open: ")
    of_another = cell_question("grid_load", {"place": place}, "urgent")
    assert explain(cursor, of_another, fetch).equal, "another measure of the row"


def test_a_row_that_was_made_up_with_its_cell_is_named(folded: Folded, cursor: Any, fetch: Fetch) -> None:
    """The sum of the entities is what the cell says: only the ledger tells."""
    subject, person = "visit/made-up", "person/made-up"
    cursor.execute(
        f"insert into {folded.generation}.entity_visit (subject, person, kind, place, began, ended) "
        "values (%s, %s, 'household', 'place/made-up', '2024-03-05 09:00+8', '2024-03-05 10:00+8')",
        (subject, person),
    )
    cursor.execute(
        f"insert into {folded.generation}.tally_visit_person values (%s, 'household', '2024-03-05', 1, 0, 0, 0, 60, 1)",
        (person,),
    )
    key = {"person": person, "kind": "household", "day": "2024-03-05"}
    found = explain(cursor, cell_question("visit_person", key), fetch)
    assert not found.equal
    assert found.differences[0].startswith(f"{subject}: visits ")
    assert (found.entities[0].gives, found.entities[0].events_total) == ({}, 0)


def test_a_row_that_was_lost_is_missed(folded: Folded, cursor: Any, fetch: Fetch) -> None:
    person, day = "person", "day"
    cursor.execute(f"select person, day from {folded.generation}.tally_worker_day order by 1, 2 limit 1")
    person, day = cursor.fetchone()
    cursor.execute(f"delete from {folded.generation}.entity_case where assignee = %s", (person,))
    found = explain(cursor, cell_question("worker_day", {"person": person, "day": str(day)}), fetch)
    assert (found.equal, found.entities_total) == (False, 0)


def test_a_cell_that_is_not_there_is_nothing_on_both_sides(cursor: Any, fetch: Fetch) -> None:
    found = explain(cursor, cell_question("tally_grid_load", {"place": "place/nowhere"}), fetch)
    assert found.equal
    assert [one.value for one in found.figures] == [0] * 5


def test_another_record_in_the_ledger_is_named_by_its_position(folded: Folded, cursor: Any, fetch: Fetch) -> None:
    (place,) = some(cursor, f"select place from {folded.generation}.tally_grid_load order by 1 limit 1")
    question = cell_question("grid_load", {"place": place})
    first = explain(cursor, question, fetch).entities[0].events[0].position
    partition, _, offset = first.partition(":")
    cursor.execute(
        f"update shanzhi.event_index_{partition} set content = sha256(content) where ledger_offset = %s", (offset,)
    )
    with pytest.raises(LedgerUnsound, match=f" {first} "):
        explain(cursor, question, fetch)


def test_tables_of_other_folds_are_not_explained(cursor: Any, fetch: Fetch) -> None:
    cursor.execute("update shanzhi.generation set fingerprint = 'another'")
    with pytest.raises(StoreUnsound, match="by other folds"):
        explain(cursor, cell_question("grid_load", {"place": "place/1"}), fetch)


@pytest.mark.parametrize(
    "name, key, measure, what",
    [
        ("case_days", {}, None, "case_day"),
        ("case_day", {"place": "place/1"}, None, "place, day"),
        ("case_day", {"place": "place/1", "day": "2024-03-05", "hour": "1"}, None, "place, day"),
        ("case_day", {"place": "place/1", "day": "5 March"}, None, "5 March"),
        ("grid_load", {"place": "place/1"}, "late", "late"),
    ],
)
def test_cells_that_there_can_not_be_are_refused(
    name: str, key: dict[str, str], measure: str | None, what: str
) -> None:
    with pytest.raises(QuestionRefused, match=what):
        cell_question(name, key, measure)


# scores


def test_unit_months_are_what_the_ledger_makes(folded: Folded, cursor: Any, fetch: Fetch) -> None:
    units = some(
        cursor,
        f"select owed ->> 'unit' from {folded.generation}.entity_case, jsonb_array_elements(obligations) owed "
        "group by 1 order by count(*) desc, 1 limit 10",
    )
    for found in explain_all(cursor, [UnitQuestion(unit, MARCH, LATER) for unit in units], fetch, BRIEFLY):
        assert found.equal, found.differences
        assert any(one.denominator for one in found.terms)
        assert found.entities_total > 0
    assert len(units) == 10


def test_scores_of_places_and_people_are_what_the_ledger_makes(folded: Folded, cursor: Any, fetch: Fetch) -> None:
    generation = folded.generation
    (grid,) = some(
        cursor, f"select grid from {generation}.entity_case where grid <> '' group by 1 order by count(*) desc limit 1"
    )
    (rated,) = some(
        cursor, f"select coalesce(grid, place) from {generation}.entity_case where ratings <> '[]' order by 1 limit 1"
    )
    (person,) = some(cursor, f"select person from {generation}.tally_volunteer_person order by acts desc, 1 limit 1")
    questions: list[Question] = [
        GridQuestion(grid, MARCH, LATER), RatesQuestion(rated, MARCH, LATER), PersonQuestion(person, MARCH, LATER),
    ]  # fmt: skip
    for found in explain_all(cursor, questions, fetch, BRIEFLY):
        assert found.equal, found.differences
        assert found.events_total >= found.entities_total > 0


def test_a_score_of_a_wrong_row_is_not_equal(folded: Folded, cursor: Any, fetch: Fetch) -> None:
    """The case says that the unit never reported; the sums of tallies know nothing of that."""
    (unit,) = some(
        cursor,
        f"select owed ->> 'unit' from {folded.generation}.entity_case, jsonb_array_elements(obligations) owed "
        "where owed ->> 'reported_at' <= owed ->> 'report_due' and owed ->> 'began' like '2024-03-0%' "
        "group by 1 order by 1 limit 1",
    )
    cursor.execute(
        f"update {folded.generation}.entity_case "
        "set obligations = replace(obligations::text, 'reported_at', 'x')::jsonb "
        "where obligations @> jsonb_build_array(jsonb_build_object('unit', %s::text))",
        (unit,),
    )
    found = explain(cursor, UnitQuestion(unit, MARCH, LATER), fetch, BRIEFLY)
    assert not found.equal
    assert any(one.startswith('term: 表中 in the tables [{"name":"report","numerator":0') for one in found.differences)


def test_nothing_is_left_in_the_transaction(folded: Folded, cursor: Any, fetch: Fetch) -> None:
    schemas = "select nspname from pg_namespace order by 1"
    before = some(cursor, schemas)
    (unit,) = some(cursor, f"select min(unit) from {folded.generation}.tally_unit_day where day < '2024-04-01'")
    explain(cursor, UnitQuestion(unit, MARCH, LATER), fetch, BRIEFLY)
    assert some(cursor, schemas) == before


def test_nobody_knows_of_it_is_no_explanation(cursor: Any, fetch: Fetch) -> None:
    with pytest.raises(QuestionRefused, match="unit/nobody"):
        explain(cursor, UnitQuestion("unit/nobody", MARCH, LATER), fetch)


# scores worked by hand, of a county with a register


class Logged(County):
    """A county that keeps its records where `fetch` finds them."""

    def __init__(self, database_url: str) -> None:
        super().__init__(database_url)
        self.log: dict[tuple[int, int], RawRecord] = {}

    def given_all(self, events: Iterable[dict[str, Any]], now: datetime = NOW) -> int:
        records: dict[int, list[StoredRecord]] = defaultdict(list)
        for one in stored([check(event, now) for event in events], FixedKeys()):
            partition = partition_of(one.key, PARTITIONS)
            offset = self._next[partition]
            record = StoredRecord(offset, int(now.timestamp() * 1000), one.key, one.value)
            records[partition].append(record)
            self.log[partition, offset] = record
            self._next[partition] += 1
        batches = [Batch(partition, told, told[0].offset) for partition, told in records.items()]
        return sum(self._lane.apply(batch).folded for batch in batches)

    def fetch(self, partition: int, offsets: Collection[int]) -> Mapping[int, RawRecord]:
        return {offset: self.log[partition, offset] for offset in offsets}

    def explained(self, question: Question, change: str = "select 1", page: Page = BRIEF) -> Explanation:
        """Explained in a transaction in which the tables were changed, and that is undone."""
        with self.connection.cursor() as cursor:
            cursor.execute("set transaction isolation level repeatable read")
            cursor.execute(f"set local search_path = {self.generation}; {change}")
            found = explain(cursor, question, self.fetch, page)
            self.connection.rollback()
        assert msgspec.json.decode(msgspec.json.encode(found), type=Explanation) == found
        return found


@pytest.fixture
def county(county_database: str) -> Iterator[Logged]:
    """Town t1 with community c1 (estate e1, grids g1 and g2); unit a with two members; one case with all its steps."""
    county = Logged(county_database)
    for place in (("t1", "town"), ("c1", "community", "t1"), ("e1", "estate", "c1")):
        county.place(*place)
    for grid in ("g1", "g2"):
        county.place(grid, "grid", "e1")
    county.unit("a")
    members(county, "m1", "m2")
    serve(county, "1", "05-19 09:00", "05-19 11:00")
    county.case(
        "1", "05-10 09:00", dispatched("05-10 09:10", "05-10 11:00", "05-20 09:00", grid="place/g1"),
        whistled("05-10 10:00", "a"), reported("05-10 12:00", "a"), handled("05-11 12:00", "unit/a"),
        called_back("05-12 09:00"),
    )  # fmt: skip
    yield county
    county.close()
    forget(county_database)


MAY = parse_period("2024-05")


def test_a_unit_is_opened_to_what_each_case_member_and_service_gives(county: Logged) -> None:
    found = county.explained(UnitQuestion("unit/a", MAY, NOW))
    assert found.equal, found.differences
    terms = {one.name: (one.numerator, one.denominator) for one in found.terms}
    gives = gives_of(found)
    assert terms["report"] == terms["handle"] == terms["satisfaction"] == (1, 1)
    assert {name: gives["case/1"][name] for name in ("report", "handle", "satisfaction")} == dict.fromkeys(
        ("report", "handle", "satisfaction"), "1/1"
    )
    assert gives["person/m1"]["duty_reporting"].endswith("/1"), "a member who is to report"
    assert gives["duty/1"]["duty_service"] == "120/0"
    assert {"place/c1", "place/t1", "unit/a"} <= gives.keys()
    assert [one.rule for one in found.rules] == ["unit_assessment", "credit"]


def test_beyond_the_page_entities_are_counted_and_not_weighed(county: Logged) -> None:
    whole = county.explained(UnitQuestion("unit/a", MAY, NOW))
    page = county.explained(UnitQuestion("unit/a", MAY, NOW), page=Page(entities=3, events=1, weighed=1))
    assert (page.entities_total, page.events_total) == (whole.entities_total, whole.events_total)
    assert [one.subject for one in page.entities] == [one.subject for one in whole.entities[:3]]
    assert [one.gives is None for one in page.entities] == [False, True, True]
    assert max(len(one.events) for one in page.entities) == 1


def test_the_rule_is_the_one_in_force_when_the_period_began(county: Logged) -> None:
    bengbu = preset(UnitAssessment, "bengbu")
    county.given_all([adoption(bengbu, datetime(2024, 4, 1, tzinfo=UTC), "unit/party-committee", NOW)])
    found = county.explained(UnitQuestion("unit/a", MAY, NOW))
    (rule, _) = found.rules
    assert (rule.name, rule.adopted_by, found.equal) == ("bengbu", "unit/party-committee", True)
    assert rule.effective_from == datetime(2024, 4, 1, tzinfo=UTC)
    (told,) = [one for one in found.entities if one.subject == "rule/unit_assessment"]
    assert [event.type for event in told.events] == ["rule.adopted"]
    wrong = county.explained(UnitQuestion("unit/a", MAY, NOW), "delete from entity_rule")
    assert not wrong.equal, "the tables know of no adoption"


def test_rates_are_opened_to_the_calls(county: Logged) -> None:
    for place in ("place/t1", "place/g1"):
        found = county.explained(RatesQuestion(place, MAY, NOW))
        assert found.equal
        assert {one.name: (one.numerator, one.denominator) for one in found.terms} == {
            "response": (1, 1), "resolution": (1, 1), "satisfaction": (1, 1),
        }  # fmt: skip
        assert found.entities[0].subject == "case/1"
        assert gives_of(found)["case/1"]["score"] == 100
    elsewhere = county.explained(RatesQuestion("place/g2", MAY, NOW))
    assert (elsewhere.equal, elsewhere.entities_total) == (True, 1)
    wrong = county.explained(RatesQuestion("place/t1", MAY, NOW), "update entity_case set excluded_at = now()")
    assert any(one.startswith("score: 表中 in the tables None") for one in wrong.differences)


def test_a_grid_is_opened_and_a_wrong_tally_of_it_is_noticed(county: Logged) -> None:
    county.case("2", "05-10 09:00", dispatched("05-10 09:10", "05-10 11:00", "05-20 09:00", grid="place/g1"))
    for place in ("place/g1", "place/c1"):
        found = county.explained(GridQuestion(place, MAY, NOW))
        assert found.equal, found.differences
        gives = gives_of(found)
        assert gives["case/2"]["load"] == 1
        assert gives["case/1"]["operation.satisfaction"] == "1/1"
    change = "update tally_grid_load set open = open + 1, ordinary = 2"
    wrong = county.explained(GridQuestion("place/g1", MAY, NOW), change)
    assert {one.partition(":")[0] for one in wrong.differences} >= {"open", "ordinary", "load"}


def test_a_person_is_opened_to_services(county: Logged) -> None:
    found = county.explained(PersonQuestion("person/m1", MAY, NOW))
    assert found.equal
    figures = {one.name: one.value for one in found.figures}
    assert (figures["credited_minutes"], figures["points"]) == (120, 2)
    gives = gives_of(found)
    assert gives["duty/1"]["points"] == 2


# the command


@pytest.fixture
def at_folded(folded: Folded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", folded.endpoints.database_url)
    monkeypatch.setenv("KAFKA_BOOTSTRAP", folded.endpoints.kafka_bootstrap)


def test_the_command_says_equal_or_leaves_with_9(
    folded: Folded, at_folded: None, capfd: pytest.CaptureFixture[str]
) -> None:
    table = f"{folded.generation}.tally_grid_load"
    with closing(connect(folded.endpoints.database_url, "test of explain")) as connection:
        with connection, connection.cursor() as cursor:
            (place,) = some(cursor, f"select place from {table} order by 1 limit 1")
        command = ["explain", "cell", "grid_load", f"place={place}"]
        assert app.run(command) == 0
        assert "equal: true" in capfd.readouterr().out
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(f"update {table} set open = open + 1 where place = %s", (place,))
            assert app.run([*command, "--json"]) == 9
        finally:
            with connection, connection.cursor() as cursor:
                cursor.execute(f"update {table} set open = open - 1 where place = %s", (place,))
    told = msgspec.json.decode(capfd.readouterr().out)
    assert (told["equal"], told["differences"][0][:5]) == (False, "open:")


def test_a_database_without_tables_is_said_to_be_one(
    folded: Folded, at_folded: None, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", folded.endpoints.database_url.rpartition("/")[0] + "/template1")
    assert app.run(["explain", "unit", "unit/a", "2024-03"]) == StoreUnsound.exit_code
    assert "shanzhi up" in capfd.readouterr().err


def test_the_command_opens_a_unit(
    folded: Folded, at_folded: None, cursor: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    (unit,) = some(cursor, f"select min(unit) from {folded.generation}.tally_unit_day where day < '2024-04-01'")
    assert app.run(["explain", "unit", unit, "2024-03"]) == 0
    told = capfd.readouterr().out
    assert all(word in told for word in (unit, "equal: true", "报到 report", "case.whistled", "规则 · rules"))
    assert app.run(["explain", "unit", unit, "2024-03-05"]) == 3, "units are scored by months"
    assert "whole months" in capfd.readouterr().err
