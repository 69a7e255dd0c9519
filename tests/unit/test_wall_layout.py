"""Laws of the wall's drawings: nothing lies outside or over another, everything is drawn once, and always the same."""

from __future__ import annotations

import gc
import weakref
from datetime import date
from itertools import combinations
from math import dist, isclose, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.wall.comb import comb_of
from readers.wall.funnel import bands
from readers.wall.hexes import HEIGHT, WIDTH, Block, corners, honeycomb
from readers.wall.moment import Moment
from readers.wall.outlines import drawn
from readers.wall.slider import HEIGHT as BAR
from readers.wall.slider import slider
from readers.wall.tree import Place, Tree
from readers.wall.treemap import Rectangle, treemap

WHOLE = Rectangle(0.0, 0.0, WIDTH, HEIGHT)
SLACK = 1e-6
blocks = st.lists(st.integers(1, 60), min_size=1, max_size=12)


def inside(one: Rectangle, other: Rectangle) -> bool:
    return (
        one.x >= other.x - SLACK
        and one.y >= other.y - SLACK
        and one.x + one.width <= other.x + other.width + SLACK
        and one.y + one.height <= other.y + other.height + SLACK
    )


def overlap(one: Rectangle, other: Rectangle) -> bool:
    across = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    down = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    return across > SLACK and down > SLACK


@given(st.lists(st.floats(0.5, 1000), max_size=25))
def test_a_treemap_fills_its_whole_by_weight_without_overlap(weights: list[float]) -> None:
    found = treemap(weights, WHOLE)
    for rectangle, weight in zip(found, weights, strict=True):
        assert inside(rectangle, WHOLE)
        assert isclose(rectangle.width * rectangle.height, WIDTH * HEIGHT * weight / sum(weights), rel_tol=1e-6)
    assert not any(overlap(one, other) for one, other in combinations(found, 2))


@pytest.mark.parametrize("cells", [[1], [82, 82, 81, 82, 82, 82, 82], [5, 40, 3], [12, 9, 30, 17], [100]], ids=str)
def test_every_cell_of_a_honeycomb_has_a_place_of_its_own_inside_its_frame(cells: list[int]) -> None:
    comb = honeycomb([Block(str(index), count) for index, count in enumerate(cells)])
    assert [len(one.centres) for one in comb.placed] == cells
    for one in comb.placed:
        for x, y in one.centres:
            box = Rectangle(x - comb.radius * sqrt(3) / 2, y - comb.radius, comb.radius * sqrt(3), 2 * comb.radius)
            assert inside(box, one.frame)
    centres = [centre for one in comb.placed for centre in one.centres]
    apart = comb.radius * sqrt(3)
    assert all(dist(one, other) >= apart - SLACK for one, other in combinations(centres, 2))
    assert comb == honeycomb([Block(str(index), count) for index, count in enumerate(cells)])


@pytest.mark.parametrize(("one", "other"), [([1], [1]), ([82, 81, 82], [80, 60, 90, 40]), ([5, 40], [3])], ids=str)
def test_blocks_within_blocks_lie_inside_them(one: list[int], other: list[int]) -> None:
    towns = [
        Block(name, blocks=tuple(Block(f"{name}{index}", count) for index, count in enumerate(cells)))
        for name, cells in (("a", one), ("b", other))
    ]
    frames = {placed.key: placed.frame for placed in honeycomb(towns).placed}
    assert all(inside(frames[inner.key], frames[town.key]) for town in towns for inner in town.blocks)
    assert not overlap(frames["a"], frames["b"])


def test_a_hexagon_stands_on_a_corner() -> None:
    assert all(isclose(dist((0, 0), corner), 10) for corner in corners(10))
    assert corners(10)[3] == (0, 10)


def county() -> Tree:
    places = [Place("place/county", "县", "county", None)]
    for town in range(2):
        places.append(Place(f"place/t{town}", f"镇{town}", "town", "place/county"))
        for number in range(3):
            community = f"place/t{town}c{number}"
            places.append(Place(community, f"社区{town}{number}", "community", f"place/t{town}"))
            places += [Place(f"{community}g{index}", f"网格{index}", "grid", community) for index in range(4)]
    estate = Place("place/e", "小区", "estate", "place/t0c0")
    return Tree.of([*places, estate, Place("place/eg", "小区第1网格", "grid", "place/e")])


