"""服务: the window, activities, facilities, regulations, the roster of an estate, and who reports how freshly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from readers.language import Text
from readers.wall.panel import Given, Needs, Panel, Shown, parts, share, whole
from readers.wall.panels.party import PARTIES
from readers.wall.scope import MOST_PLACES, Scope

SHOWN = 10
_COUNTS = ("queried", "filed", "decided", "in_time", "judged")
REGULATIONS = ("grid_mechanism", "owners_committee_routine", "branch_duties", "branch_liaison")


def _window_needs(scope: Scope) -> Needs:
    return {"window": scope.need("window", 10.0, period=scope.month, by="item")}


def _window(scope: Scope, given: Given) -> Shown:
    rows = list(given["window"] or ())
    sums = {name: sum(getattr(row, name) for row in rows) for name in _COUNTS}
    board = scope.opened("window", period=scope.month, by="item")
    return {
        "sums": sums,
        "share": share(sums["in_time"], sums["judged"]),
        "items": sorted((row for row in rows if row.filed), key=lambda row: (-row.filed, row.subject))[:SHOWN],
        "offered": sum(bool(row.is_offered) for row in rows),
        "links": {
            "board": board,
            "filed": scope.leads(scope.opened("applications", period=scope.month), board),
            "offered": scope.opened("services"),
        },
    }


def _activities_needs(scope: Scope) -> Needs:
    return {
        "board": scope.need("activity-board", 10.0, period=scope.year, by=("kind",)),
        "book": scope.need("activities", 10.0, period=scope.year, limit=400),
    }


def _activities(scope: Scope, given: Given) -> Shown:
    rows = list(given["book"] or ())
    day = scope.moment.day
    coming = [row for row in rows if row.status == "planned" and row.begins is not None]
    return {
        "row": whole(given["board"]),
        "kinds": sorted((row for row in parts(given["board"]) if row.held), key=lambda row: -row.held)[:SHOWN],
        "coming": sorted(coming, key=lambda row: row.begins)[:4],
        "latest": [row for row in rows if row.status == "held" and row.title][:6],
        "day": day,
        "links": {
            "held": scope.opened("activities", ["status:held"], period=scope.year),
            "kinds": scope.opened("activity-board", period=scope.year, by=("kind",)),
            "clinics": scope.opened("clinics", period=scope.year),
        },
        "opened": scope.opened,
        "year": scope.year,
    }


def _facilities_needs(scope: Scope) -> Needs:
    return {
        "board": scope.need("facility-board", 30.0, by=("kind",)),
        "near": scope.need("daily-life", 60.0, level="county"),
    }


def _facilities(scope: Scope, given: Given) -> Shown:
    near = {row.kind: row for row in given["near"] or () if row.is_overall}
    here = {row.kind: row.open for row in parts(given["board"])}
    return {
        "row": whole(given["board"]),
        "kinds": sorted(
            ((kind, here.get(kind), near.get(kind)) for kind in {*here, *near}),
            key=lambda one: (-(one[1] or 0), one[0]),
        ),
        "links": {
            "open": scope.opened("facilities", ["is_open"]),
            "upgraded": scope.opened("facilities", ["upgraded_at"]),
            "near": scope.opened("daily-life", level=scope.child_level),
        },
        "opened": scope.opened,
    }


class Regulation(NamedTuple):
    """One of the four kinds: in how many estates it is in force, or what it is called here."""

    kind: str
    estates: int
    title: str | None
    href: str


def _regulations_needs(scope: Scope) -> Needs:
    return {"estates": scope.need("regulations", 30.0, limit=MOST_PLACES)}


def _regulations(scope: Scope, given: Given) -> Shown:
    rows = list(given["estates"] or ())
    return {
        "kinds": [
            Regulation(
                kind, sum(getattr(row, kind) is not None for row in rows),
                getattr(rows[0], kind) if len(rows) == 1 else None, scope.opened("regulations", [kind]),
            )
            for kind in REGULATIONS
        ],
        "estates": len(rows),
        "complete": sum(row.in_force == len(REGULATIONS) for row in rows),
        "lacking": [row for row in rows if row.in_force < len(REGULATIONS)][:SHOWN],
        "address": scope.address,
        "links": {"all": scope.opened("regulations"), "complete": scope.opened("regulations", ["in_force:4"])},
    }  # fmt: skip


class Party(NamedTuple):
    """One of the six parties: in how many estates somebody stands for it, or who that is here."""

    kind: str
    estates: int
    names: list[str]
    href: str


def _roster_needs(scope: Scope) -> Needs:
    return {
        "forces": scope.need("service-force-board", 30.0, by=("party_kind",)),
        "roster": scope.need("roster", 30.0, limit=MOST_PLACES),
    }


def _roster(scope: Scope, given: Given) -> Shown:
    rows = list(given["roster"] or ())
    forces = {row.party_kind: row for row in parts(given["forces"])}
    estates = len(rows) or len(scope.tree.of_level(scope.subject, "estate")) or 1
    return {
        "parties": list(_parties(scope, rows, forces)),
        "estates": estates,
        "is_one": estates == 1,
        "is_known": bool(rows),
        "gaps": sum(len(row.gaps) for row in rows),
        "with_gaps": [row for row in rows if row.gaps][:SHOWN],
        "address": scope.address,
        "links": {
            "roster": scope.leads(scope.opened("roster"), scope.opened("service-force-board", by=("party_kind",))),
            "gaps": scope.leads(
                scope.opened("roster", ["gaps"]), scope.opened("service-force-board", by=("party_kind",))
            ),
        },
    }


def _parties(scope: Scope, rows: list[Any], forces: dict[str, Any]) -> Iterator[Party]:
    """People are not named here: their names are sealed, and a post is filled or it is not."""
    board = scope.opened("service-force-board", by=("party_kind",))
    for kind in PARTIES:
        if rows:
            names = [name for row in rows for name in getattr(row, kind)] if len(rows) == 1 else []
            shown = ["●" if name.startswith("person/") else name for name in names]
            yield Party(kind, sum(bool(getattr(row, kind)) for row in rows), shown, scope.opened("roster", [kind]))
        elif kind in forces:  # whoever may not see the roster is told what serves there, never that the rest is lacking
            yield Party(kind, forces[kind].places, [], board)


PANELS = (
    Panel("window", Text("一站受理窗口", "Service window"), "window", _window_needs, _window, seconds=10.0),
    Panel("activities", Text("活动", "Activities"), "board", _activities_needs, _activities, seconds=10.0),
    Panel("facilities", Text("阵地", "Facilities"), "board", _facilities_needs, _facilities, seconds=30.0),
    Panel("regulations", Text("小区制度", "Regulations"), "estates", _regulations_needs, _regulations, seconds=30.0),
    Panel("roster", Text("六方力量", "Six parties"), "forces", _roster_needs, _roster, seconds=30.0),
)
