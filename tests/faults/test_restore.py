"""Everything lost: the ledger comes back from its archive, the permanent tables from a backup, the rest is folded anew.

The backup is older than the forgetting of somebody whose key it holds: forgotten stays forgotten.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from audit.archive import restoring as restoring_archive
from audit.archive.binding import bind_restored
from audit.archive.checking import check
from audit.archive.restoring import restore as restore_archive
from audit.archive.writing import Source, Written, write
from audit.backup import restoring, writing
from audit.backup.tables import permanent_tables
from audit.forgetting import destroy, tell
from audit.rebuild.rebuild import rebuild
from audit.seal_file import SealFile
from audit.sealing import Sealing
from audit.seals import Signer
from audit.verify import verify
from ledger.errors import LedgerUnsound, StoreUnsound, VaultLocked
from ledger.injected_time import MACHINE, utc_now
from ledger.reader import Reader
from ledger.sealing import KEY_BYTES, NoKeys
from ledger.topics import describe_ledger, ledger_settings
from ledger.vault import Vault
from processors.continuity import open_ledger
from producers import Publisher
from projections.store.connection import connect
from projections.store.generation import current_generation
from projections.store.migrate import migrate
from tests.faults.proof import proved
from tests.faults.scene import Scene
from tests.faults.servers import delete_ledger
from tests.faults.tally import TALLY
from tests.folded import fold, told_and_folded

KEY, OTHER_KEY = bytes(range(KEY_BYTES)), bytes(KEY_BYTES)
GONE, STAYS = "person/zhao-9b1e", "person/li-7f3a"
PHOTO_BYTES = 3_000_000
# What says when and of which topic something was made here, or is told otherwise of somebody who is forgotten again.
OTHERWISE = {"shanzhi.forgotten", "shanzhi.index_position", "vault.data_key", "shanzhi.rebuild"}


@pytest.fixture
def county(scene: Scene, tmp_path: Path) -> Scene:
    """Folded, with keys and photos of two people; in a backup; then one of them is forgotten, and all is sealed."""
    scene.clear()
    migrate(scene.url)
    told_and_folded(scene.endpoints)
    Vault(scene.url, KEY).for_owners([GONE, STAYS])
    for owner in (GONE, STAYS):
        values = owner, owner, "image/png", owner, os.urandom(PHOTO_BYTES)
        columns = "id, owner, media_type, bytes, fingerprint, sealed"
        scene.query(f"insert into vault.photo ({columns}) values (%s, %s, %s, 1, %s, %s)", *values)
    writing.write(scene.url, tmp_path / "backup", KEY, "2026-11-24T00:00:00+00:00")
    destroy(scene.url, [GONE], "本人申请", "unit/system", MACHINE)
    with Publisher(scene.bootstrap, NoKeys(), MACHINE) as publisher:
        assert tell(scene.url, publisher.publish) == 1
    followed(scene)
    sealed(scene, tmp_path)
    return scene


def test_from_archive_and_backup_everything_comes_back(
    county: Scene, tmp_path: Path, say: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, backup = tmp_path / "archive", tmp_path / "backup"
    archived(county, folder)
    assert check(folder).sealed == check(folder).records == len(records(county))
    before, tables, told = records(county), contents(county), streams(county)

    delete_ledger(county.bootstrap)  # at first the ledger alone: the tables that were kept are bound to the new one
    topic = restore_archive(folder, county.bootstrap, 1)
    with Reader(county.bootstrap) as reader, cursor_of(county) as cursor:
        assert bind_restored(cursor, reader, topic)
        assert not bind_restored(cursor, reader, topic)
    assert open_ledger(county.bootstrap, county.url) == topic
    assert records(county) == before

    lost(county)
    TALLY.struck("everything lost")
    with pytest.raises(LedgerUnsound, match="is gone"):
        restored(county, backup)
    monkeypatch.setattr(restoring_archive, "_ON_THEIR_WAY", 100)
    with pytest.raises(CutOff):
        restore_archive(folder, county.bootstrap, 1, cut_off)
    with pytest.raises(LedgerUnsound, match="CreateTime"):  # nobody takes half of it for a ledger in use
        describe_ledger(county.bootstrap)
    for _ in range(2):  # it goes on where it ended; and once more is no more
        restore_archive(folder, county.bootstrap, 1)
    assert records(county) == before
    describe_ledger(county.bootstrap)  # asserts the settings of a ledger in use
    with pytest.raises(VaultLocked, match="another master key"):
        restoring.restore(backup, county.url, county.bootstrap, [OTHER_KEY])
    with pytest.raises(StoreUnsound, match=r"chunk [1-9]\d* was altered"):  # not that PostgreSQL is away
        restored(county, damaged(backup))
    done = restored(county, backup)
    assert (done.forgotten, done.bound, done.erased) == (1, True, True)  # not the sample, which the vault never told
    with pytest.raises(StoreUnsound, match="not empty"):
        restored(county, backup)
    rebuild(county.url, county.bootstrap)
    followed(county)
    sealed(county, tmp_path)

    assert verify(county.bootstrap, county.url).told() == []
    proved(county, told)
    now = contents(county)
    assert tables.keys() == now.keys()
    assert {name for name in tables if tables[name] != now[name]} <= OTHERWISE
    assert set(Vault(county.url, KEY).existing([GONE, STAYS])) == {STAYS}
    assert county.query("select owner, length(sealed) from vault.photo") == [(STAYS, PHOTO_BYTES)]
    assert archived(county, folder).records == 0  # the archive goes on with the restored ledger
    assert check(folder).sound
    say(f"restored: {len(before)} records, {done.rows} rows of {done.tables} tables")


class CutOff(Exception):
    """As somebody ends a restore in its middle."""


def cut_off(what: str, done: int, total: int) -> None:
    if "restoring" in what and done > total / 2:
        raise CutOff


def followed(scene: Scene) -> None:
    """What the index has not read yet is folded as a worker does."""
    since = dict(scene.query("select partition, next from shanzhi.index_position"))
    with Reader(scene.bootstrap) as reader:
        fold(scene.endpoints, list(reader.batches(since, reader.ends)), Counter())
        assert scene.query("select sum(next) from shanzhi.index_position") == [(sum(reader.ends.values()),)]


def sealed(scene: Scene, folder: Path) -> None:
    """Everything, with the file that is kept elsewhere."""
    with (
        closing(Sealing(scene.bootstrap, Signer(bytes(32)), SealFile(folder / "seals"))) as sealing,
        closing(connect(scene.url, "shanzhi restore test")) as connection,
    ):
        while sealing.grow(connection).left:
            pass
        sealing.seal(connection, utc_now)


def archived(scene: Scene, folder: Path) -> Written:
    """The ledger as it is now."""
    topic = describe_ledger(scene.bootstrap)
    ((ledger,),) = scene.query("select id::text from shanzhi.installation")
    seals = [line for (line,) in scene.query("select line from shanzhi.seal order by number")]
    source = Source(ledger, topic.id, ledger_settings(scene.bootstrap))
    with Reader(scene.bootstrap) as reader:
        return write(reader, source, seals, folder, "2026-11-24T00:00:00+00:00", reader.ends)


def streams(scene: Scene) -> list[list[str]]:
    """The identities of each subject's events, in the order of the ledger."""
    ordered = "string_agg(replace(identity::text, '-', ''), ' ' order by ledger_offset)"
    rows = scene.query(f"select {ordered} from shanzhi.event_index group by partition, subject")
    return [identities.split() for (identities,) in rows]


