"""The vault on a real PostgreSQL: a new master key while everybody works, keys that are only read, photos."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from typing import Any

import psycopg2
import pytest
from structlog.testing import capture_logs

from ledger import rotation
from ledger.errors import EventRefused, OutcomeUnknown, PersonForgotten, VaultLocked
from ledger.photos import FINGERPRINTS, PhotoStore
from ledger.unsealing import Role, Unsealer, UnsealRefused
from ledger.vault import _MASTERS, Vault
from ledger.vault_status import vault_status
from projections.store.migrate import migrate
from shanzhi.stack import Stack

OLD, NEW, NEWER, STRANGE = bytes(range(64)), bytes(64), b"n" * 64, b"s" * 64
OWNERS = [f"person/p-{number}" for number in range(25)]
PICTURE = b"\xff\xd8 a picture of somebody's yard \xff\xd9" * 50
WAIT_SECONDS = 20
_numbers = count()


@pytest.fixture(scope="module")
def template(stack: Stack) -> str:
    """A migrated database nobody is connected to: copies of it take a tenth of a second."""
    run(stack.endpoints.database_url, "create database vault_template")
    url = at(stack, "vault_template")
    migrate(url)
    return url


@pytest.fixture
def database(stack: Stack, template: str) -> str:
    name = f"vault_{next(_numbers)}"
    run(stack.endpoints.database_url, f"create database {name} template vault_template")
    return at(stack, name)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(rotation, "BATCH_KEYS", 4)
    yield


def at(stack: Stack, name: str) -> str:
    return f"{stack.endpoints.database_url.rpartition('/')[0]}/{name}"


def run(url: str, sql: str, *values: object) -> list[tuple[Any, ...]]:
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchall() if cursor.description else []


def forget(url: str, owner: str) -> None:
    run(url, "update vault.data_key set wrapped = null, destroyed_at = now() where owner = %s", owner)


def wait_for(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not what():
        assert time.monotonic() < deadline, "it never came about"
        time.sleep(0.01)


def unreadable(url: str, master_key: bytes) -> int:
    """How many data keys are under another master key than the vault's newest, which `master_key` has to open."""
    owners = [owner for (owner,) in run(url, "select owner from vault.data_key where wrapped is not null")]
    assert len(Vault(url, master_key).existing(owners)) == len(owners)
    newest = "select max(id) from vault.master_key"
    left = f"select count(*) from vault.data_key where wrapped is not null and master_key_id < ({newest})"
    return int(run(url, left)[0][0])


# Keys that are only read


def test_reading_makes_no_key_and_no_master_key(database: str) -> None:
    assert Vault(database, OLD).existing(OWNERS) == {}
    assert Vault(database, OLD).existing([]) == {}
    assert run(database, "select count(*) from vault.data_key") == [(0,)]
    assert vault_status(database).master_keys == []


def test_what_is_read_is_what_was_made_and_who_was_forgotten_is_absent_at_once(database: str) -> None:
    vault = Vault(database, OLD)
    made = vault.for_owners(OWNERS)
    assert vault.existing([*OWNERS, "person/unknown"]) == made
    forget(database, OWNERS[3])
    assert vault.existing(OWNERS) == {owner: key for owner, key in made.items() if owner != OWNERS[3]}
    assert run(database, "select count(*) from vault.data_key where owner = 'person/unknown'") == [(0,)]


# Rotation


@pytest.mark.usefixtures("small_batches")
def test_a_rotation_changes_no_data_key_and_locks_the_old_master_key_out(database: str) -> None:
    working = Vault(database, OLD)
    made = working.for_owners(OWNERS)
    told: list[tuple[int, int]] = []

    assert Vault(database, OLD).rotate(NEW, lambda done, total: told.append((done, total))) == 25

    assert told[-1] == (25, 25)
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert len(told) == 7, "batches of four"
    assert Vault(database, NEW).existing(OWNERS) == made
    assert unreadable(database, NEW) == 0
    assert [row.keys for row in vault_status(database).master_keys] == [0, 25]
    for locked in (working, Vault(database, OLD)):
        for ask in (locked.existing, locked.for_owners):
            with pytest.raises(VaultLocked, match="not the one of the vault") as caught:
                ask(["person/later"])
            assert "SHANZHI_MASTER_KEY_BEFORE" in caught.value.remedy


