"""Who may do what in PostgreSQL: one role for each kind of process, and one for auditors; the least that each needs.

The owner of the tables (whoever migrates) grants it all with `install_roles`; only the owner changes tables, makes
generations and functions. What is made later (a generation, an index made anew) is granted where it is made.
Who reads by SQL has a role of its own, `projections.store.read_contract`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from psycopg2.extensions import encrypt_password

from ledger.logins import login_name as role_name
from ledger.topics import PARTITIONS

Generations = Literal["", "select", "select, insert, update, delete"]
_LOCK = 7_283_003  # one who grants at a time: two would change the same rows of the catalogue
_LEDGER = "shanzhi.event_index shanzhi.index_position shanzhi.quarantine"
_STANDING = (
    "public._yoyo_migration shanzhi.installation shanzhi.injected_time shanzhi.current shanzhi.generation "
    "shanzhi.calendar_day shanzhi.rule_version"
)
_PARTIES = "shanzhi.publisher shanzhi.publisher_key"
# Who opens or makes keys holds vault.master_key against a rotation, and PostgreSQL lets only who may insert do that.
_KEYS = "vault.data_key vault.master_key"


@dataclass(frozen=True)
class Role:
    """What it is for, and its tables by privilege; columns in brackets limit an update to these.

    `generations`: what it may do with the tables of every generation. `schemas`: whether it may make schemas of its
    own, which hold what it folds afresh and are gone afterwards.
    """

    title: str
    select: str = ""
    insert: str = ""
    update: Mapping[str, str] = field(default_factory=dict)
    delete: str = ""
    execute: str = ""
    generations: Generations = ""
    schemas: bool = False


ROLES: Mapping[str, Role] = {
    "worker": Role(
        "处理进程：索引只增 · folds the ledger; adds to the index and never changes it",
        select=f"{_STANDING} {_LEDGER} shanzhi.reacted shanzhi.request",
        insert="shanzhi.event_index shanzhi.quarantine shanzhi.request shanzhi.rule_version",
        update={
            "shanzhi.index_position": "next, indexed, repeats, quarantined, gaps, last_hash",
            "shanzhi.reacted": "next",
            "shanzhi.current": "generation, switched_at",
        },
        delete="shanzhi.rule_version",
        generations="select, insert, update, delete",
    ),
    "gateway": Role(
        "网关：查发布方和回执，建密钥，存照片 · asks for publishers and receipts, makes keys, keeps photos",
        select=f"{_STANDING} {_LEDGER} shanzhi.reacted shanzhi.intake_quarantine {_PARTIES} {_KEYS} vault.photo",
        insert=f"{_KEYS} vault.photo",
        generations="select",
    ),
    "intake": Role(
        "接收进程：转发或隔离 · forwards what publishers send, or sets it aside",
        select=f"{_STANDING} {_LEDGER} shanzhi.intake_quarantine {_PARTIES} {_KEYS}",
        insert=f"{_KEYS} shanzhi.intake_quarantine",
        update={"shanzhi.intake_quarantine": "sealed"},
        execute="vault.destroy_originals(text)",
        generations="select",
    ),
    "decider": Role(
        "派单进程 · answers requests by rules",
        select=f"{_STANDING} {_LEDGER} shanzhi.request shanzhi.outbox shanzhi.last_dispatch {_KEYS}",
        insert=f"shanzhi.outbox shanzhi.last_dispatch {_KEYS} shanzhi.access_log",
        update={"shanzhi.request": "decided_at, outcome", "shanzhi.last_dispatch": "time"},
        generations="select",
    ),
    "clock": Role(
        "时钟进程 · tells what ran out",
        select=f"{_STANDING} {_LEDGER} shanzhi.outbox",
        insert="shanzhi.outbox",
        generations="select",
    ),
    "relay": Role(
        "转发进程：只标记已发布 · publishes the outbox, and marks what was published",
        select=f"{_STANDING} shanzhi.outbox",
        update={"shanzhi.outbox": "published_at, partition, ledger_offset"},
    ),
    "notices": Role(
        "通知进程 · hands notices over, and tells what became of them",
        select=f"{_STANDING} shanzhi.request shanzhi.outbox",
        insert="shanzhi.outbox",
        update={"shanzhi.request": "decided_at, outcome"},
        generations="select",
    ),
    "sealer": Role(
        "封印进程 · signs what the ledger holds",
        select=f"{_STANDING} {_LEDGER} shanzhi.seal shanzhi.seal_position shanzhi.seal_tile",
        insert="shanzhi.seal shanzhi.seal_tile",
        update={"shanzhi.seal_position": "next", "shanzhi.seal_tile": "hashes"},
    ),
    "dashboard": Role(
        "页面进程 · pages and read API: opens keys and makes none, writes logins and the audit log",
        select=f"{_STANDING} {_LEDGER} shanzhi.reacted shanzhi.request shanzhi.outbox shanzhi.intake_quarantine "
        f"shanzhi.quarantine_decision shanzhi.closing shanzhi.forgotten shanzhi.seal shanzhi.seal_position "
        f"shanzhi.seal_tile {_PARTIES} shanzhi.account shanzhi.account_grant shanzhi.session shanzhi.access_log "
        f"{_KEYS} vault.photo",
        insert="shanzhi.session shanzhi.access_log vault.master_key",
        update={"shanzhi.account": "password_hash, is_initial, password_at", "shanzhi.session": "seen_at"},
        delete="shanzhi.session",
        generations="select",
        schemas=True,
    ),
    "auditor": Role(
        "审计：只读，不见密钥 · reads what was told, done and sealed; no key, photo or account; adds to the audit log",
        select=f"{_STANDING} {_LEDGER} shanzhi.reacted shanzhi.request shanzhi.outbox shanzhi.intake_quarantine "
        "shanzhi.quarantine_decision shanzhi.closing shanzhi.forgotten shanzhi.seal shanzhi.seal_position "
        "shanzhi.seal_tile shanzhi.publisher shanzhi.publisher_source shanzhi.publisher_revision shanzhi.access_log",
        insert="shanzhi.access_log",
        generations="select",
        schemas=True,
    ),
}


def install_roles(cursor: Any) -> list[str]:
    """Makes the roles that are missing, without a password, and grants every role what stands above and nothing else.

    Gives the roles that exist then: where we may make none, an administrator has to. Call it in a transaction.
    """
    cursor.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
    cursor.execute("select rolcreaterole or rolsuper from pg_roles where rolname = current_user")
    (may_make,) = cursor.fetchone()
    if may_make:
        for process in sorted(ROLES.keys() - set(_present(cursor))):
            cursor.execute(f"create role {role_name(process)} login")
    grant_permanent(cursor)
    cursor.execute("select name from shanzhi.generation where to_regnamespace(name) is not null")
    for (generation,) in cursor.fetchall():
        grant_generation(cursor, generation)
    return [role_name(process) for process in _present(cursor)]


def grant_permanent(cursor: Any) -> None:
    """What the roles may do with the permanent schemas, and no more than that, for those roles that exist."""
    statements = [statement for process in _present(cursor) for statement in _permanent(process)]
    if statements:
        cursor.execute("; ".join(statements))


def grant_generation(cursor: Any, generation: str) -> None:
    """What the roles may do with the tables of one generation."""
    roles = {role_name(process): ROLES[process].generations for process in _present(cursor)}
    schema = f"schema {generation}"
    statements = [
        f"grant usage on {schema} to {role}; grant {privileges} on all tables in {schema} to {role}"
        for role, privileges in roles.items()
        if privileges
    ]
    if statements:
        cursor.execute("; ".join(statements))


def set_password(cursor: Any, process: str, password: str) -> None:
    """The password by which a role logs in from now on; who is logged in stays so. The server is told a hash of it."""
    role = role_name(process)
    hashed = encrypt_password(password, role, cursor.connection, "scram-sha-256")
    cursor.execute(f"alter role {role} password %s", (hashed,))


def _present(cursor: Any) -> list[str]:
    cursor.execute("select rolname from pg_roles where rolname = any(%s)", (list(map(role_name, ROLES)),))
    there = {name for (name,) in cursor.fetchall()}
    return [process for process in ROLES if role_name(process) in there]


def _permanent(process: str) -> Iterator[str]:
    role, granted = role_name(process), ROLES[process]
    named = {"select": granted.select, "insert": granted.insert, "delete": granted.delete}
    for schema in ("shanzhi", "vault"):
        yield f"revoke all on all tables in schema {schema} from {role}; revoke all on schema {schema} from {role}"
        if f"{schema}." in " ".join(named.values()):
            yield f"grant usage on schema {schema} to {role}"
    for privilege, tables in named.items():
        if tables:
            yield f"grant {privilege} on {', '.join(_with_parts(tables))} to {role}"
    for table, columns in granted.update.items():
        yield f"grant update ({columns}) on {table} to {role}"
    if granted.execute:
        yield f"grant execute on function {granted.execute} to {role}"
    if granted.schemas:
        yield f"do $$ begin execute format('grant create on database %I to {role}', current_database()); end $$"


def _with_parts(tables: str) -> list[str]:
    """The parts of the index are written by their own names."""
    named = tables.split()
    parts = [f"shanzhi.event_index_{number}" for number in range(PARTITIONS)] if "shanzhi.event_index" in named else []
    return [*named, *parts]
