"""Publishers on a real PostgreSQL and Kafka: whose a key is, the register, its announcements, the tree of places."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg2
import pytest

from ledger.announcement import PublisherRefused
from ledger.describe import sample_event
from ledger.errors import EventRefused, OutcomeUnknown, StoreUnsound
from ledger.event import latest
from ledger.parties import KEYS_REMEMBERED, PAUSE_SECONDS, Parties, Party, secret_of
from ledger.partition import partition_of
from ledger.publishers import Register
from ledger.reader import Reader
from ledger.record import Batch, StoredRecord
from ledger.submission import check, stored
from ledger.topics import LEDGER, PARTITIONS, Topic
from projections.families import fingerprint
from projections.publisher import Publisher as PublisherState
from projections.read.territory import PLACES_REMEMBERED, REMEMBERED_SECONDS, UNKNOWN_SECONDS, PlaceTree
from projections.store.apply import Lane
from projections.store.cache import StateCache
from projections.store.columns import entity_table
from projections.store.connection import connect
from projections.store.generation import bind_topic, ensure_generation
from projections.store.migrate import migrate
from shanzhi.cli import app
from shanzhi.stack import Stack
from tests.fixed_keys import FixedKeys

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)
BY = "person/li-7f3a"
Shanzhi = Callable[..., tuple[int, str, str]]


class Clock:
    """Monotonic seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Database:
    """A database of one module: allowed to go away without its server."""

    def __init__(self, server_url: str, name: str) -> None:
        self.url, self._name = server_url.rpartition("/")[0] + f"/{name}", name
        self._connection = psycopg2.connect(server_url)
        self._connection.autocommit = True
        self._run(f"create database {name}")

    def go_away(self) -> None:
        """Ends every connection and takes no other."""
        self._run(f"alter database {self._name} allow_connections false")
        self._run("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", self._name)

    def come_back(self) -> None:
        self._run(f"alter database {self._name} allow_connections true")

    def run(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with closing(psycopg2.connect(self.url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            return list(cursor.fetchall()) if cursor.description else []

    def close(self) -> None:
        self._connection.close()

    def _run(self, statement: str, *values: Any) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(statement, values or None)


@pytest.fixture(scope="module")
def database(stack: Stack) -> Iterator[Database]:
    made = Database(stack.endpoints.database_url, "parties")
    migrate(made.url)
    yield made
    made.close()


@pytest.fixture
def register(database: Database) -> Iterator[Register]:
    database.run("truncate shanzhi.publisher cascade")
    with closing(Register(database.url)) as register:
        yield register


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def parties(database: Database, clock: Clock) -> Iterator[Parties]:
    with closing(Parties(database.url, clock)) as parties:
        yield parties


def hotline(id_: str = "hotline", **changes: Any) -> Party:
    return Party(**({"id": id_, "name": "12345 热线", "sources": (f"urn:example:{id_}",)} | changes))


# Whose key is it? ---------------------------------------------------------------------------------


def test_a_key_names_its_party_and_the_database_holds_no_key(
    database: Database, register: Register, parties: Parties
) -> None:
    plain = hotline()
    bounded = hotline("desk", types=("case.*",), places=("place/xicheng",), rate_per_second=7, rhythm_minutes=60)
    keys = {party: register.add(party, BY, NOW) for party in (plain, bounded)}
    assert {party: parties.of_key(key) for party, key in keys.items()} == {party: party for party in keys}
    assert parties.of_key(secret_of(bytes(32))) is None

    tables = [row[0] for row in database.run("select tablename from pg_tables where schemaname = 'shanzhi'")]
    everything = "".join(str(database.run(f"select to_jsonb(one)::text from shanzhi.{name} one")) for name in tables)
    assert "12345 热线" in everything
    assert not any(key.removeprefix("shz_") in everything for key in keys.values())


def test_a_revoked_party_is_nobody_within_5_seconds(
    database: Database, register: Register, parties: Parties, clock: Clock
) -> None:
    key = register.add(hotline(), BY, NOW)
    assert parties.of_key(key) == hotline()
    register.revoke("hotline", None, BY, NOW)
    clock.now += 4.9
    assert parties.of_key(key) == hotline()  # remembered
    clock.now += 0.2
    assert parties.of_key(key) is None
    with closing(Parties(database.url)) as another:
        assert another.of_key(key) is None


def test_a_changed_party_is_known_within_5_seconds(register: Register, parties: Parties, clock: Clock) -> None:
    key = register.add(hotline(), BY, NOW)
    assert parties.of_key(key) == hotline()
    register.change("hotline", {"types": ("case.*",), "rate_per_second": 5}, BY, NOW)
    clock.now += 5.1
    assert parties.of_key(key) == hotline(types=("case.*",), rate_per_second=5)


def test_a_rotated_key_stays_valid_for_the_grace(
    database: Database, register: Register, parties: Parties, clock: Clock
) -> None:
    first = register.add(hotline(), BY, NOW)
    second = register.rotate("hotline", timedelta(hours=1))
    assert parties.of_key(first) == parties.of_key(second) == hotline()
    third = register.rotate("hotline", timedelta(hours=24))
    listed = register.listed()[0].keys
    assert listed[2] is None
    assert [round((at - datetime.now(UTC)) / timedelta(hours=1)) for at in listed[:2] if at] == [1, 24]

    database.run("update shanzhi.publisher_key set expires_at = expires_at - interval '2 hours'")
    clock.now += 5.1
    assert parties.of_key(first) is None
    assert parties.of_key(second) == parties.of_key(third) == hotline()


def test_a_rotation_without_grace_ends_the_old_key_at_once(register: Register, parties: Parties) -> None:
    first = register.add(hotline(), BY, NOW)
    second = register.rotate("hotline", timedelta(0))
    assert parties.of_key(first) is None
    assert parties.of_key(second) == hotline()


def test_one_lost_key_ends_by_itself(database: Database, register: Register, parties: Parties) -> None:
    first, second = register.add(hotline(), BY, NOW), register.rotate("hotline")
    database.run("update shanzhi.publisher_key set revoked = true where expires_at is not null")
    assert (parties.of_key(first), parties.of_key(second)) == (None, hotline())


def test_many_keys_at_once_have_the_answers_of_each_alone(register: Register, parties: Parties) -> None:
    keys = {register.add(hotline(id_), BY, NOW): id_ for id_ in ("hotline", "desk", "school")}
    register.revoke("school", None, BY, NOW)
    made_up = [secret_of(number.to_bytes(32, "big")) for number in range(300)]
    for _ in range(2):  # asked, and remembered
        found = parties.of_keys([*made_up, *keys, "nonsense", ""])
        assert {key: party.id for key, party in found.items()} == {
            key: id_ for key, id_ in keys.items() if id_ != "school"
        }
    assert parties.of_keys([]) == {}
    assert len(parties._nobodys) == 1, "made-up keys are not remembered one by one"


def test_without_postgresql_a_key_proven_within_a_minute_passes_and_no_other(
    database: Database, register: Register, parties: Parties, clock: Clock
) -> None:
    key, other = register.add(hotline(), BY, NOW), register.add(hotline("desk"), BY, NOW)
    expiring = register.add(hotline("school"), BY, NOW)
    database.run("update shanzhi.publisher_key set expires_at = clock_timestamp() + interval '30 s' "
                 "where publisher = 'school'")  # fmt: skip
    assert all(map(parties.of_key, (key, expiring)))
    database.go_away()
    try:
        clock.now += 25
        assert all(map(parties.of_key, (key, expiring)))
        for unproven in (other, secret_of(bytes(32))):
            with pytest.raises(OutcomeUnknown, match="PostgreSQL"):
                parties.of_key(unproven)
        clock.now += 30
        assert parties.of_key(key) == hotline()
        with pytest.raises(OutcomeUnknown):
            parties.of_key(expiring)  # expired meanwhile, whatever the database would say
        clock.now += 6
        with pytest.raises(OutcomeUnknown):
            parties.of_key(key)
    finally:
        database.come_back()
    clock.now += PAUSE_SECONDS
    assert parties.of_key(key) == hotline()
    assert parties.of_key(other) == hotline("desk")


def test_an_ended_connection_is_made_anew_without_a_word(
    database: Database, register: Register, parties: Parties
) -> None:
    key, other = register.add(hotline(), BY, NOW), register.add(hotline("desk"), BY, NOW)
    assert parties.of_key(key)
    database.go_away()
    database.come_back()
    assert parties.of_key(other) == hotline("desk")


def test_made_up_keys_fill_no_memory_and_push_out_no_proven_one(
    database: Database, register: Register, parties: Parties, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.parties.KEYS_REMEMBERED", 20)
    key = register.add(hotline(), BY, NOW)
    assert parties.of_key(key)
    for number in range(60):
        assert parties.of_key(secret_of(number.to_bytes(32, "big"))) is None
    assert len(parties._nobodys) == 20
    assert KEYS_REMEMBERED == 10_000
    database.go_away()
    try:
        assert parties.of_key(key) == hotline()  # still remembered: nobody was asked
    finally:
        database.come_back()


def test_many_threads_get_the_same_answers(register: Register, database: Database) -> None:
    keys = {register.add(hotline(f"party-{number}"), BY, NOW): f"party-{number}" for number in range(12)}
    found: list[bool] = []
    with closing(Parties(database.url)) as parties:

        def ask() -> None:
            for _ in range(20):
                found.extend((parties.of_key(key) or hotline()).id == id_ for key, id_ in keys.items())

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
    assert found == [True] * (8 * 20 * 12)


def test_a_database_without_the_register_is_named(stack: Stack) -> None:
    bare = Database(stack.endpoints.database_url, "bare")
    with closing(bare), closing(Parties(bare.url)) as parties, pytest.raises(StoreUnsound, match="shanzhi parties"):
        parties.of_key(secret_of(bytes(32)))


# The register -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "party, says",
    [
        (hotline(sources=("urn:example:other",)), "the id hotline is taken"),
        (hotline("desk", sources=("urn:example:desk", "urn:example:hotline")), "urn:example:hotline is hotline’s"),
    ],
)
def test_an_id_and_a_source_have_one_owner(register: Register, parties: Parties, party: Party, says: str) -> None:
    key = register.add(hotline(), BY, NOW)
    before = register.listed()
    with pytest.raises(PublisherRefused, match=says):
        register.add(party, BY, NOW)
    assert register.listed() == before
    assert parties.of_key(key) == hotline()


def test_a_changed_source_is_free_for_others_and_so_is_a_revoked_ones(register: Register) -> None:
    register.add(hotline(), BY, NOW)
    register.add(hotline("desk"), BY, NOW)
    with pytest.raises(PublisherRefused, match="is desk’s"):
        register.change("hotline", {"sources": ("urn:example:desk",)}, BY, NOW)
    register.change("hotline", {"sources": ("urn:example:new", "urn:example:new")}, BY, NOW)
    register.change("desk", {"sources": ("urn:example:desk", "urn:example:hotline")}, BY, NOW)
    register.revoke("desk", None, BY, NOW)
    register.add(hotline("successor", sources=("urn:example:desk",)), BY, NOW)
    for late in (lambda: register.rotate("desk"), lambda: register.revoke("desk", None, BY, NOW)):
        with pytest.raises(PublisherRefused, match="was revoked"):
            late()
    with pytest.raises(PublisherRefused, match="taken"):
        register.add(hotline("desk", sources=("urn:example:else",)), BY, NOW)


def test_an_unknown_id_is_refused_with_the_nearest(register: Register) -> None:
    register.add(hotline(), BY, NOW)
    with pytest.raises(PublisherRefused, match=r"Did you mean hotline\?"):
        register.rotate("hotlin")


def test_every_revision_waits_as_its_own_event_until_it_is_announced(register: Register) -> None:
    register.add(hotline(rhythm_minutes=60), BY, NOW)
    register.change("hotline", {"rhythm_minutes": 0, "types": ()}, "unit/system", NOW + timedelta(hours=1))
    register.rotate("hotline")  # says nothing
    register.revoke("hotline", "合同到期", BY, NOW + timedelta(hours=2))
    register.add(hotline("desk"), BY, NOW)
    waiting = register.unannounced()
    assert [(one.publisher, one.revision) for one in waiting] == [("desk", 1), *(("hotline", n) for n in (1, 2, 3))]
    events = [json.loads(one.event) for one in waiting[1:]]
    assert [event["type"].partition(".")[2] for event in events] == ["registered", "changed", "revoked"]
    assert [event["data"] for event in events[1:]] == [{"types": [], "rhythm_minutes": 0}, {"reason": "合同到期"}]
    register.announced(waiting[1])
    register.announced(waiting[2])
    register.announced(waiting[1])  # told twice: nothing goes back
    assert [(one.publisher, one.revision) for one in register.unannounced()] == [("desk", 1), ("hotline", 3)]


def test_a_refused_change_leaves_nothing_behind(register: Register) -> None:
    register.add(hotline(), BY, NOW)
    before = register.listed(), register.unannounced()
    with pytest.raises(EventRefused):
        register.change("hotline", {"rate_per_second": 0}, BY, NOW)
    with pytest.raises(EventRefused):
        register.revoke("hotline", "", "person/13812345678", NOW)
    assert (register.listed(), register.unannounced()) == before


# The command --------------------------------------------------------------------------------------


@pytest.fixture
def shanzhi(
    stack: Stack, register: Register, database: Database, monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Shanzhi:  # fmt: skip
    """`shanzhi("publisher", "list")` in this process; no master key is given, and none is needed."""
    monkeypatch.setenv("DATABASE_URL", database.url)
    monkeypatch.setenv("KAFKA_BOOTSTRAP", stack.endpoints.kafka_bootstrap)
    monkeypatch.delenv("SHANZHI_MASTER_KEY", raising=False)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = app.run(list(arguments))
        return code, *capfd.readouterr()

    return run


def folded(stack: Stack, database: Database, subject: str) -> PublisherState:
    """What a worker's store makes of the subject's partition of the real ledger."""
    partition = partition_of(subject.encode(), PARTITIONS)
    with closing(connect(database.url, "test of publishers")) as connection:
        generation = ensure_generation(connection, fingerprint())
        lane = Lane(database.url, fingerprint(), PARTITIONS, StateCache(), threading.Event())
        with closing(lane), Reader(stack.endpoints.kafka_bootstrap) as reader:
            for batch in reader.batches({partition: 0}, {partition: reader.ends[partition]}):
                lane.apply(batch)
        table = entity_table("publisher")
        with connection, connection.cursor() as cursor:
            cursor.execute(f"select {table.names} from {generation}.{table.name} where subject = %s", (subject,))
            state = table.decode(cursor.fetchone())
    assert isinstance(state, PublisherState)
    return state


def test_from_the_command_to_the_fold(
    stack: Stack, database: Database, shanzhi: Shanzhi, parties: Parties, clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    id_ = f"cli-{time.time_ns()}"  # the ledger is shared, and keeps what it was told
    subject, source = f"publisher/{id_}", f"urn:example:{id_}"
    began = datetime.now(UTC)
    words = ("--name", "热线", "--type", "case.*", "--place", "place/xicheng", "--rate", "50", "--rhythm", "2h")
    code, key, said = shanzhi("publisher", "add", id_, "--source", source, *words, "--key-only", "--by", BY)
    assert (code, said) == (0, "")
    party = Party(id_, "热线", (source,), ("case.*",), ("place/xicheng",), 50, 120)
    assert parties.of_key(key.rstrip("\n")) == party
    state = folded(stack, database, subject)
    assert (state.name, state.sources) == (party.name, party.sources)
    assert (state.types, state.places) == (party.types, party.places)
    assert (state.rate_per_second, state.rhythm_minutes, state.revoked_at) == (50, 120, None)
    assert state.registered_at is not None
    assert began <= state.registered_at <= datetime.now(UTC)

    monkeypatch.setenv("KAFKA_BOOTSTRAP", "127.0.0.1:1")
    code, out, said = shanzhi("publisher", "change", id_, "--every-type", "--json")
    assert (code, json.loads(out)["types"]) == (0, [])
    assert "not announced" in said
    code, out, said = shanzhi("publisher", "revoke", id_, "--reason", "合同到期")
    assert (code, out) == (0, "")
    clock.now += 5.1
    assert parties.of_key(key.rstrip("\n")) is None, "in force, though nobody was told yet"
    assert folded(stack, database, subject) == state

    monkeypatch.setenv("KAFKA_BOOTSTRAP", stack.endpoints.kafka_bootstrap)
    code, out, said = shanzhi("publisher", "list", "--json")
    assert (code, said) == (0, "")
    (row,) = json.loads(out)
    assert (row["id"], row["revision"], row["announced"], row["keys"]) == (id_, 3, True, [])
    assert key.strip() not in out
    state = folded(stack, database, subject)
    assert (state.types, state.revoked_at is not None) == ((), True)
    assert shanzhi("publisher", "list")[0] == 0
    assert register_is_quiet(database)


def register_is_quiet(database: Database) -> bool:
    with closing(Register(database.url)) as register:
        return register.unannounced() == []


def test_keys_are_shown_once_and_in_the_form_that_was_asked_for(shanzhi: Shanzhi, parties: Parties) -> None:
    id_ = f"keys-{time.time_ns()}"
    code, out, said = shanzhi("publisher", "add", id_, "--source", f"urn:example:{id_}")
    assert (code, out.count("\n")) == (0, 1)
    assert "shown this once" in said
    _, rotated, _ = shanzhi("publisher", "rotate", id_, "--grace", "0", "--json")
    shown = json.loads(rotated)
    assert shown["id"] == id_
    assert parties.of_key(out.strip()) is None
    assert (parties.of_key(shown["key"]) or hotline()).id == id_
    listed = "".join(shanzhi("publisher", "list")[1:]) + "".join(shanzhi("publisher", "list", "--json")[1:])
    assert id_ in listed
    assert "shz_" not in listed


@pytest.mark.parametrize(
    "arguments, code, says",
    [
        (("add", "desk"), 2, "needs a source"),
        (("add", "desk", "--source", "urn:d", "--type", "case.ratd"), 2, "Did you mean case.rated?"),
        (("add", "desk", "--source", "urn:d", "--rhythm", "often"), 2, "30m"),
        (("add", "desk", "--source", "urn:d", "--place", "xicheng"), 3, "/data/places/0"),
        (("add", "desk", "--source", "urn:d", "--rate", "0"), 3, "/data/rate_per_second"),
        (("add", "desk", "--source", "urn:d", "--by", "person/13812345678"), 3, "/authid"),
        (("change", "desk"), 2, "nothing to change"),
        (("rotate", "nobody"), 2, "there is no publisher nobody"),
        (("rotate", "nobody", "--grace", "999d"), 2, "Give 0 to 366 days"),
        (("revoke", "nobody"), 2, "there is no publisher nobody"),
    ],
)
def test_what_is_refused_names_the_next_step_and_prints_no_key(
    shanzhi: Shanzhi, register: Register, arguments: tuple[str, ...], code: int, says: str
) -> None:
    ended, out, said = shanzhi("publisher", *arguments)
    assert (ended, out) == (code, "")
    assert says in said
    assert "138" not in said
    assert register.listed() == []


# The tree of places -------------------------------------------------------------------------------


class Places:
    """A tree told event by event to a worker's store."""

    def __init__(self, url: str) -> None:
        with closing(connect(url, "test of places")) as connection:
            bind_topic(connection, Topic(LEDGER, "a topic of tests", PARTITIONS))
            ensure_generation(connection, fingerprint())
        self._lane = Lane(url, fingerprint(), PARTITIONS, StateCache(), threading.Event())
        self._next = dict.fromkeys(range(PARTITIONS), 0)

    def tell(self, subject: str, type_: str, **data: Any) -> None:
        """One event, applied."""
        partition = partition_of(subject.encode(), PARTITIONS)
        offset = self._next[partition]
        self._next[partition] += 1
        event = sample_event(latest[type_]) | {"subject": subject, "id": f"{partition}-{offset}", "data": data}
        (one,) = stored([check(event, NOW)], FixedKeys())
        record = StoredRecord(offset, int(NOW.timestamp() * 1000), one.key, one.value)
        assert self._lane.apply(Batch(partition, [record], offset)).folded == 1

    def register(self, name: str, parent: str | None = None) -> None:
        above = {"parent": f"place/{parent}"} if parent else {}
        self.tell(f"place/{name}", "place.registered", name=name, level="grid", **above)

    def close(self) -> None:
        self._lane.close()


@pytest.fixture(scope="module")
def land(stack: Stack) -> Iterator[Database]:
    made = Database(stack.endpoints.database_url, "land")
    migrate(made.url)
    yield made
    made.close()


@pytest.fixture(scope="module")
def places(land: Database) -> Iterator[Places]:
    with closing(PlaceTree(land.url)) as tree:  # no worker ever ran here
        assert tree.outside(["place/a", "place/b"], ["place/a"]) == {"place/b"}
    with closing(Places(land.url)) as told:
        for name, parent in (
            ("grid", "yunxing"), ("yunxing", "xicheng"), ("xicheng", "county"), ("county", None),
            ("dongcheng", "county"), ("ring-a", "ring-b"), ("ring-b", "ring-a"), ("orphan", "gone"),
        ):  # fmt: skip
            told.register(name, parent)
        yield told


@pytest.fixture
def tree(land: Database, places: Places, clock: Clock) -> Iterator[PlaceTree]:
    with closing(PlaceTree(land.url, clock)) as tree:
        yield tree


@pytest.mark.parametrize(
    "grounds, inside",
    [
        ({"county"}, {"county", "xicheng", "dongcheng", "yunxing", "grid"}),
        ({"xicheng"}, {"xicheng", "yunxing", "grid"}),
        ({"grid", "dongcheng"}, {"grid", "dongcheng"}),
        ({"ring-a"}, {"ring-a", "ring-b"}),
        ({"gone"}, {"gone", "orphan"}),
        ({"never-heard-of"}, {"never-heard-of"}),
        (set(), set()),
    ],
)
def test_a_place_lies_within_its_own_ground_and_all_above(
    tree: PlaceTree, grounds: set[str], inside: set[str]
) -> None:
    names = "county xicheng dongcheng yunxing grid ring-a ring-b orphan gone never-heard-of"
    everything = {f"place/{name}" for name in names.split()}
    for _ in range(2):  # asked, and remembered
        outside = tree.outside(everything, [f"place/{name}" for name in grounds])
        assert everything - set(outside) == {f"place/{name}" for name in inside}


def test_a_new_place_is_known_soon_and_a_moved_one_within_half_a_minute(
    tree: PlaceTree, places: Places, clock: Clock
) -> None:
    assert tree.outside(["place/new"], ["place/xicheng"]) == {"place/new"}
    places.register("new", "xicheng")
    clock.now += UNKNOWN_SECONDS
    assert tree.outside(["place/new"], ["place/xicheng"]) == set()

    places.tell("place/new", "place.changed", parent="place/dongcheng")
    clock.now += REMEMBERED_SECONDS - 0.1
    assert tree.outside(["place/new"], ["place/xicheng"]) == set()
    clock.now += 0.1
    assert tree.outside(["place/new"], ["place/xicheng"]) == {"place/new"}


def test_no_more_places_are_remembered_than_a_bound(
    tree: PlaceTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert PLACES_REMEMBERED == 50_000
    monkeypatch.setattr("projections.read.territory.PLACES_REMEMBERED", 5)
    many = [f"place/made-up-{number}" for number in range(40)]
    assert tree.outside([*many, "place/grid"], ["place/county"]) == set(many)
    assert len(tree._known) == 5


def test_without_postgresql_what_is_remembered_still_counts(
    land: Database, tree: PlaceTree, clock: Clock
) -> None:
    assert tree.outside(["place/grid"], ["place/county"]) == set()
    land.go_away()
    try:
        assert tree.outside(["place/grid"], ["place/xicheng"]) == set()
        with pytest.raises(OutcomeUnknown, match="PostgreSQL"):
            tree.outside(["place/yunxing"], ["place/xicheng"])
    finally:
        land.come_back()
    assert tree.outside(["place/yunxing"], ["place/xicheng"]) == set()