def test_a_rotation_may_be_run_again_and_does_nothing(database: str) -> None:
    Vault(database, OLD).for_owners(OWNERS)
    Vault(database, OLD).rotate(NEW)
    rows = run(database, "select * from vault.data_key order by owner")
    assert Vault(database, NEW, before=OLD).rotate(NEW) == 0
    assert Vault(database, NEW).rotate(NEW) == 0
    assert run(database, "select * from vault.data_key order by owner") == rows
    assert len(vault_status(database).master_keys) == 2


def test_processes_that_know_both_keys_work_before_between_and_after(database: str) -> None:
    first = Vault(database, OLD).for_owners(OWNERS[:5])
    ahead = Vault(database, NEW, before=OLD)  # started ahead of the rotation
    made = {**first, **ahead.for_owners(OWNERS[:10])}
    assert Vault(database, OLD).existing(OWNERS) == made, "ahead of it, keys are made so that all can read them"
    ahead.rotate(NEW)
    made |= ahead.for_owners(OWNERS[:15])
    assert ahead.existing(OWNERS) == Vault(database, NEW).existing(OWNERS) == made


@pytest.mark.usefixtures("small_batches")
def test_a_rotation_that_was_cut_off_is_finished_by_the_next_one(database: str) -> None:
    made = Vault(database, OLD).for_owners(OWNERS)

    class Crash(Exception):
        pass

    def crash(done: int, _: int) -> None:
        if done == 8:
            raise Crash

    with pytest.raises(Crash):
        Vault(database, NEW, before=OLD).rotate(NEW, crash)
    assert [row.keys for row in vault_status(database).master_keys] == [17, 8]
    assert Vault(database, NEW, before=OLD).existing(OWNERS) == made
    with pytest.raises(VaultLocked, match="still under master key 1") as caught:
        Vault(database, NEW).existing(OWNERS)
    assert "shanzhi vault rotate" in caught.value.remedy
    with pytest.raises(VaultLocked, match="17 under master key 1"):
        Vault(database, NEW).rotate(NEWER)
    assert len(vault_status(database).master_keys) == 2, "a rotation that can't end does not begin"

    assert Vault(database, NEW, before=OLD).rotate(NEW) == 17
    assert Vault(database, NEW).existing(OWNERS) == made


def test_a_key_made_while_a_rotation_begins_comes_under_the_new_master_key(database: str) -> None:
    """The maker has looked for the newest master key and not committed: the rotation has to wait for it."""
    Vault(database, OLD).for_owners(["person/first"])
    rotating = threading.Thread(target=Vault(database, OLD).rotate, args=(NEW,))
    with closing(psycopg2.connect(database)) as maker, maker.cursor() as cursor:
        cursor.execute(_MASTERS)
        rotating.start()
        wait_for(lambda: run(database, "select 1 from pg_locks where not granted and mode = 'ExclusiveLock'"))
        cursor.execute(
            "insert into vault.data_key (owner, wrapped, master_key_id)"
            " select 'person/racing', wrapped, master_key_id from vault.data_key"
        )
        cursor.execute("delete from vault.data_key where owner = 'person/first'")
        cursor.execute("update vault.data_key set owner = 'person/first'")
        maker.commit()
    rotating.join(WAIT_SECONDS)
    assert not rotating.is_alive()
    assert set(Vault(database, NEW).existing(["person/first"])) == {"person/first"}
    assert unreadable(database, NEW) == 0