def test_a_map_shows_every_grid_once_under_the_place_above() -> None:
    tree = county()
    comb, cells = comb_of(tree, None, WIDTH, HEIGHT)
    shown = [cell.subject for placed in comb.placed for cell in cells.get(placed.key, ())]
    assert sorted(shown) == sorted(place.subject for place in tree.of_level(None, "grid"))
    assert all(len(cells.get(placed.key, ())) == len(placed.centres) for placed in comb.placed)
    depths = {placed.key: placed.depth for placed in comb.placed}
    assert depths["place/t0"] == 0 and depths["place/t0c0"] == 1


def test_grids_without_an_estate_stand_in_a_block_of_the_community() -> None:
    tree = county()
    _, cells = comb_of(tree, tree.places["place/t0c0"], WIDTH, HEIGHT)
    assert {key: len(found) for key, found in cells.items()} == {"place/e": 1, "place/t0c0": 4}


def test_a_map_is_laid_out_once_and_goes_with_its_tree() -> None:
    tree = Tree.of([Place("place/county", "县", "county", None), Place("place/t", "镇", "town", "place/county")])
    assert comb_of(tree, None, WIDTH, HEIGHT) is comb_of(tree, None, WIDTH, HEIGHT)
    gone = weakref.ref(tree)
    del tree
    gc.collect()
    assert gone() is None, "a registry that changes makes a new tree each time"


def test_the_tree_knows_ways_up_and_down_and_ends_in_a_circle() -> None:
    tree = county()
    assert [one.subject for one in tree.path("place/eg")] == ["place/t0", "place/t0c0", "place/e", "place/eg"]
    assert [one.subject for one in tree.children(None)] == ["place/t0", "place/t1"]
    assert tree.cell_level(None) == "grid" and tree.cell_level("place/eg") == "grid"
    circle = Tree.of([Place("place/a", "甲", "town", "place/b"), Place("place/b", "乙", "town", "place/a")])
    assert len(list(circle.below("place/a"))) == 2 and len(circle.path("place/a")) == 2
    assert Tree.of([]).children(None) == () and Tree.of([]).root is None


@given(st.lists(st.tuples(st.floats(112, 113), st.floats(39, 41)), min_size=3, max_size=9))
def test_outlines_stay_inside_the_drawing_with_north_above(outline: list[tuple[float, float]]) -> None:
    found = drawn({"place/a": outline}, WIDTH, HEIGHT)["place/a"]
    assert all(-SLACK <= x <= WIDTH + SLACK and -SLACK <= y <= HEIGHT + SLACK for x, y in found)
    (north, south) = max(outline, key=lambda one: one[1]), min(outline, key=lambda one: one[1])
    assert found[outline.index(north)][1] <= found[outline.index(south)][1] + SLACK


@given(st.lists(st.integers(0, 10_000), min_size=8, max_size=8))
def test_the_funnel_draws_a_band_a_step_and_its_two_branches_side_by_side(values: list[int]) -> None:
    values[0] = max(values) + values[3] + values[4]  # both branches are of the cases that were discovered
    found = bands(values)
    assert [band.branch for band in found] == ["", "", "", "grid", "whistle", "", "", ""]
    assert [band.row for band in found] == [0, 1, 2, 3, 3, 4, 5, 6]
    xs = [[float(point.split(",")[0]) for point in band.points.split()] for band in found]
    assert max(xs[3]) <= min(xs[4])
    assert all(-0.1 <= x <= 205 for row in xs for x in row)


def test_the_slider_has_a_bar_for_each_day_with_cases() -> None:
    told = {
        date.fromisoformat("2024-05-01"): 2,
        date.fromisoformat("2024-05-03"): 4,
        date.fromisoformat("2024-05-09"): 9,
    }
    found = slider(
        told,
        Moment(
            date.fromisoformat("2024-05-03"),
            "chosen",
            date.fromisoformat("2024-05-01"),
            date.fromisoformat("2024-05-04"),
        ),
    )
    assert found.path == f"M0 {BAR}v-{BAR // 2}M2 {BAR}v-{BAR}"
    assert (found.days, found.chosen, found.before, found.after) == (
        4,
        2,
        date.fromisoformat("2024-05-02"),
        date.fromisoformat("2024-05-04"),
    )
