"""Records and their sums as an archive has them, and the encrypted file of a backup: what comes out is what went in."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.archive.frames import FrameBroken, decode
from audit.archive.trail import Trail
from audit.backup import sealed
from audit.backup.sealed import FIRST_LINE, Sealing, Unsealing
from audit.leaf import leaf_of, missing_leaf_bytes, said_bytes
from audit.merkle import leaf_hash, root
from ledger.errors import ShanzhiError, StoreUnsound, VaultLocked
from ledger.record import StoredRecord
from ledger.sealing import KEY_BYTES

KEY, OTHER_KEY = bytes(range(KEY_BYTES)), bytes(KEY_BYTES)
maybe_bytes = st.none() | st.binary(max_size=40)
records = st.builds(
    StoredRecord,
    offset=st.integers(0, 2**62),
    timestamp=st.integers(-1, 2**62),
    key=maybe_bytes,
    value=maybe_bytes,
    headers=st.lists(st.tuples(st.text(max_size=9), maybe_bytes), max_size=3).map(tuple),
)


@given(records)
def test_a_record_is_read_as_it_was_written(record: StoredRecord) -> None:
    assert decode(said_bytes(record)) == record


@given(records, st.data())
def test_bytes_that_no_record_has_are_refused(record: StoredRecord, data: st.DataObject) -> None:
    body = said_bytes(record)
    with pytest.raises(FrameBroken):
        decode(body + b"\0")
    with pytest.raises(FrameBroken):
        decode(body[: data.draw(st.integers(0, len(body) - 1))])


@given(st.lists(st.integers(0, 3), max_size=40), st.integers(0, 40))
def test_sums_grow_as_a_tree_over_every_offset(skipped: list[int], cut: int) -> None:
    """Also where the log left offsets out, and at a size that was asked for before."""
    trail, leaf, leaves = Trail("a", 3, [cut]), leaf_of("a", 3), list[bytes]()
    for skip in skipped:
        leaves += [leaf_hash(missing_leaf_bytes("a", 3, len(leaves) + one)) for one in range(skip)]
        record = StoredRecord(len(leaves), 0, b"key", b"value")
        trail.add(record.offset, leaf(record))
        leaves.append(leaf(record))
    assert (trail.next, trail.records) == (len(leaves), len(skipped))
    assert trail.root() == root(leaves)
    assert trail.roots.get(cut) == (root(leaves[:cut]) if cut <= len(leaves) else None)


@pytest.fixture(autouse=True, scope="module")
def small_chunks() -> object:
    """So that a few bytes are several chunks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealed, "CHUNK_BYTES", 64)
        yield


def file_of(content: bytes, key: bytes = KEY) -> bytes:
    stream = io.BytesIO()
    sealing = Sealing(stream, key, "installation", "2026-11-24")
    sealing.write(content)
    sealing.finish()
    return stream.getvalue()


def content_of(file: bytes, size: int, *keys: bytes) -> bytes:
    unsealing = Unsealing(io.BytesIO(file), keys or (KEY,))
    content = unsealing.read(size)
    unsealing.end()
    return content


def chunks_of(file: bytes) -> tuple[bytes, list[bytes]]:
    """What stands in the open, and the chunks."""
    start = file.index(b"\n", len(FIRST_LINE)) + 1
    return file[:start], [file[at : at + 80] for at in range(start, len(file), 80)]


@given(st.binary(max_size=2_000))
def test_a_backup_is_read_as_it_was_written(content: bytes) -> None:
    file = file_of(content)
    assert content_of(file, len(content)) == content
    assert content_of(file, len(content), OTHER_KEY, KEY) == content
    with pytest.raises(StoreUnsound, match="too early"):
        content_of(file, len(content) + 1)
    if content:
        with pytest.raises(StoreUnsound, match="does not end"):
            content_of(file, len(content) - 1)


@given(st.data())
def test_a_backup_that_was_altered_is_refused(data: st.DataObject) -> None:
    content = data.draw(st.binary(min_size=200, max_size=400))
    file = file_of(content)
    at, bit = data.draw(st.integers(0, len(file) - 1)), data.draw(st.integers(0, 7))
    for altered in (
        file[:at] + bytes([file[at] ^ 1 << bit]) + file[at + 1 :],
        file[:at],
        file + b"\0",
        file[:at] + b"x" + file[at:],
    ):
        with pytest.raises(ShanzhiError):
            content_of(altered, len(content))


def test_chunks_that_were_cut_off_swapped_or_taken_from_another_backup_are_refused() -> None:
    content = bytes(range(256)) * 2
    start, chunks = chunks_of(file_of(content))
    assert len(chunks) > 3
    _, others = chunks_of(file_of(content))
    for altered in (chunks[:-1], chunks[:-2], [chunks[1], chunks[0], *chunks[2:]], [*chunks[:-1], others[-1]], []):
        with pytest.raises(StoreUnsound, match="damaged"):
            content_of(start + b"".join(altered), len(content))


def test_another_master_key_is_said_to_be_one() -> None:
    file = file_of(b"content")
    with pytest.raises(VaultLocked, match=r"2026-11-24.*another master key") as refused:
        content_of(file, 7, OTHER_KEY)
    assert "SHANZHI_MASTER_KEY_BEFORE" in refused.value.remedy
    assert b"content" not in file


def test_no_two_backups_are_sealed_under_the_same_key() -> None:
    assert chunks_of(file_of(b"content"))[1] != chunks_of(file_of(b"content"))[1]
