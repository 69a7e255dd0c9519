"""Forgetting on a real PostgreSQL: each step may be cut off, and is done again by the next one."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import count
from typing import IO, Any

import orjson
import psycopg2
import pytest

from audit.erasing import Remains, remains, rewrite
from audit.forgetting import destroy, forget_again, nothing_sealed, one_person, tell
from ledger.errors import EventRefused, OutcomeUnknown, PersonForgotten
from ledger.injected_time import TimeSource
from ledger.photos import PhotoStore
from ledger.submission import check
from ledger.vault import Vault
from ledger.writer import Receipt
from projections.families import fingerprint
from projections.read import QuestionRefused
from projections.store.generation import ensure_generation
from projections.store.migrate import migrate
from shanzhi.stack import Stack

OLD, NEW = bytes(range(64)), bytes(64)
NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
TIMES = TimeSource(lambda: NOW, None)
ZHAO, LI, CASE = "person/zhao-9b1e", "person/li-7f3a", "case/20240511-0007"
PICTURE = b"\xff\xd8 a picture \xff\xd9" * 20
_numbers = count()
FORGETTING = """
import signal, sys
from datetime import UTC, datetime
from audit.forgetting import destroy, tell
from ledger.injected_time import TimeSource

def publish(event):
    print(event.decode(), flush=True)
    signal.pause()

