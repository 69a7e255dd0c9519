"""The statement of a board: what is summed, by what, and the names that stand beside it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from psycopg2 import sql

from projections.read.declared import Board

_PLACES = ("place", "community", "estate", "grid")
_ROLES = {"place": _PLACES, "unit": ("unit",), "person": ("person", "party")}
_TIMES = {"day": "tally.day", "month": "to_char(tally.day, 'YYYY-MM')", "year": "to_char(tally.day, 'YYYY')"}


@dataclass(frozen=True)
class Columns:
    """Which key columns of a tally are its place, unit and person, whether it has days, and the other ones."""

    roles: Mapping[str, str]
    has_days: bool
    others: tuple[str, ...]

    @property
    def groupings(self) -> tuple[str, ...]:
        """Everything that the board can be grouped by."""
        return (*self.roles, *self.others, *(_TIMES if self.has_days else ()))


def columns_of(board: Board) -> Columns:
    """What the names of the tally's key columns mean. What is only counted (`Distinct`) is no grouping unless named."""
    key = board.tally.key
    first = {role: next((name for name in names if name in key), None) for role, names in _ROLES.items()}
    roles = {role: name for role, name in first.items() if name}
    hidden = {distinct.column for distinct in board.distinct.values()} - {*board.columns}
    others = tuple(name for name in key if name != "day" and name not in roles.values() and name not in hidden)
    return Columns(roles, "day" in key, others)


def statement(
    board: Board, groups: Collection[str], *, tree: str, filters: Collection[str], has_period: bool
) -> sql.Composed:
    """The rows of a board, the whole first. Everything that is not a constant is an argument or an identifier."""
    columns = columns_of(board)
    keys = {group: sql.Identifier(f"by_{group}") for group in groups}
    return sql.SQL(
        "with held as (\n  select {held}\n  from {table} tally{level}\n  where {conditions}\n), summed as (\n"
        "  select {is_overall} as is_overall, {sums}\n  from held\n  group by grouping sets ({sets})\n)\n"
        "select summed.*, {registered} as is_registered{names}\nfrom summed{joined}\n"
        "order by summed.is_overall desc{order}\nlimit %(rows)s"
    ).format(
        held=_comma(*_held(board, columns, keys)),
        table=sql.Identifier(board.tally.table),
        level=_level(columns, tree) if "place" in groups else sql.SQL(""),
        conditions=sql.SQL(" and ").join(_conditions(columns, tree, filters, has_period)),
        is_overall=sql.SQL("grouping({}) = 1").format(next(iter(keys.values()))) if keys else sql.SQL("true"),
        sums=_comma(*_sums(board, keys, filters)),
        sets=sql.SQL("({}), ()").format(_comma(*keys.values())) if keys else sql.SQL("()"),
        registered=sql.SQL(" and ").join([sql.SQL("true"), *_of(_REGISTERED, groups)]),
        names=sql.SQL("").join(_of(_NAMES, groups)),
        joined=sql.SQL("").join(_of(_JOINED, groups)),
        order=sql.SQL("").join(sql.SQL(", summed.{}").format(sql.Identifier(one)) for one in groups),
    )  # fmt: skip


_REGISTERED = {
    "place": sql.SQL("(summed.place is null or of_place.registered_at is not null)"),
    "unit": sql.SQL("(summed.unit is null or of_unit.registered_at is not null)"),
    "person": sql.SQL(
        "(summed.person is null or of_person.registered_at is not null or of_party.registered_at is not null)"
    ),
}
_NAMES = {
    "place": sql.SQL(", of_place.name as place_name, of_place.level as place_level, of_place.parent as place_parent"),
    "unit": sql.SQL(", of_unit.name as unit_name"),
}
_JOINED = {
    "place": sql.SQL("\nleft join entity_place of_place on of_place.subject = summed.place"),
    "unit": sql.SQL("\nleft join entity_unit of_unit on of_unit.subject = summed.unit"),
    "person": sql.SQL(
        "\nleft join entity_person of_person on of_person.subject = summed.person"
        "\nleft join entity_unit of_party on of_party.subject = summed.person"
    ),
}


