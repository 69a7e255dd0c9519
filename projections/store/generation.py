"""Generations: tables of one set of folds in a schema of their own, so that two versions never mix rows.

A worker folds the newest generation of its own fingerprint; readers see `shanzhi.current`, which moves once,
when the new generation has read as far as the old one.
"""

from __future__ import annotations

import time
from importlib.resources import files
from typing import Any

from ledger.errors import LedgerUnsound, StoreUnsound
from ledger.topics import PARTITIONS, Topic
from projections.rules.install import install_functions
from projections.rules.kept import keep_versions
from projections.store.connection import as_owner
from projections.store.read_contract import install_contract
from projections.store.roles import grant_generation

NEAR_RECORDS = 10_000  # what a worker folds within a second
HELD_SECONDS = 3.0  # less than the lock_timeout of those who wait
UNDER_CONSTRUCTION = "building "
_LOCK = 7_283_001  # one maker or switcher of generations at a time


def ensure_generation(connection: Any, fingerprint: str) -> str:
    """The schema of the fingerprint's newest generation, made (empty, to be folded from offset 0) if missing.

    Its functions are brought up to date, and the views that ask them. Raises `StoreUnsound` where something of that is
    missing, and the role may only write rows.
    """
    with as_owner(), connection, connection.cursor() as cursor:
        hold_generations(cursor)
        name = newest(cursor, fingerprint) or make_generation(cursor, fingerprint)
        cursor.execute(f"set local search_path = {name}")
        install_functions(cursor)
        install_contract(cursor, name)
        return name


def hold_generations(cursor: Any) -> None:
    """Until the transaction ends nobody else makes, switches or drops a generation."""
    cursor.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))


def newest(cursor: Any, fingerprint: str) -> str | None:
    """The newest generation of a fingerprint, None where there is none."""
    cursor.execute(
        "select name from shanzhi.generation where fingerprint = %s order by length(name) desc, name desc limit 1",
        (fingerprint,),
    )
    row = cursor.fetchone()
    return row[0] if row else None


def existing(cursor: Any, fingerprint: str) -> str:
    """As `newest`; raises `StoreUnsound` where there is none any more."""
    generation = newest(cursor, fingerprint)
    if generation is None:
        raise StoreUnsound("The generation of these folds is gone", "Restart the worker to make it.")
    return generation


def make_generation(cursor: Any, fingerprint: str) -> str:
    """Makes a generation's schema with positions at 0; the first one of all is current at once."""
    name = _make(cursor, fingerprint)
    cursor.execute("insert into shanzhi.current (generation) values (%s) on conflict (only_row) do nothing", (name,))
    return name


def begin_generation(connection: Any, fingerprint: str) -> str:
    """Makes a generation to be filled in bulk. Until `hand_over` no worker, of whichever version, takes it for its own,
    since it is under a fingerprint that nobody has."""
    with connection, connection.cursor() as cursor:
        hold_generations(cursor)
        name = _make(cursor, f"{UNDER_CONSTRUCTION}{fingerprint}")
        cursor.execute(f"set local search_path = {name}")
        install_functions(cursor)
        install_contract(cursor, name)
        return name


def hand_over(cursor: Any, generation: str) -> None:
    """Gives a generation that was filled to the workers of its folds, and to readers. What it replaces has to stand
    still: its positions are locked, and nowhere ahead."""
    cursor.execute(
        "update shanzhi.generation set fingerprint = replace(fingerprint, %s, '') where name = %s",
        (UNDER_CONSTRUCTION, generation),
    )
    keep_versions(cursor, generation)
    cursor.execute(
        "insert into shanzhi.current (generation) values (%s) on conflict (only_row) "
        "do update set generation = excluded.generation, switched_at = clock_timestamp()",
        (generation,),
    )


def drop_generation(cursor: Any, name: str) -> None:
    """Drops the tables of a generation that is not the readers'."""
    cursor.execute("delete from shanzhi.generation where name = %s", (name,))
    cursor.execute(f"drop schema if exists {name} cascade")


def _make(cursor: Any, fingerprint: str) -> str:
    cursor.execute("select coalesce(max(substring(name from '[0-9]+$')::int), 0) + 1 from shanzhi.generation")
    name = f"generation_{cursor.fetchone()[0]}"
    create_tables(cursor, name)
    grant_generation(cursor, name)
    cursor.execute("insert into shanzhi.generation (name, fingerprint) values (%s, %s)", (name, fingerprint))
    return name


def create_tables(cursor: Any, schema: str, *, is_scratch: bool = False) -> None:
    """The tables of `sql/schema.sql` in a new schema, with all positions at 0. Scratch need not survive a crash."""
    sql = (files("projections.sql") / "schema.sql").read_text(encoding="utf-8")
    cursor.execute(f"create schema {schema}")
    cursor.execute(f"set local search_path = {schema}")
    cursor.execute(sql.replace("create table", "create unlogged table") if is_scratch else sql)
    cursor.execute(
        "insert into position (partition, next) select number, 0 from generate_series(0, %s) number",
        (PARTITIONS - 1,),
    )


