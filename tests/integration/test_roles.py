"""What each process may do in PostgreSQL, and above all what it may not: on a real server, logged in as its role."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg2
import pytest
from psycopg2.errors import InsufficientPrivilege

from audit.rebuild.index import make_shadow, put_in_place
from ledger.errors import StoreUnsound
from ledger.logins import PREFIX
from ledger.logins import login_name as role_name
from projections.families import fingerprint
from projections.store.connection import connect
from projections.store.generation import current_generation, ensure_generation
from projections.store.migrate import migrate
from projections.store.read_contract import ROLE as READER
from projections.store.roles import ROLES, install_roles, set_password
from shanzhi.cli.app import run
from shanzhi.least import own_endpoints, url_as
from shanzhi.stack import Endpoints
from tests.door import Door, event_of

PASSWORD = "only-for-this-test"
LEADERS = ("worker", "clock", "decider", "relay", "notices", "sealer")
NAMES = {"shanzhi receipts": "shanzhi_gateway", "shanzhi readers": "shanzhi_dashboard"}
PRIVILEGES = ("select", "insert", "update", "delete", "truncate", "references", "trigger")
_OPENING = "select count(*) from vault.data_key"
_INDEX = "(0, 0, gen_random_uuid(), '\\x00', 'case/1', false)"


class Prepared:
    """A database of its own with roles and a generation; `as_role` logs in."""

    def __init__(self, server: str) -> None:
        self.url = f"{server.rpartition('/')[0]}/roles"
        migrate(self.url)
        with self.cursor() as cursor:
            assert set(install_roles(cursor)) == {role_name(process) for process in ROLES}
            for process in ROLES:
                set_password(cursor, process, PASSWORD)
            cursor.execute(f"alter role {READER} password '{PASSWORD}'")
        with closing(connect(self.url, "test roles")) as connection:
            self.generation = ensure_generation(connection, fingerprint())

    @contextmanager
    def cursor(self, role: str | None = None) -> Iterator[Any]:
        """In a transaction, as the owner or as a role."""
        url = url_as(self.url, role, PASSWORD) if role else self.url
        with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
            yield cursor


@pytest.fixture(scope="module")
def prepared(county_database: str) -> Iterator[Prepared]:
    with closing(psycopg2.connect(county_database)) as connection:
        connection.autocommit = True
        connection.cursor().execute("create database roles")
        yield Prepared(county_database)
        connection.cursor().execute("drop database roles with (force)")
        connection.cursor().execute(f"alter role {READER} password null")  # roles are the server's, not the database's


def test_a_role_has_what_is_declared_and_nothing_else(prepared: Prepared) -> None:
    with prepared.cursor() as cursor:
        for process, role in ROLES.items():
            named = {"select": role.select, "insert": role.insert, "delete": role.delete}
            declared = {(privilege, one) for privilege, tables in named.items() for one in tables.split()}
            assert held(cursor, process, "oid = any(array(select oid from permanent))") == declared
            columns = {(table, name) for table, names in role.update.items() for name in names.split(", ")}
            assert updatable(cursor, process) == columns
            generation = held(cursor, process, f"relnamespace = '{prepared.generation}'::regnamespace")
            assert {privilege for privilege, _ in generation} == set(filter(None, role.generations.split(", ")))


def held(cursor: Any, process: str, which: str) -> set[tuple[str, str]]:
    """Privileges on whole tables; the parts of the index stand for it."""
    cursor.execute(
        "with permanent as (select oid from pg_class where relkind in ('r', 'p') "
        "and (relnamespace in ('shanzhi'::regnamespace, 'vault'::regnamespace) or relname = '_yoyo_migration')) "
        "select privilege, regexp_replace(relnamespace::regnamespace || '.' || relname, '(event_index)_[0-9]+', '\\1') "
        f"from pg_class, unnest(%s) privilege where relkind in ('r', 'p') and {which} "
        "and has_table_privilege(%s, oid, privilege)",
        (list(PRIVILEGES), role_name(process)),
    )
    return set(cursor.fetchall())


def updatable(cursor: Any, process: str) -> set[tuple[str, str]]:
    cursor.execute(
        "select relnamespace::regnamespace || '.' || relname, attname from pg_class "
        "join pg_attribute on attrelid = pg_class.oid and attnum > 0 where relkind in ('r', 'p') "
        "and relnamespace in ('shanzhi'::regnamespace, 'vault'::regnamespace) "
        "and has_column_privilege(%s, pg_class.oid, attnum, 'update')",
        (role_name(process),),
    )
    return set(cursor.fetchall())


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("shanzhi_worker", "update shanzhi.event_index set subject = 'case/2'"),
        ("shanzhi_worker", "delete from shanzhi.event_index"),
        ("shanzhi_worker", "update shanzhi.event_index_0 set ledger_offset = 1"),
        ("shanzhi_worker", "truncate shanzhi.event_index_0"),
        ("shanzhi_worker", "drop table shanzhi.event_index_0"),
        ("shanzhi_worker", "delete from shanzhi.quarantine"),
        ("shanzhi_worker", "create schema of_mine"),
        ("shanzhi_worker", _OPENING),
        ("shanzhi_worker", "select count(*) from shanzhi.account"),
        ("shanzhi_gateway", f"insert into shanzhi.event_index values {_INDEX}"),
        ("shanzhi_gateway", "update vault.data_key set wrapped = null"),
        ("shanzhi_gateway", "insert into shanzhi.publisher_key (sha256, publisher) values (sha256('x'), 'x')"),
        ("shanzhi_intake", "update vault.data_key set wrapped = null"),
        ("shanzhi_intake", "delete from shanzhi.intake_quarantine"),
        ("shanzhi_decider", "update shanzhi.outbox set value = 'x'"),
        ("shanzhi_decider", "delete from shanzhi.access_log"),
        ("shanzhi_relay", "update shanzhi.outbox set value = 'x'"),
        ("shanzhi_relay", _OPENING),
        ("shanzhi_clock", _OPENING),
        ("shanzhi_notices", "update shanzhi.outbox set value = 'x'"),
        ("shanzhi_notices", _OPENING),
        ("shanzhi_sealer", "delete from shanzhi.seal"),
        ("shanzhi_sealer", "update shanzhi.seal set line = 'x'"),
        ("shanzhi_dashboard", "update shanzhi.access_log set what = 'x'"),
        ("shanzhi_dashboard", "delete from shanzhi.access_log"),
        ("shanzhi_dashboard", "insert into shanzhi.account_grant (account, role) values ('a', 'administrator')"),
        ("shanzhi_dashboard", "insert into vault.data_key (owner) values ('x')"),
        ("shanzhi_dashboard", "alter table shanzhi.access_log disable trigger all"),
        ("shanzhi_auditor", _OPENING),
        ("shanzhi_auditor", "select password_hash from shanzhi.account"),
        ("shanzhi_auditor", "select count(*) from shanzhi.session"),
        ("shanzhi_auditor", "select count(*) from shanzhi.publisher_key"),
        ("shanzhi_auditor", f"insert into shanzhi.event_index values {_INDEX}"),
        (READER, _OPENING),
        (READER, "select count(*) from shanzhi.event_index"),
        (READER, "select vault.destroy_originals('9')"),
    ],
)
def test_what_must_be_refused_is_refused(prepared: Prepared, role: str, statement: str) -> None:
    refused = pytest.raises((InsufficientPrivilege, psycopg2.errors.ReadOnlySqlTransaction))
    with prepared.cursor(role) as cursor, refused:
        cursor.execute(statement)


def test_no_role_changes_an_audit_line_or_a_row_of_the_index(prepared: Prepared) -> None:
    with prepared.cursor() as cursor:
        cursor.execute(
            "select rolname, relname from pg_class, pg_roles where starts_with(rolname, %s) and relkind in ('r', 'p') "
            "and relnamespace = 'shanzhi'::regnamespace and relname ~ '^(access_log|event_index)' "
            "and has_table_privilege(rolname, pg_class.oid, 'update, delete, truncate, trigger')",
            (PREFIX,),
        )
        assert cursor.fetchall() == []


def test_who_may_may(prepared: Prepared) -> None:
    with prepared.cursor("shanzhi_worker") as cursor:
        cursor.execute(f"insert into shanzhi.event_index values {_INDEX}")
        cursor.execute(f"select next from {prepared.generation}.position for update")
    with prepared.cursor("shanzhi_gateway") as cursor:
        cursor.execute("lock table vault.master_key in row share mode; select count(*) from vault.data_key")
    with prepared.cursor("shanzhi_intake") as cursor:
        cursor.execute("select vault.destroy_originals('1970-01-01')")
        assert cursor.fetchone() == (0,)
    with prepared.cursor("shanzhi_auditor") as cursor:
        cursor.execute(f"select count(*) from shanzhi.access_log, {prepared.generation}.entity_case")


def test_a_worker_starts_on_what_was_prepared_and_names_the_remedy_where_nothing_was(prepared: Prepared) -> None:
    own = url_as(prepared.url, "shanzhi_worker", PASSWORD)
    assert migrate(own) == 0
    with closing(connect(own, "test roles")) as connection:
        assert ensure_generation(connection, fingerprint()) == prepared.generation == current_generation(connection)
        with pytest.raises(StoreUnsound, match="not prepared") as told:
            ensure_generation(connection, "later folds")
    assert "shanzhi prepare" in told.value.remedy
    with prepared.cursor() as cursor:
        cursor.execute("delete from public._yoyo_migration where migration_id = '0014_roles'")
    with pytest.raises(StoreUnsound, match="not prepared"):
        migrate(own)
    with prepared.cursor() as cursor:
        cursor.execute("drop function vault.destroy_originals")
    assert migrate(prepared.url) == 1
    with prepared.cursor() as cursor:
        install_roles(cursor)


def test_an_index_made_anew_is_granted_as_the_one_before(prepared: Prepared) -> None:
    with closing(connect(prepared.url, "test roles")) as connection:
        make_shadow(connection)
        with connection, connection.cursor() as cursor:
            put_in_place(cursor)
    test_a_role_has_what_is_declared_and_nothing_else(prepared)


def test_every_process_works_under_its_own_role(door: Door) -> None:
    door.post(event_of("case.discovered"), wait="5s")
    door.client.get(f"{door.dashboard}/api/v1/models")
    told = {f"shanzhi {process}": role_name(process) for process in LEADERS} | NAMES
    deadline, seen = time.monotonic() + 20, set[tuple[str, str]]()
    with closing(psycopg2.connect(door.endpoints.database_url)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        while not seen >= set(told.items()) and time.monotonic() < deadline:
            cursor.execute(
                "select application_name, usename::text from pg_stat_activity where application_name = any(%s)",
                (list(told),),
            )
            seen |= set(cursor.fetchall())
            time.sleep(0.1)
    assert seen >= set(told.items())


def test_prepare_may_be_run_while_everything_runs(
    door: Door, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHANZHI_FOLDER", str(door.folder))
    assert run(["prepare", "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert {one["role"] for one in told if one["is_there"]} == {role_name(process) for process in ROLES}


def test_new_passwords_make_addresses_that_log_in(prepared: Prepared) -> None:
    own = own_endpoints(Endpoints("", prepared.url), kafka=False, postgres=True)
    assert own.keys() == ROLES.keys()
    for process, endpoints in own.items():
        with closing(psycopg2.connect(endpoints.database_url)) as connection, connection.cursor() as cursor:
            cursor.execute("select current_user::text, current_database()::text")
            assert cursor.fetchone() == (role_name(process), "roles")
