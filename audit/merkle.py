"""The Merkle tree of RFC 6962 (and 9162): roots, and proofs that one leaf, or a whole smaller tree, is in a tree.

Pure. A tree is its size and a function `node(level, number)` that gives the hash of the complete subtree over the
2**level leaves from leaf number × 2**level on: of a list of leaf hashes (`nodes_of`), or of tiles in a table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256().digest()

Node = Callable[[int, int], bytes]


def leaf_hash(content: bytes) -> bytes:
    """The hash of a leaf: 32 bytes. Its prefix differs from a node's, so that no node passes for a leaf."""
    return sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash over two subtrees."""
    return sha256(b"\x01" + left + right).digest()


def nodes_of(hashes: Sequence[bytes]) -> Node:
    """The subtrees over these leaf hashes, computed as they are asked for."""

    def node(level: int, number: int) -> bytes:
        if not level:
            return hashes[number]
        return node_hash(node(level - 1, 2 * number), node(level - 1, 2 * number + 1))

    return node


def root(hashes: Sequence[bytes]) -> bytes:
    """The root over leaf hashes; of none it is SHA-256 of nothing."""
    return root_of(len(hashes), nodes_of(hashes))


def root_of(size: int, node: Node) -> bytes:
    """The root of a tree of `size` leaves."""
    return _over(0, size, node) if size else EMPTY_ROOT


def inclusion_path(index: int, size: int, node: Node) -> list[bytes]:
    """What leads from leaf `index` up to the root of `size` leaves, from the leaf on. Raises `IndexError`."""
    if not 0 <= index < size:
        raise IndexError(f"leaf {index} of {size}")
    path: list[bytes] = []
    first, end = 0, size
    while end - first > 1:
        middle = first + _split(end - first)
        if index < middle:
            path.append(_over(middle, end, node))
            end = middle
        else:
            path.append(_over(first, middle, node))
            first = middle
    return path[::-1]


def verify_inclusion(hashed: bytes, index: int, size: int, path: Sequence[bytes], expected: bytes) -> bool:
    """Whether the leaf of this hash is leaf `index` of the tree of `size` leaves whose root is `expected`."""
    if not 0 <= index < size:
        return False
    number, last = index, size - 1
    for beside in path:
        if not last:
            return False
        if number & 1 or number == last:
            hashed = node_hash(beside, hashed)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            hashed = node_hash(hashed, beside)
        number, last = number >> 1, last >> 1
    return not last and hashed == expected


def consistency_path(before: int, size: int, node: Node) -> list[bytes]:
    """What shows that the tree of `before` leaves is the beginning of the one of `size`. Raises `IndexError`."""
    if not 0 <= before <= size:
        raise IndexError(f"{before} leaves of {size}")
    path: list[bytes] = []
    first, end = 0, size
    while before and end != before:
        middle = first + _split(end - first)
        if before <= middle:
            path.append(_over(middle, end, node))
            end = middle
        else:
            path.append(_over(first, middle, node))
            first = middle
    return ([_over(first, end, node)] if first and before else []) + path[::-1]


def verify_consistency(before: int, size: int, path: Sequence[bytes], earlier: bytes, later: bytes) -> bool:
    """Whether the tree of `before` leaves and root `earlier` is the beginning of the one of `size` and `later`."""
    if before in (0, size):
        return not path and earlier == (later if before else EMPTY_ROOT)
    if not 0 < before < size:
        return False
    number, last = before - 1, size - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    left = list(path) if number else [earlier, *path]
    if not left:
        return False
    old = new = left[0]
    for beside in left[1:]:
        if not last:
            return False
        if number & 1 or number == last:
            old, new = node_hash(beside, old), node_hash(beside, new)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            new = node_hash(new, beside)
        number, last = number >> 1, last >> 1
    return not last and old == earlier and new == later


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def _over(first: int, end: int, node: Node) -> bytes:
    """The hash over leaves `first` to before `end`; `first` is a multiple of the power of two that covers them."""
    size = end - first
    if not size & (size - 1):
        level = size.bit_length() - 1
        return node(level, first >> level)
    middle = first + _split(size)
    return node_hash(_over(first, middle, node), _over(middle, end, node))