def installation_id(connection: Any) -> str:
    """Which database this is."""
    with connection, connection.cursor() as cursor:
        cursor.execute("select id::text from shanzhi.installation")
        return str(cursor.fetchone()[0])


def current_generation(connection: Any) -> str:
    """The generation that readers see. Raises `StoreUnsound` where no worker has ever run."""
    with connection, connection.cursor() as cursor:
        return read_current(cursor)[0]


def current_of(cursor: Any, fingerprint: str) -> str:
    """The generation that readers see, for those who decode states. Raises `StoreUnsound` where other folds made it."""
    generation, folded_by = read_current(cursor)
    if folded_by != fingerprint:
        raise StoreUnsound(
            f"现有数据由另一版本折叠 · the tables were folded by other folds ({folded_by}, these are {fingerprint})",
            "先启动本版本的处理进程 · Let a worker of this version fold them first: shanzhi up",
        )
    return generation


def read_current(cursor: Any) -> tuple[str, str]:
    """The generation that readers see and the fingerprint of its folds. Raises as `current_generation`."""
    cursor.execute("select generation, fingerprint from shanzhi.current join shanzhi.generation on name = generation")
    row = cursor.fetchone()
    if row is None:
        raise StoreUnsound("There are no tables yet", "Start a worker first: shanzhi up")
    generation, fingerprint = row
    return str(generation), str(fingerprint)


def number_of(generation: str) -> int:
    """`generation_12` -> 12."""
    return int(generation.rpartition("_")[2])


def is_newer(generation: str, than: str) -> bool:
    """Whether a generation was made after another one; generations are numbered."""
    return number_of(generation) > number_of(than)


def switch_when_caught_up(connection: Any, generation: str) -> bool:
    """Makes the generation current once it has read at least as far as the current one in every partition.

    Near the end the current one is held still until ours has come up, since two that both follow a busy ledger are
    hardly ever level. Readers never go back to an older generation: workers of the version before may start again
    during an upgrade.
    """
    with connection, connection.cursor() as cursor:
        hold_generations(cursor)
        cursor.execute("select generation from shanzhi.current")
        (current,) = cursor.fetchone()
        if not is_newer(generation, current) or _behind(cursor, generation, current) > NEAR_RECORDS:
            return False
        cursor.execute(f"select partition from {current}.position order by partition for update")
        deadline = time.monotonic() + HELD_SECONDS
        while _behind(cursor, generation, current):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        cursor.execute("update shanzhi.current set generation = %s, switched_at = clock_timestamp()", (generation,))
        return True


def _behind(cursor: Any, generation: str, current: str) -> int:
    """Records by which a generation is behind another one, over all partitions."""
    cursor.execute(
        f"select sum(greatest(0, old.next - new.next)) from {generation}.position new "
        f"join {current}.position old using (partition)"
    )
    (records,) = cursor.fetchone()
    return int(records)


def bound_topic(connection: Any) -> str | None:
    """The id of the topic that the index is of, None as long as it is of none."""
    with connection, connection.cursor() as cursor:
        cursor.execute("select max(topic_id) from shanzhi.index_position where next > 0")
        (topic_id,) = cursor.fetchone()
    return str(topic_id) if topic_id else None


def bind_topic(connection: Any, topic: Topic) -> None:
    """Remembers which topic the index is of, or refuses another one: offsets mean nothing across topics."""
    with connection, connection.cursor() as cursor:
        if _is_bound(cursor, topic):  # asked first: most of those who come here may not write
            return
        cursor.execute(
            "insert into shanzhi.index_position (partition, topic_id, next) "
            "select number, %s, 0 from generate_series(0, %s) number on conflict (partition) do nothing",
            (topic.id, topic.partitions - 1),
        )
        cursor.execute(
            "update shanzhi.index_position set topic_id = %s where topic_id <> %s and next = 0",
            (topic.id, topic.id),
        )
        cursor.execute(
            "insert into shanzhi.reacted (partition, next) select partition, next from shanzhi.index_position "
            "on conflict (partition) do nothing"
        )
        cursor.execute("select topic_id, max(next) from shanzhi.index_position group by topic_id")
        others = [row for row in cursor.fetchall() if row[0] != topic.id]
        if others:
            raise LedgerUnsound(
                f"{topic.name} was made anew: its id is {topic.id}, the tables were folded from {others[0][0]}",
                "Restore the topic from its archive, or point DATABASE_URL at an empty database to start over.",
            )


def _is_bound(cursor: Any, topic: Topic) -> bool:
    cursor.execute(
        "select count(*) = %s and bool_and(topic_id = %s) and count(reacted.partition) = %s "
        "from shanzhi.index_position left join shanzhi.reacted using (partition)",
        (topic.partitions, topic.id, topic.partitions),
    )
    return bool(cursor.fetchone()[0])
