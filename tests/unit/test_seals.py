"""Seals in memory: tiles, the chain, and records that were changed after they had been sealed."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.leaf import leaf_bytes, leaf_of, missing_leaf_bytes
from audit.merkle import EMPTY_ROOT, inclusion_path, leaf_hash, nodes_of, root, root_of, verify_inclusion
from audit.seal_file import SealFile
from audit.sealing import Every, is_due
from audit.seals import FIRST_PREVIOUS, Part, Seal, Signer, chain_fault, is_signed, make_seal, parse_seal
from audit.tiles import WIDTH, Growing, node_of
from ledger.errors import OutcomeUnknown, StoreUnsound
from ledger.record import StoredRecord
from tests.sealed import EDITS, LEDGER, NOW, SIGNER, edited, kept, load_of, made
from tests.soak import IS_SOAK

EDITED = 10_000 if IS_SOAK else 200
CLEAN = 200
optional_bytes = st.none() | st.binary(max_size=6)
headers = st.lists(st.tuples(st.text(max_size=3), optional_bytes), max_size=2).map(tuple)
numbers = st.integers(0, 3)
records = st.builds(StoredRecord, numbers, numbers, optional_bytes, optional_bytes, headers)


def chain(count: int) -> list[Seal]:
    seals: list[Seal] = []
    for number in range(count):
        parts = [Part(number, EMPTY_ROOT.hex()), Part(2 * number + 1, "ab" * 32)]
        seals.append(make_seal(seals[-1] if seals else None, LEDGER, parts, NOW + timedelta(hours=number), SIGNER))
    return seals


@pytest.mark.parametrize("seed", range(EDITED // 20))
def test_whatever_is_done_to_sealed_records_is_found_at_its_first_offset(seed: int) -> None:
    chance = random.Random(seed)
    told = made(chance, chance.choice((2, 40, 300, 600)))
    end = told[-1].offset + 1
    sealed = kept(told, sorted({*(chance.randrange(1, end + 1) for _ in range(3)), end}))
    for edit in EDITS * 4:
        now, first = edited(chance, told, edit)
        fault = sealed.fault(now)
        assert fault is not None, (edit, first)
        assert (fault.partition, fault.offset, fault.last) == (0, first, None), edit
        assert fault.seal == next(seal.number for seal in sealed.seals if seal.records > first)


@pytest.mark.parametrize("seed", range(CLEAN // 20))
def test_records_that_nobody_touched_raise_no_alarm_however_they_are_sealed(seed: int) -> None:
    chance = random.Random(-seed)
    for _ in range(20):
        told = made(chance, chance.choice((0, 1, 2, 257, 300)))
        end = told[-1].offset + 1 if told else 0
        sealed = kept(told, sorted(chance.choices(range(end + 1), k=chance.randrange(4))))
        assert sealed.fault(told) is None


def test_where_tiles_were_changed_along_with_the_records_the_place_is_between_two_seals() -> None:
    told = made(random.Random(1), 400)
    changed = [*told[:150], told[150]._replace(value=b"forged"), *told[151:]]
    sealed = kept(told, [100, 300, told[-1].offset + 1])
    forged = kept(changed, [100, 300, told[-1].offset + 1])
    fault = sealed._replace(tiles=forged.tiles).fault(changed)
    assert fault is not None
    assert (fault.seal, fault.offset, fault.last) == (2, 100, 299)
    fault = sealed._replace(tiles=forged.tiles).fault(told)
    assert fault is not None, "the ledger is sound, the tiles are not"
    assert (fault.what, fault.offset) == ("账本相符，封印砖块被改动", told[150].offset)
    assert sealed._replace(tiles={}).fault(told) is not None


def test_what_came_after_the_last_seal_is_not_judged() -> None:
    told = made(random.Random(2), 50)
    sealed = kept(told[:30], [told[29].offset + 1])
    assert sealed.fault(told) is None
    assert sealed.fault([*told[:30], told[30]._replace(value=b"other"), *told[31:]]) is None
    assert sealed.fault(told[:30]) is None


@given(records, records)
def test_two_records_have_one_leaf_only_where_they_are_the_same(one: StoredRecord, other: StoredRecord) -> None:
    assert (leaf_bytes(LEDGER, 0, one) == leaf_bytes(LEDGER, 0, other)) == (one == other)
    assert leaf_bytes(LEDGER, 0, one) != leaf_bytes(LEDGER, 1, one) != missing_leaf_bytes(LEDGER, 1, one.offset)
    assert leaf_bytes(LEDGER, 0, one) != leaf_bytes(LEDGER[1:], 0, one)
    assert leaf_of(LEDGER, 0)(one) == leaf_hash(leaf_bytes(LEDGER, 0, one))


def test_the_bytes_of_a_leaf_are_these_for_ever() -> None:
    """Sealed trees are made of them: a change would make every seal false."""
    record = StoredRecord(7, 1_767_225_600_000, "case/甲".encode(), b"{}", (("h", b"1"), ("n", None)))
    assert leaf_hash(leaf_bytes(LEDGER, 3, record)).hex() == (
        "d824bca98ba214ad1bc8529fc4e158c753a615fd1a4a95a5fbad48897c3d9c59"
    )
    assert leaf_hash(missing_leaf_bytes(LEDGER, 3, 8)).hex() == (
        "489752770a3f3ebc42e0fbdcc635d7462d848ea9966a227d6710eefe8acf1dc2"
    )


@given(st.lists(st.integers(0, 700), max_size=4), st.data())
def test_tiles_give_the_roots_and_paths_of_the_whole_tree(steps: list[int], data: st.DataObject) -> None:
    hashes = [leaf_hash(number.to_bytes(4, "big")) for number in range(sum(steps))]
    tiles: dict[tuple[int, int], bytes] = {}
    reached = 0
    for step in steps:
        growing = Growing(reached, load_of(tiles))
        growing.add(hashes[reached : reached + step])
        reached += step
        tiles |= growing.changed()
        assert growing.size == reached
        assert growing.root() == root(hashes[:reached])
    assert all(len(tile) <= WIDTH * 32 for tile in tiles.values())
    if hashes:
        size = data.draw(st.integers(1, reached))
        index = data.draw(st.integers(0, size - 1))
        node = node_of(load_of(tiles))
        assert root_of(size, node) == root(hashes[:size])
        path = inclusion_path(index, size, node)
        assert path == inclusion_path(index, size, nodes_of(hashes))
        assert verify_inclusion(hashes[index], index, size, path, root(hashes[:size]))


def test_a_third_level_of_tiles_begins_at_65_536_leaves() -> None:
    hashes = [leaf_hash(number.to_bytes(4, "big")) for number in range(WIDTH * WIDTH + 3)]
    growing = Growing()
    growing.add(hashes)
    tiles = growing.changed()
    assert growing.changed() == {place: tile for place, tile in tiles.items() if len(tile) < WIDTH * 32}
    assert growing.root() == root(hashes)
    assert {level for level, _ in tiles} == {0, 1, 2}
    again = Growing(len(hashes), lambda level, number: tiles[level, number])
    assert again.root() == growing.root()


def test_missing_tiles_are_told_and_not_computed_with() -> None:
    with pytest.raises(IndexError):
        Growing(300, lambda level, number: b"")
    with pytest.raises(IndexError):
        root_of(300, node_of(lambda level, number: b""))


def test_a_chain_of_seals_holds_together() -> None:
    seals = chain(4)
    assert chain_fault(seals, LEDGER, {SIGNER.public_key}) is None
    assert [seal.previous for seal in seals] == [FIRST_PREVIOUS, *(seal.hash for seal in seals[:-1])]
    assert all(is_signed(seal) and parse_seal(seal.line) == seal for seal in seals)
    assert parse_seal(b"\xff") is parse_seal("{}") is None


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda seals: seals[:1] + seals[2:], "封印编号不连续"),
        (lambda seals: [*seals[:2], msgspec.structs.replace(seals[2], ledger="x"), *seals[3:]], "属于另一个账本"),
        (lambda seals: [*seals[:2], msgspec.structs.replace(seals[2], previous="0" * 64)], "与上一封印不相接"),
        (lambda seals: [*seals[:2], msgspec.structs.replace(seals[2], root="ab" * 32)], "签名不符"),
        (lambda seals: [*seals[:2], msgspec.structs.replace(seals[2], made_at=seals[1].made_at)], "签名不符"),
        (lambda seals: [*seals[:2], msgspec.structs.replace(seals[2], signature="zz")], "签名不符"),
        (
            lambda seals: [*seals[:2], msgspec.structs.replace(seals[2], partitions=seals[1].partitions)],
            "总根与各分区的根不符",
        ),
        (
            lambda seals: [*seals[:2], make_seal(seals[1], LEDGER, seals[0].partitions, NOW, SIGNER)],
            "封存范围后退",
        ),
        (
            lambda seals: [*seals[:2], make_seal(seals[1], LEDGER, seals[2].partitions, NOW, Signer(bytes(32)))],
            "不是可信密钥所签",
        ),
    ],
)
def test_whatever_is_done_to_a_chain_is_found(change: Callable[[list[Seal]], list[Seal]], what: str) -> None:
    fault = chain_fault(change(chain(4)), LEDGER, {SIGNER.public_key})
    assert fault is not None
    assert (fault.what, fault.seal) == (what, 3)


def test_a_seal_is_due_after_so_many_records_or_so_much_time() -> None:
    every, (last,) = Every(100, 600), chain(1)
    later = datetime.fromisoformat(last.made_at) + timedelta(seconds=600)
    assert is_due(every, 100, last, NOW)
    assert not is_due(every, 99, last, later - timedelta(seconds=1))
    assert is_due(every, 1, last, later)
    assert not is_due(every, 0, last, later + timedelta(days=1)), "nothing new"
    assert is_due(every, 1, None, NOW), "the first one at once"
    assert not is_due(every, 0, None, NOW)


def test_the_file_keeps_seals_in_order_and_forgets_a_torn_line(tmp_path: Path) -> None:
    file = SealFile(tmp_path / "elsewhere" / "seals.jsonl")
    seals = chain(60)
    assert list(file.seals()) == []
    with file.appending() as appending:
        assert appending.last is None
        appending.add(seals[:58])
    with file.path.open("a") as stream:
        stream.write(seals[58].line[:100])
    assert list(file.seals()) == seals[:58]
    with file.appending() as appending:
        assert appending.last == seals[57]
        appending.add(seals[58:])
    assert list(file.seals()) == seals
    file.path.write_text("nonsense\n")
    with pytest.raises(StoreUnsound, match="seals"):
        list(file.seals())
    with pytest.raises(OutcomeUnknown), SealFile(file.path / "below").appending():
        pass