url, owner = sys.argv[1:]
destroy(url, [owner], "本人申请", "person/wang-55aa", TimeSource(lambda: datetime(2026, 6, 1, 8, tzinfo=UTC), None))
tell(url, publish)
"""


@pytest.fixture(scope="module")
def template(stack: Stack) -> str:
    run(stack.endpoints.database_url, "create database forgetting_template")
    url = at(stack, "forgetting_template")
    migrate(url)
    return url


@pytest.fixture
def database(stack: Stack, template: str) -> Iterator[str]:
    """With keys of three owners and a photo of one."""
    name = f"forgetting_{next(_numbers)}"
    run(stack.endpoints.database_url, f"create database {name} template forgetting_template")
    url = at(stack, name)
    vault = Vault(url, OLD)
    vault.for_owners([ZHAO, LI, CASE])
    PhotoStore(url, vault).keep(ZHAO, PICTURE, "image/jpeg")
    yield url
    run(stack.endpoints.database_url, f"drop database {name} with (force)")


class Ledger:
    """What was told, by place; `is_away` fails after having written, as a broken connection does."""

    def __init__(self) -> None:
        self.told: list[bytes] = []
        self.is_away = False

    def publish(self, event: bytes) -> Receipt:
        self.told.append(event)
        if self.is_away:
            raise OutcomeUnknown("Kafka does not answer", "Send it again.")
        return Receipt("", "", 3, self.told.index(event))


def at(stack: Stack, name: str) -> str:
    return f"{stack.endpoints.database_url.rpartition('/')[0]}/{name}"


def run(url: str, sql: str, *values: object) -> list[tuple[Any, ...]]:
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchall() if cursor.description else []


def forget(url: str, *owners: str, basis: str = "本人申请") -> None:
    destroy(url, owners, basis, "person/wang-55aa", TIMES)


def left(url: str, owner: str = ZHAO) -> Remains:
    (one,) = remains(url, [owner])
    return one


def test_keys_and_photos_are_destroyed_with_the_record_of_it_and_of_nobody_else(database: str) -> None:
    kept = Vault(database, OLD).existing([LI])
    forget(database, ZHAO, CASE)
    vault = Vault(database, OLD)
    assert vault.existing([ZHAO, LI, CASE]) == kept
    assert run(database, "select count(*) from vault.photo") == [(0,)]
    with pytest.raises(PersonForgotten):
        vault.for_owners([ZHAO])
    told = run(database, "select owner, forgotten_at, basis, decided_by from shanzhi.forgotten order by 1")
    assert told == [(owner, NOW, "本人申请", "person/wang-55aa") for owner in (CASE, ZHAO)]


def test_who_had_no_key_yet_gets_a_tombstone_also_in_an_empty_vault(database: str) -> None:
    assert nothing_sealed(database, [ZHAO, "person/unknown"]) == ["person/unknown"]
    forget(database, "person/unknown")
    with pytest.raises(PersonForgotten):
        Vault(database, OLD).for_owners(["person/unknown"])
    run(database, "delete from vault.data_key; delete from vault.master_key")
    forget(database, "person/nobody")
    with pytest.raises(PersonForgotten):
        Vault(database, OLD).for_owners(["person/nobody"])
    assert Vault(database, OLD).rotate(NEW) == 0


def test_an_event_that_could_not_be_told_destroys_nothing(database: str) -> None:
    with pytest.raises(EventRefused):
        forget(database, ZHAO, "person/13800005678")
    assert set(Vault(database, OLD).existing([ZHAO])) == {ZHAO}
    assert remains(database, [ZHAO]) == []


def test_what_was_cut_off_before_the_event_is_told_later_in_the_same_bytes(database: str) -> None:
    ledger = Ledger()
    forget(database, ZHAO)
    ledger.is_away = True
    with pytest.raises(OutcomeUnknown):
        tell(database, ledger.publish)
    assert not left(database).told
    ledger.is_away = False
    forget(database, ZHAO, basis="another basis, too late")
    assert tell(database, ledger.publish) == 1
    assert tell(database, ledger.publish) == 0
    assert ledger.told[0] == ledger.told[1]
    assert (left(database).told, left(database).basis) == (True, "本人申请")


def test_a_kill_in_the_midst_of_destroying_destroys_nothing(database: str) -> None:
    waits = "select count(*) from pg_locks where not granted and relation = 'vault.photo'::regclass"
    with closing(psycopg2.connect(database)) as holder, holder.cursor() as cursor:
        cursor.execute("lock table vault.photo")
        with forgetting(database):
            until(lambda: run(database, waits) == [(1,)])
    assert remains(database, [ZHAO]) == []
    assert set(Vault(database, OLD).existing([ZHAO])) == {ZHAO}
    assert_forgotten_by_a_second_run(database, Ledger())


def test_a_kill_between_destroying_and_telling_or_noting_is_made_up_for(database: str) -> None:
    """Killed once the event's bytes are out: told or not, the next run tells the same ones."""
    with forgetting(database) as told:
        event = told.readline().strip()
    assert Vault(database, OLD).existing([ZHAO]) == {}
    assert (left(database).told, left(database).done) == (False, False)
    ledger = Ledger()
    assert_forgotten_by_a_second_run(database, ledger)
    assert ledger.told == [event]


def test_two_who_forget_the_same_people_at_once_both_succeed(database: str) -> None:
    ledger = Ledger()

    def whole(*owners: str) -> bool:
        forget(database, *owners)
        tell(database, ledger.publish)
        return rewrite(database)

    with ThreadPoolExecutor(2) as both:
        runs = [both.submit(whole, *owners) for owners in ((ZHAO, CASE), (CASE, LI, ZHAO))]
        assert [one.result() for one in runs] == [True, True]
    assert len(set(ledger.told)) == 3
    for one in remains(database, [ZHAO, LI, CASE]):
        assert (one.told, one.destroyed, one.photos, one.rewritten_at is not None) == (True, True, 0, True)


def assert_forgotten_by_a_second_run(database: str, ledger: Ledger) -> None:
    forget(database, ZHAO)
    tell(database, ledger.publish)
    assert rewrite(database)
    one = left(database)
    assert (one.told, one.destroyed, one.photos, one.rewritten_at is not None) == (True, True, 0, True)
    assert len(ledger.told) == 1


