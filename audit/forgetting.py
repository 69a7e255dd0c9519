"""Forgetting 遗忘: the data keys of a person are destroyed, so that what the ledger holds of them is noise for ever.

Three steps, each of which may be done again: the keys, the photos and the record of it in one transaction; then the
event `person.forgotten`, whose bytes that transaction kept; then the vault's tables are written anew
(`audit.erasing`). Who was cut off runs the same command again, or forgets anybody else.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from datetime import datetime
from typing import Any

import orjson

from ledger.errors import StoreUnsound
from ledger.injected_time import TimeSource
from ledger.submission import check
from ledger.writer import Receipt
from projections.read import QuestionRefused
from projections.store.connection import answering, connect
from projections.store.generation import read_current

SOURCE = "urn:shanzhi:forgetting"
_NAME = "shanzhi forgetting"
_PERSONS_AT_MOST = 1_000
_SAME = f"""
with recursive same (person) as (
    select unnest(%s::text[]) collate "C"
    union
    select unnest(array[entity.subject, entity.merged_into]) from entity_person entity
    join same on same.person in (entity.subject, entity.merged_into) where entity.merged_into is not null
)
select person from same order by person limit {_PERSONS_AT_MOST + 1}
"""
_NOTHING_SEALED = (
    "select owner from unnest(%s) as asked (owner)"
    " where not exists (select from vault.data_key as key where key.owner = asked.owner) order by owner"
)
_KEEP = (
    "insert into shanzhi.forgotten (owner, forgotten_at, basis, decided_by, event) values (%s, %s, %s, %s, %s)"
    " on conflict (owner) do nothing"
)
# The tombstone stays, also of who had no key yet: what comes later is refused.
_DESTROY = (
    "insert into vault.data_key (owner, wrapped, master_key_id, destroyed_at)"
    " select owner, null, (select max(id) from vault.master_key), now() from unnest(%s) owner order by owner"
    " on conflict (owner) do update set wrapped = null,"
    " destroyed_at = coalesce(vault.data_key.destroyed_at, excluded.destroyed_at)"
)
_AGAIN = (
    "insert into shanzhi.forgotten (owner, forgotten_at, basis, decided_by) select owner, now(), %s, %s"
    " from unnest(%s) owner on conflict (owner) do update set rewritten_at = null, wal_until = null"
)
_AGAIN_BASIS = "恢复备份后再次销毁 · destroyed again after a restore"
_TOLD = (
    "update shanzhi.forgotten set partition = %s, ledger_offset = %s where owner = %s and partition is null"
)
_UNTOLD = "select owner, event from shanzhi.forgotten where event is not null and partition is null order by owner"

Publish = Callable[[bytes], Receipt]
"""Writes an event to the ledger and says where it stands; raises `OutcomeUnknown` where nobody knows."""


def one_person(database_url: str, owners: Sequence[str]) -> list[str]:
    """The owners, and every id that was merged with one of them (`person.merged`); sorted.

    Before any table was folded it is the owners alone. Raises `OutcomeUnknown`, `QuestionRefused` for over 1,000.
    """
    with closing(connect(database_url, _NAME)) as connection, answering(), connection, connection.cursor() as cursor:
        try:
            generation, _ = read_current(cursor)
        except StoreUnsound:
            return sorted(set(owners))
        cursor.execute(f"set local search_path = {generation}")
        cursor.execute(_SAME, (list(owners),))
        persons = [person for (person,) in cursor.fetchall()]
    if len(persons) > _PERSONS_AT_MOST:
        raise QuestionRefused(
            f"与之合并的编号超过 {_PERSONS_AT_MOST} 个 · more ids than that were merged with them",
            "请分批；单独一人如此则先核对合并 · Run it in parts; of one person alone, look at the merges first.",
        )
    return persons


def nothing_sealed(database_url: str, owners: Sequence[str]) -> list[str]:
    """Those of whom nothing was ever sealed here: an id may have been mistyped. Raises `OutcomeUnknown`."""
    with closing(connect(database_url, _NAME)) as connection, answering(), connection, connection.cursor() as cursor:
        cursor.execute(_NOTHING_SEALED, (list(owners),))
        return [owner for (owner,) in cursor.fetchall()]


def destroy(database_url: str, owners: Iterable[str], basis: str, by: str, times: TimeSource) -> None:
    """Destroys the keys and photos of owners (`kind/id`) and keeps the record of it; of who is forgotten, nothing new.

    Raises `EventRefused` where the event could not be told: nothing is destroyed then.
    """
    now = times.now()
    events = {owner: _event(owner, basis, by, now) for owner in sorted(set(owners))}
    for event in events.values():
        check(event, now)
    with closing(connect(database_url, _NAME)) as connection, answering(), connection, connection.cursor() as cursor:
        for owner, event in events.items():
            cursor.execute(_KEEP, (owner, now, basis, by, orjson.dumps(event).decode()))
        _destroy(cursor, list(events))


def tell(database_url: str, publish: Publish) -> int:
    """Tells the ledger of everybody of whom it was not told yet, and says how many those were.

    What was told and not noted is told again with the same bytes, and counts once.
    """
    with closing(connect(database_url, _NAME)) as connection, answering():
        with connection, connection.cursor() as cursor:
            cursor.execute(_UNTOLD)
            untold = cursor.fetchall()
        for owner, event in untold:
            receipt = publish(event.encode())
            with connection, connection.cursor() as cursor:
                cursor.execute(_TOLD, (receipt.partition, receipt.offset, owner))
        return len(untold)


def forget_again(cursor: Any, owners: Iterable[str]) -> None:
    """Destroys the keys and photos that a restored backup brought back; nothing is told, the ledger holds it.

    In the transaction that restores them, so that they are there at no time. After it the vault's tables have to be
    written anew: `audit.erasing.rewrite`.
    """
    again = sorted(set(owners))
    cursor.execute(_AGAIN, (_AGAIN_BASIS, "unit/system", again))
    _destroy(cursor, again)


def _destroy(cursor: Any, owners: list[str]) -> None:
    cursor.execute(_DESTROY, (owners,))
    cursor.execute("delete from vault.photo where owner = any(%s)", (owners,))


def _event(owner: str, basis: str, by: str, now: datetime) -> dict[str, Any]:
    """What owned data and is no person tells of a person without a name: nothing says whose the case was."""
    is_person = owner.startswith("person/")
    subject = owner if is_person else f"person/anonymous-{uuid.uuid5(uuid.NAMESPACE_URL, owner)}"
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{SOURCE} {owner} {now.isoformat()}")),
        "source": SOURCE,
        "type": "person.forgotten",
        "subject": subject,
        "time": now.isoformat(),
        "authid": by,
        "data": {"basis": basis} | ({} if is_person else {"owner": owner}),
    }