def lost(scene: Scene) -> None:
    """Both servers empty, the database migrated."""
    scene.clear()
    delete_ledger(scene.bootstrap)
    migrate(scene.url)


def restored(scene: Scene, backup: Path) -> restoring.Restored:
    return restoring.restore(backup, scene.url, scene.bootstrap, [KEY])


def damaged(backup: Path) -> Path:
    """A copy in whose middle a bit is another one."""
    content = bytearray(backup.read_bytes())
    content[len(content) // 2] ^= 1
    copy = backup.with_name("damaged")
    copy.write_bytes(content)
    return copy


def records(scene: Scene) -> list[tuple[Any, ...]]:
    """Every record with where and when it stands."""
    with Reader(scene.bootstrap) as reader:
        return sorted(
            (batch.partition, raw.offset, raw.timestamp, raw.key or b"", raw.value or b"", tuple(raw.headers))
            for batch in reader.batches(reader.starts, reader.ends)
            for raw in batch.records
        )


def contents(scene: Scene) -> dict[str, str]:
    """Digests of every permanent table, and of the current generation's under names that no generation has."""
    with closing(connect(scene.url, "shanzhi restore test")) as connection:
        generation = current_generation(connection)
        with connection, connection.cursor() as cursor:
            names = [table.name for table in permanent_tables(cursor)]
            cursor.execute(
                "select format('%%I.%%I', schemaname, tablename) from pg_tables where schemaname = %s", (generation,)
            )
            names += [name for (name,) in cursor.fetchall()]
            return {name.replace(f"{generation}.", "current."): digest(cursor, name) for name in names}


def digest(cursor: Any, table: str) -> str:
    cursor.execute(f"select md5(coalesce(string_agg(one::text, ' ' order by one::text), '')) from {table} one")
    (found,) = cursor.fetchone()
    return str(found)


@contextmanager
def cursor_of(scene: Scene) -> Iterator[Any]:
    with closing(connect(scene.url, "shanzhi restore test")) as connection, connection, connection.cursor() as cursor:
        yield cursor