@contextmanager
def forgetting(database: str) -> Iterator[IO[bytes]]:
    """What a process says that forgets somebody; at the end it is killed. It writes out the event, and hangs."""
    command = [sys.executable, "-c", FORGETTING, database, ZHAO]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield process.stdout
        process.kill()


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_event_names_a_person_and_for_a_case_nobody(database: str) -> None:
    ledger = Ledger()
    forget(database, ZHAO, CASE)
    tell(database, ledger.publish)
    case, person = (orjson.loads(event) for event in ledger.told)
    assert (person["subject"], person["data"]) == (ZHAO, {"basis": "本人申请"})
    assert case["data"] == {"basis": "本人申请", "owner": CASE}
    assert case["subject"].startswith("person/anonymous-")
    for event in (case, person):
        assert check(event, NOW).kind.type == "person.forgotten"
        assert event["authid"] == "person/wang-55aa"


def test_the_rewriting_waits_for_who_still_reads_the_rows_of_before(database: str) -> None:
    with closing(psycopg2.connect(database)) as reader, reader.cursor() as cursor:
        cursor.execute("set transaction isolation level repeatable read; select 1")
        forget(database, ZHAO)
        assert not rewrite(database, wait_seconds=0.1)
        assert left(database).rewritten_at is None
    assert rewrite(database)
    assert left(database).rewritten_at is not None
    assert left(database).wal_bytes_left is not None
    first = left(database)
    assert rewrite(database), "and nothing is done twice"
    assert left(database).rewritten_at == first.rewritten_at


def test_a_new_master_key_is_told_from_the_one_of_before(database: str) -> None:
    forget(database, ZHAO)
    assert not left(database).master_key_is_newer
    Vault(database, OLD).rotate(NEW)
    assert left(database).master_key_is_newer
    assert Vault(database, NEW).existing([ZHAO]) == {}


def test_a_restored_key_is_destroyed_again_and_nothing_is_told_again(database: str) -> None:
    row = "select owner, wrapped, master_key_id from vault.data_key where owner = %s"
    ((_, wrapped, number),) = run(database, row, ZHAO)
    ledger = Ledger()
    forget(database, ZHAO)
    tell(database, ledger.publish)
    rewrite(database)
    back = "update vault.data_key set wrapped = %s, destroyed_at = null, master_key_id = %s where owner = %s"
    run(database, back, wrapped, number, ZHAO)
    run(database, "delete from shanzhi.forgotten where owner = %s", ZHAO)
    assert set(Vault(database, OLD).existing([ZHAO])) == {ZHAO}

    for _ in range(2):
        with closing(psycopg2.connect(database)) as connection, connection, connection.cursor() as cursor:
            forget_again(cursor, [ZHAO, CASE])

    assert Vault(database, OLD).existing([ZHAO, CASE]) == {}
    assert tell(database, ledger.publish) == 0
    assert left(database).told
    assert left(database).rewritten_at is None
    assert left(database, CASE).destroyed


def test_ids_that_were_merged_are_one_person(database: str) -> None:
    assert one_person(database, [ZHAO]) == [ZHAO]
    with closing(psycopg2.connect(database)) as connection:
        generation = ensure_generation(connection, fingerprint())
    merged = [("person/b", ZHAO), (ZHAO, "person/c"), ("person/x", "person/y")]
    for subject, into in merged:
        run(database, f"insert into {generation}.entity_person (subject, merged_into) values (%s, %s)", subject, into)
    assert one_person(database, ["person/b"]) == ["person/b", "person/c", ZHAO]
    assert one_person(database, [CASE]) == [CASE]
    assert one_person(database, many := [f"person/a{number}" for number in range(100, 200)] + [ZHAO]) == sorted(
        [*many, "person/b", "person/c"]
    ), "who was asked for is never left out"
    merged_all = "insert into {}.entity_person (subject, merged_into) select 'person/m' || one, %s from {}"
    run(database, merged_all.format(generation, "generate_series(1, 1000) one"), ZHAO)
    with pytest.raises(QuestionRefused, match="more ids"):
        one_person(database, [ZHAO])