@pytest.mark.usefixtures("small_batches")
def test_makers_of_every_kind_race_with_rotations_and_every_key_that_they_got_stays_readable(database: str) -> None:
    Vault(database, OLD).for_owners(OWNERS)
    stopping, failed = threading.Event(), list[BaseException]()
    made: list[dict[str, bytes]] = []

    def make(name: str, *keys: bytes) -> None:
        vault, mine = Vault(database, *keys), dict[str, bytes]()
        made.append(mine)
        try:
            for number in count():
                if stopping.is_set():
                    return
                mine.update(vault.for_owners([f"person/{name}-{number}", f"person/all-{number}"]))
        except VaultLocked:
            if len(keys) == 2:
                failed.append(AssertionError(f"{name} knows both keys"))
        except BaseException as error:
            failed.append(error)

    kinds: list[tuple[Any, ...]] = [("old", OLD), ("both", NEW, OLD), ("late", OLD, NEW)]
    threads = [threading.Thread(target=make, args=arguments) for arguments in kinds]
    for thread in threads:
        thread.start()
    wait_for(lambda: len(made) == 3 and all(len(mine) > 40 for mine in made))
    Vault(database, NEW, before=OLD).rotate(NEW)
    before = [len(mine) for mine in made[1:]]
    wait_for(lambda: failed or not threads[0].is_alive())
    wait_for(lambda: failed or all(len(mine) > size + 20 for mine, size in zip(made[1:], before, strict=True)))
    stopping.set()
    for thread in threads:
        thread.join(WAIT_SECONDS)

    assert failed == []
    assert unreadable(database, NEW) == 0
    kept = Vault(database, NEW).existing({owner for mine in made for owner in mine})
    for mine in made:
        assert mine == {owner: kept[owner] for owner in mine}


@pytest.mark.usefixtures("small_batches")
def test_who_is_forgotten_before_or_during_a_rotation_stays_forgotten(database: str) -> None:
    Vault(database, OLD).for_owners(OWNERS)
    forget(database, OWNERS[0])
    Vault(database, OLD).rotate(NEW, lambda done, _: forget(database, OWNERS[-1]) if done == 4 else None)
    assert set(Vault(database, NEW).existing(OWNERS)) == set(OWNERS[1:-1])
    with pytest.raises(PersonForgotten) as caught:
        Vault(database, NEW).for_owners(OWNERS)
    assert caught.value.owners == {OWNERS[0], OWNERS[-1]}
    assert vault_status(database).destroyed == 2


def test_a_master_key_of_nobodys_can_not_rotate_and_a_used_one_does_not_come_back(database: str) -> None:
    Vault(database, OLD).for_owners(OWNERS)
    with pytest.raises(VaultLocked, match="not the one of the vault"):
        Vault(database, STRANGE).rotate(NEW)
    assert len(vault_status(database).master_keys) == 1
    Vault(database, OLD).rotate(NEW)
    with pytest.raises(VaultLocked, match="in use before"):
        Vault(database, NEW).rotate(OLD)
    Vault(database, NEW).rotate(NEWER)
    assert unreadable(database, NEWER) == 0


def test_a_rotation_waits_for_a_frozen_maker_no_longer_than_a_lock_may_take(database: str) -> None:
    Vault(database, OLD).for_owners(OWNERS)
    with closing(psycopg2.connect(database)) as frozen, frozen.cursor() as cursor:
        cursor.execute(_MASTERS)
        with pytest.raises(OutcomeUnknown, match="vault"):
            Vault(database, OLD).rotate(NEW)
    assert len(vault_status(database).master_keys) == 1
    assert Vault(database, OLD).rotate(NEW) == 25


# Photos


def looks(vault: Vault, role: Role) -> Unsealer:
    return Unsealer(vault, role, "person/li-7f3a", "回访")


