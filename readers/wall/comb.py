"""Which places are the blocks of a map, and which its cells; each map of a tree is laid out once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from readers.wall.hexes import Block, Honeycomb, honeycomb
from readers.wall.tree import Place, Tree

_INNER_BLOCKS = 12
"""More blocks within blocks than this leave no room for names."""
_MAPS = 200  # of a tree
Cells = Mapping[str, Sequence[Place]]


def comb_of(tree: Tree, place: Place | None, width: float, height: float) -> tuple[Honeycomb, Cells]:
    """The map of a place (None: of all there is), and by block the places that are its cells, in their order.

    Blocks are the places right below, with blocks inside where there are few. Cells right below, without a place
    between, are a block of their own under the name of the place itself.
    """
    key, maps = (place, width, height), tree.maps
    found: tuple[Honeycomb, Cells] | None = maps.get(key)
    if found is None:
        if len(maps) >= _MAPS:
            maps.clear()
        found = maps[key] = _laid_out(tree, place, width, height)
    return found


def _laid_out(tree: Tree, place: Place | None, width: float, height: float) -> tuple[Honeycomb, Cells]:
    cells: dict[str, list[Place]] = {}
    subject = place.subject if place else None
    level, children = tree.cell_level(subject), tree.children(subject)
    own = [child for child in children if child.level == level]
    others = [child for child in children if child.level != level]
    inner = {child.subject: _inner(tree, child, level) for child in others}
    has_blocks = sum(map(len, inner.values())) <= _INNER_BLOCKS
    blocks = [_block(tree, child, inner[child.subject] if has_blocks else (), level, cells) for child in others]
    above = place or tree.root or (own[0] if own else None)
    if above and (own or not others):
        cells[above.subject] = own or [above]
        blocks.append(Block(above.subject, len(cells[above.subject])))
    return honeycomb(blocks, width, height), cells


def _inner(tree: Tree, child: Place, level: str) -> tuple[Place, ...]:
    return tuple(one for one in tree.children(child.subject) if one.level != level)


def _block(tree: Tree, place: Place, inner: Sequence[Place], level: str, cells: dict[str, list[Place]]) -> Block:
    if inner:
        return Block(place.subject, blocks=tuple(_block(tree, one, (), level, cells) for one in inner))
    order = {one.subject: index for index, one in enumerate(tree.below(place.subject))}
    found = tree.of_level(place.subject, level)
    cells[place.subject] = sorted(found, key=lambda one: (order.get(one.parent or "", -1), one.name)) or [place]
    return Block(place.subject, len(cells[place.subject]))