def _comma(*parts: sql.Composable) -> sql.Composed:
    return sql.SQL(", ").join(parts)


def _of(parts: Mapping[str, sql.SQL], groups: Collection[str]) -> list[sql.SQL]:
    return [parts[group] for group in groups if group in parts]


def _held(board: Board, columns: Columns, keys: Mapping[str, sql.Identifier]) -> list[sql.Composable]:
    """The tally's rows with what they are grouped by; the empty text means that nothing was said."""
    held: list[sql.Composable] = [sql.SQL("tally.*")]
    for group, key in keys.items():
        if group in _TIMES:
            grouped: sql.Composable = sql.SQL(_TIMES[group])
        elif group == "place":
            grouped = sql.SQL("coalesce(level.holder, tally.{})").format(sql.Identifier(columns.roles[group]))
        else:
            grouped = sql.SQL("nullif(tally.{}, '')").format(sql.Identifier(columns.roles.get(group, group)))
        held.append(sql.SQL("{} as {}").format(grouped, key))
    return held


def _day(columns: Columns) -> sql.SQL:
    """The day whose tree counts for a row."""
    return sql.SQL("tally.day" if columns.has_days else "%(today)s::date")


def _level(columns: Columns, tree: str) -> sql.Composable:
    place = sql.Identifier(columns.roles["place"])
    if tree == "today":
        return sql.SQL("\n  left join place_at_level(%(level)s) level on level.place = tally.{}").format(place)
    return sql.SQL(
        "\n  left join place_at_level_then(%(level)s) level on level.place = tally.{} and {} <@ level.days"
    ).format(place, _day(columns))


def _conditions(
    columns: Columns, tree: str, filters: Collection[str], has_period: bool
) -> list[sql.Composable]:
    conditions: list[sql.Composable] = [sql.SQL("true")]
    if has_period:
        conditions.append(sql.SQL("tally.day between %(first)s and %(last)s"))
    for role in filters:
        column = sql.Identifier(columns.roles[role])
        if role != "place":
            conditions.append(sql.SQL("tally.{} = {}").format(column, sql.Placeholder(role)))
        elif tree == "today":
            inside = "tally.{} in (select below.place from place_subtree(%(place)s) below)"
            conditions.append(sql.SQL(inside).format(column))
        else:
            below = "select from place_subtree_then(%(place)s) below where below.place = tally.{} and {} <@ below.days"
            conditions.append(sql.SQL(f"exists ({below})").format(column, _day(columns)))
    return conditions


def _sums(board: Board, keys: Mapping[str, sql.Identifier], filters: Collection[str]) -> list[sql.Composable]:
    sums: list[sql.Composable] = []
    for group, key in keys.items():
        told = sql.SQL("coalesce({}, case when grouping({}) = 1 then {} end)").format(key, key, sql.Placeholder(group))
        sums.append(sql.SQL("{} as {}").format(told if group in filters else key, sql.Identifier(group)))
    for name in board.titles:
        sums.append(sql.SQL("coalesce(sum(held.{0}), 0)::bigint as {0}").format(sql.Identifier(name)))
    for name, one in board.ratios.items():
        sums.append(sql.SQL("round(sum(held.{}) / nullif(sum(held.{}), 0), 6)::float8 as {}").format(
            sql.Identifier(one.part), sql.Identifier(one.whole), sql.Identifier(name)
        ))  # fmt: skip
    for name, distinct in board.distinct.items():
        sums.append(sql.SQL("count(distinct held.{}) filter (where held.{} > 0) as {}").format(
            sql.Identifier(distinct.column), sql.Identifier(distinct.measure), sql.Identifier(name)
        ))  # fmt: skip
    return sums
