"""One account for each role, on people, places and a unit that the tables know: to try the pages with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from ledger.errors import ShanzhiError
from projections.read.answer import reading
from projections.store.connection import connect
from projections.store.generation import current_generation
from readers.accounts.login import ROLES, TITLES, Grant, Role
from readers.accounts.passwords import new_password
from readers.accounts.register import AccountRegister
from readers.accounts.rights import NEEDS

PREFIX = "demo-"
_FOUND: Mapping[str, str] = {
    # the grid and worker with most to do, and what lies above that grid
    "grid_worker grid": """
        select assignee, grid from entity_case where assignee like 'person/%%' and grid is not null
        group by assignee, grid order by count(*) filter (where handled_at is null) desc, count(*) desc, 1 limit 1""",
    "any_grid": "select subject from entity_place where level = 'grid' order by subject limit 1",
    "estate": "select place.subject from places_above(%(grid)s) above join entity_place place on subject = above.place"
    " where level = 'estate' limit 1",
    "desk": "select place.subject from places_above(%(grid)s) above join entity_place place on subject = above.place"
    " where level = 'community' limit 1",
    "town": "select place.subject from places_above(%(grid)s) above join entity_place place on subject = above.place"
    " where level = 'town' limit 1",
    "unit": """
        select called ->> 'unit' from entity_case, jsonb_array_elements(obligations) called
        group by 1 order by count(*) filter (where handled_at is null) desc, count(*) desc, 1 limit 1""",
    "any_unit": "select subject from entity_unit where registered_at is not null order by subject limit 1",
    "member liaison": """
        select min(subject), max(subject) from entity_person
        where unit = %(unit)s and roles ? 'in_service_member'""",
    "leader": """
        select link ->> 'leader' from entity_place, jsonb_array_elements(links) link
        group by 1 order by count(*) desc, 1 limit 1""",
    "resident": """
        select reporter from entity_case
        where reporter is not null and place in (select place from place_subtree(%(desk)s))
        order by discovered_at desc, subject limit 1""",
}  # fmt: skip


class NothingThere(ShanzhiError):
    """No place is registered yet that an account could be for."""

    exit_code = 2


@dataclass(frozen=True)
class Made:
    """An account that was made, or given another password. `scope`: its place or unit, else its person."""

    role: Role
    name: str
    password: str
    scope: str


def demo_accounts(database_url: str, by: str) -> list[Made]:
    """`demo-desk`, `demo-town`, …, each with another random password. Raises `NothingThere`, `OutcomeUnknown`."""
    with closing(connect(database_url, "shanzhi demo accounts")) as connection:
        found = _found(connection)
    if missing := {"grid", "estate", "desk", "town", "unit"} - found.keys():
        raise NothingThere(
            f"表中还没有 · the tables have no {', '.join(sorted(missing))}",
            "先模拟或登记 · Have some first: shanzhi simulate --scale 0.1",
        )
    with closing(AccountRegister(database_url)) as register:
        there = {one.name for one in register.listed()}
        return [_made(register, role, found, by, there) for role in ROLES]


def _made(register: AccountRegister, role: Role, found: Mapping[str, str], by: str, there: set[str]) -> Made:
    name, password = f"{PREFIX}{role.replace('_', '-')}", new_password()
    place = found["grid" if role == "grid_worker" else role] if NEEDS[role] == "place" else None
    grant = Grant(role, place, found["unit"] if NEEDS[role] == "unit" else None)
    person = found.get(role, f"person/{name}") if NEEDS[role] != "place" or role == "grid_worker" else f"person/{name}"
    if name in there:
        register.grant(name, [grant], by)
        register.set_password(name, password, by, is_initial=False)
    else:
        register.add(name, f"{TITLES[role][0]}（演示）", person, [grant], password, by)
    return Made(role, name, password, grant.place or grant.unit or person)


def _found(connection: Any) -> dict[str, str]:
    """By role or sort of thing; what was not found is absent, save that any grid and unit will do."""
    found: dict[str, str] = {}
    with reading(connection, current_generation(connection)) as cursor:
        for names, statement in _FOUND.items():
            cursor.execute(statement, {"grid": None, "desk": None, "unit": None} | found)
            found = dict(_named(names, cursor.fetchone())) | found
    return found


def _named(names: str, row: Any) -> Iterator[tuple[str, str]]:
    for name, value in zip(names.split(), row or (), strict=False):
        if value is not None:
            yield name.removeprefix("any_"), value