def test_a_photo_comes_back_as_it_was_for_roles_that_may_and_each_look_is_logged(database: str) -> None:
    vault = Vault(database, OLD)
    photos = PhotoStore(database, vault)
    photo = photos.keep("case/1", PICTURE, "image/jpeg")
    assert (photo.media_type, photo.bytes) == ("image/jpeg", len(PICTURE))
    for role in ("desk", "handler"):
        with capture_logs() as lines:
            assert photos.fetch(photo.id, looks(vault, role)) == ("image/jpeg", PICTURE)
        (line,) = lines
        assert (line["what"], line["owners"]) == ("photo", {"case/1": 1})
        assert (line["role"], line["by"], line["reason"]) == (role, "person/li-7f3a", "回访")
    for other in ("mask", "dispatcher", "auditor"):
        with pytest.raises(UnsealRefused, match="photos"):
            photos.fetch(photo.id, looks(vault, other))
    assert photos.fetch("unknown", looks(vault, "desk")) is None
    ((sealed,),) = run(database, "select sealed from vault.photo")
    assert b"yard" not in bytes(sealed)
    assert vault_status(database).photos == 1


def test_the_same_photo_of_the_same_owner_is_one_and_of_another_owner_another(database: str) -> None:
    vault = Vault(database, OLD)
    photos = PhotoStore(database, vault)
    first = photos.keep("case/1", PICTURE, "image/jpeg")
    assert photos.keep("case/1", PICTURE, "image/jpeg") == first
    assert PhotoStore(database, Vault(database, OLD)).keep("case/1", PICTURE, "image/jpeg") == first
    others = [photos.keep("case/2", PICTURE, "image/jpeg"), photos.keep("case/1", PICTURE + b"x", "image/jpeg")]
    assert len({photo.id for photo in [first, *others]}) == 3
    assert run(database, "select count(*) from vault.photo") == [(3,)]


def test_photos_and_their_fingerprints_outlive_the_master_key(database: str) -> None:
    photo = PhotoStore(database, Vault(database, OLD)).keep("case/1", PICTURE, "image/png")
    Vault(database, OLD).rotate(NEW)
    vault = Vault(database, NEW)
    photos = PhotoStore(database, vault)
    assert photos.keep("case/1", PICTURE, "image/png") == photo
    assert photos.fetch(photo.id, looks(vault, "desk")) == ("image/png", PICTURE)


def test_a_fingerprint_is_no_plain_hash_and_another_vaults_is_another(database: str, stack: Stack) -> None:
    photo = PhotoStore(database, Vault(database, OLD)).keep("case/1", PICTURE, "image/png")
    run(database, "truncate vault.photo")
    run(database, "delete from vault.data_key where owner = %s", FINGERPRINTS)
    again = PhotoStore(database, Vault(database, OLD)).keep("case/1", PICTURE, "image/png")
    assert len(photo.fingerprint) == 64
    assert (again.id, again.fingerprint) != (photo.id, photo.fingerprint)


def test_photos_of_somebody_forgotten_are_gone_and_no_new_ones_are_taken(database: str) -> None:
    vault = Vault(database, OLD)
    photo = PhotoStore(database, vault).keep("person/p", PICTURE, "image/webp")
    forget(database, "person/p")
    with capture_logs() as lines:
        assert PhotoStore(database, vault).fetch(photo.id, looks(vault, "desk")) is None
    assert lines[0]["forgotten"] == 1
    with pytest.raises(PersonForgotten):
        PhotoStore(database, Vault(database, OLD)).keep("person/p", PICTURE + b"x", "image/webp")


def test_a_row_moved_to_another_id_does_not_open(database: str) -> None:
    vault = Vault(database, OLD)
    PhotoStore(database, vault).keep("person/p", PICTURE, "image/webp")
    run(database, "update vault.photo set id = 'moved'")
    assert PhotoStore(database, vault).fetch("moved", looks(vault, "desk")) is None


@pytest.mark.parametrize(
    ("picture", "media_type", "code"),
    [
        (b"", "image/png", "photo_unreadable"),
        (b"x", "image/gif", "photo_unreadable"),
        (bytes(5 * 1024 * 1024 + 1), "image/png", "photo_too_large"),
    ],
)
def test_what_is_no_photo_is_not_kept(database: str, picture: bytes, media_type: str, code: str) -> None:
    with pytest.raises(EventRefused) as caught:
        PhotoStore(database, Vault(database, OLD)).keep("case/1", picture, media_type)
    assert caught.value.code == code
    assert run(database, "select count(*) from vault.photo") == [(0,)]
