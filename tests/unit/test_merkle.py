"""The Merkle tree against the vectors of Certificate Transparency, and its laws."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.merkle import (
    EMPTY_ROOT,
    consistency_path,
    inclusion_path,
    leaf_hash,
    node_hash,
    nodes_of,
    root,
    verify_consistency,
    verify_inclusion,
)

INPUTS = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
LEAVES = [leaf_hash(bytes.fromhex(text)) for text in INPUTS]
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
PATHS = [
    (0, 1, []),
    (0, 8, ["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"]),
    (5, 8, ["bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"]),
    (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (1, 5, ["6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"]),
]  # fmt: skip
PROOFS = [
    (1, 1, []),
    (1, 8, ["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"]),
    (6, 8, ["0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"]),
    (2, 5, ["5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"]),
]  # fmt: skip
sizes = st.integers(1, 300)


def leaves(size: int) -> list[bytes]:
    return [leaf_hash(number.to_bytes(2, "big")) for number in range(size)]


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_certificate_transparency(size: int) -> None:
    assert root(LEAVES[:size]).hex() == ROOTS[size]


@pytest.mark.parametrize(("index", "size", "path"), PATHS)
def test_inclusion_paths_are_those_of_certificate_transparency(index: int, size: int, path: list[str]) -> None:
    assert [one.hex() for one in inclusion_path(index, size, nodes_of(LEAVES))] == path


@pytest.mark.parametrize(("before", "size", "path"), PROOFS)
def test_consistency_paths_are_those_of_certificate_transparency(before: int, size: int, path: list[str]) -> None:
    assert [one.hex() for one in consistency_path(before, size, nodes_of(LEAVES))] == path


def test_a_leaf_never_hashes_like_a_node_and_nothing_at_all_has_a_root() -> None:
    left, right = LEAVES[:2]
    assert leaf_hash(left + right) != node_hash(left, right) == sha256(b"\x01" + left + right).digest()
    assert root([]) == EMPTY_ROOT


@given(sizes, st.data())
def test_a_leaf_is_in_its_tree_and_in_no_other_place(size: int, data: st.DataObject) -> None:
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size - 1))
    hashes = leaves(size)
    path = inclusion_path(index, size, nodes_of(hashes))
    assert verify_inclusion(hashes[index], index, size, path, root(hashes))
    if other != index:
        assert not verify_inclusion(hashes[index], other, size, path, root(hashes))
        assert not verify_inclusion(hashes[other], index, size, path, root(hashes))
    assert not verify_inclusion(hashes[index], index, size, [*path, hashes[0]], root(hashes))
    assert not verify_inclusion(hashes[index], index, size + 1, path, root([*hashes, hashes[0]]))
    if path:
        broken = data.draw(st.integers(0, len(path) - 1))
        wrong = [*path[:broken], hashes[index][::-1], *path[broken + 1 :]]
        assert not verify_inclusion(hashes[index], index, size, wrong, root(hashes))
        assert not verify_inclusion(hashes[index], index, size, path[:-1], root(hashes))


@given(sizes, st.data())
def test_a_tree_is_the_beginning_of_every_longer_one_and_of_none_that_began_otherwise(
    size: int, data: st.DataObject
) -> None:
    before = data.draw(st.integers(0, size))
    hashes = leaves(size)
    path = consistency_path(before, size, nodes_of(hashes))
    earlier, later = root(hashes[:before]), root(hashes)
    assert verify_consistency(before, size, path, earlier, later)
    if 0 < before < size:
        other = list(hashes)
        changed = data.draw(st.integers(0, before - 1))
        other[changed] = hashes[changed][::-1]
        assert not verify_consistency(before, size, path, earlier, root(other))
        rewritten = consistency_path(before, size, nodes_of(other))
        assert not verify_consistency(before, size, rewritten, earlier, root(other))
        assert not verify_consistency(before, size, path[:-1], earlier, later)
        assert not verify_consistency(before, size, [*path, earlier], earlier, later)


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_there_is_no_path_from_a_leaf_that_is_not_there(index: int, size: int) -> None:
    with pytest.raises(IndexError):
        inclusion_path(index, size, nodes_of(LEAVES))
    with pytest.raises(IndexError):
        consistency_path(size + 1, size, nodes_of(LEAVES))
    assert not verify_inclusion(LEAVES[0], index, size, [], LEAVES[0])
