"""Tiles: a partition's tree as pieces of 256 hashes, so that a proof reads few of them and a leaf costs little.

Tile (level, number) holds the hashes of the complete subtrees over 256**level leaves each, from subtree
number × 256 on; what lies between two levels is computed from a tile. Pure: where tiles are kept is told as
`Load`, which gives the hashes of a tile side by side, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

from audit.merkle import HASH_BYTES, Node, root_of

WIDTH = 256
_BITS = 8

Load = Callable[[int, int], bytes]
Tiles = dict[tuple[int, int], bytes]
"""Hashes side by side, by level and number."""


def node_of(load: Load) -> Node:
    """The subtrees of the tree whose tiles these are, for proofs. Raises `IndexError` where a tile is too short."""
    loaded: dict[tuple[int, int], bytes] = {}

    def node(level: int, number: int) -> bytes:
        tile_level, height = divmod(level, _BITS)
        first, width = number << height, 1 << height
        place = tile_level, first // WIDTH
        if place not in loaded:
            loaded[place] = load(*place)
        start = first % WIDTH * HASH_BYTES
        part = loaded[place][start : start + width * HASH_BYTES]
        if len(part) < width * HASH_BYTES:
            raise IndexError(f"tile {place[0]}/{place[1]} holds too little")
        return _folded(part)

    return node


class Growing:
    """The right edge of a tree, to which leaves are added."""

    def __init__(self, size: int = 0, load: Load | None = None) -> None:
        """A tree of `size` leaves whose tiles are loaded; raises `IndexError` where they hold too little."""
        self.size = size
        self._full: Tiles = {}
        self._edge: list[bytearray] = []
        while size:
            held = size % WIDTH * HASH_BYTES
            tile = load(len(self._edge), size // WIDTH)[:held] if load and held else b""
            if len(tile) < held:
                raise IndexError(f"tile {len(self._edge)}/{size // WIDTH} holds too little")
            self._edge.append(bytearray(tile))
            size //= WIDTH

    def add(self, hashes: Sequence[bytes]) -> None:
        """Adds leaves by their hashes."""
        content, first = b"".join(hashes), 0
        while first < len(content):
            room = (WIDTH - self.size % WIDTH) * HASH_BYTES
            part = content[first : first + room]
            self._extend(0, part)
            self.size += len(part) // HASH_BYTES
            first += room
            if len(part) == room:
                self._complete(0)

    def root(self) -> bytes:
        """The root over all leaves added so far."""
        return root_of(self.size, node_of(lambda level, _: bytes(self._edge[level])))

    def changed(self) -> Tiles:
        """The tiles that were filled since this was asked last, and those at the edge that are not full yet."""
        numbers = (self.size >> _BITS * (level + 1) for level in range(len(self._edge)))
        tiles = {(level, number): bytes(self._edge[level]) for level, number in enumerate(numbers) if self._edge[level]}
        tiles |= self._full
        self._full = {}
        return tiles

    def _complete(self, level: int) -> None:
        """A full tile becomes one hash of the level above."""
        tile = bytes(self._edge[level])
        self._full[level, (self.size >> _BITS * (level + 1)) - 1] = tile
        self._edge[level].clear()
        self._extend(level + 1, _folded(tile))
        if len(self._edge[level + 1]) == WIDTH * HASH_BYTES:
            self._complete(level + 1)

    def _extend(self, level: int, hashes: bytes) -> None:
        if level == len(self._edge):
            self._edge.append(bytearray())
        self._edge[level] += hashes


def _folded(hashes: bytes) -> bytes:
    """The root over a power of two of hashes side by side: `node_hash` again and again, inlined."""
    pair = 2 * HASH_BYTES
    while len(hashes) > HASH_BYTES:
        hashes = b"".join([sha256(b"\x01" + hashes[at : at + pair]).digest() for at in range(0, len(hashes), pair)])
    return hashes
