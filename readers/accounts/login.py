"""A login and what it may: roles, each for a place and all below it, or for a unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Role = Literal[
    "resident", "grid_worker", "liaison", "member", "estate", "desk", "town", "leader", "auditor", "administrator"
]
ROLES: tuple[Role, ...] = get_args(Role)
TITLES: dict[Role, tuple[str, str]] = {
    "resident": ("居民", "Resident"),
    "grid_worker": ("网格员", "Grid worker"),
    "liaison": ("单位联络员", "Unit liaison"),
    "member": ("在职党员", "Party member"),
    "estate": ("小区", "Estate"),
    "desk": ("社区", "Community desk"),
    "town": ("乡镇", "Town"),
    "leader": ("县领导", "County leader"),
    "auditor": ("审计", "Auditor"),
    "administrator": ("管理员", "Administrator"),
}


@dataclass(frozen=True)
class Grant:
    """A role with its scope. `place`: that place and all below it; `unit`: that unit. Neither: the whole county."""

    role: Role
    place: str | None = None
    unit: str | None = None


@dataclass(frozen=True)
class Login:
    """Who is logged in. `person` (`person/…`) is the `authid` of what they publish; `csrf` belongs into each form.

    `must_change`: the password was given by somebody else, and nothing is shown before there is another one.
    """

    account: str
    name: str
    person: str
    grants: tuple[Grant, ...]
    csrf: str
    must_change: bool = False

    @property
    def roles(self) -> frozenset[Role]:
        """Without their scopes."""
        return frozenset(grant.role for grant in self.grants)

    def grant_of(self, *roles: Role) -> Grant | None:
        """The first grant of one of these roles."""
        return next((grant for grant in self.grants if grant.role in roles), None)
