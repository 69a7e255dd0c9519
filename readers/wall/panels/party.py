"""党建: the league of units, double reporting, what organises it all, the three lists."""

from __future__ import annotations

from readers.language import Text
from readers.wall.panel import Given, Needs, Panel, Shown, parts, whole
from readers.wall.scope import MOST_PLACES, Scope

SHOWN = 10


def _league_needs(scope: Scope) -> Needs:
    return {"units": scope.need("units", 20.0, period=scope.moment.month, limit=2_000)}


def _league(scope: Scope, given: Given) -> Shown:
    rows = list(given["units"] or ())
    ranked = sorted((row for row in rows if row.rank is not None), key=lambda row: (row.rank, row.subject))
    return {
        "ranked": ranked[:SHOWN],
        "weakest": ranked[SHOWN:][-3:],
        "count": len(rows),
        "ranked_count": len(ranked),
        "unranked": len(rows) - len(ranked),
        "mean": sum(row.total for row in ranked) / len(ranked) if ranked else None,
        "opened": scope.opened,
        "month": scope.moment.month,
        "links": {
            "all": scope.opened("units", period=scope.moment.month),
            "ranked": scope.opened("units", ["rank"], period=scope.moment.month),
            "unranked": scope.opened("units", ["-rank"], period=scope.moment.month),
        },
    }


def _duty_needs(scope: Scope) -> Needs:
    return {
        "duty": scope.need("duty", 15.0, period=scope.moment.month, by="community"),
        "board": scope.need("duty-board", 5.0, period=scope.month, by=("day",)),
    }


def _duty(scope: Scope, given: Given) -> Shown:
    rows = sorted(given["duty"] or (), key=lambda row: (-(row.reported_share or 0.0), row.subject))
    members, reported = sum(row.members for row in rows), sum(row.reported for row in rows)
    sums = scope.opened("duty-board", period=scope.month, by=("place",), level=scope.child_level)
    return {
        "communities": [row for row in rows if row.members][:SHOWN],
        "members": members,
        "reported": reported,
        "share": reported / members if members else None,
        "board": whole(given["board"]),
        "links": {
            "roll": scope.opened("duty", period=scope.moment.month, by="community"),
            "units": scope.opened("duty", period=scope.moment.month, by="unit"),
            "served": scope.leads(scope.opened("duties", ["began"], period=scope.month), sums),
            "confirmed": scope.leads(scope.opened("duties", ["began", "confirmed_at"], period=scope.month), sums),
        },
    }


def _organisation_needs(scope: Scope) -> Needs:
    return {
        "teams": scope.need("team-board", 30.0, by=("kind",)),
        "forces": scope.need("service-force-board", 30.0, by=("party_kind",)),
        "leaders": scope.need("leader-board", 30.0, by=("body",)),
        "alliance": scope.need("alliance-board", 30.0, by=("category",)),
        "roster": scope.need("roster", 30.0, limit=MOST_PLACES),
    }


def _organisation(scope: Scope, given: Given) -> Shown:
    roster = given["roster"]
    return {
        "branches": None if roster is None else sum(bool(row.party_branch) for row in roster),
        "teams": parts(given["teams"]),
        "team": whole(given["teams"]),
        "leaders": whole(given["leaders"]),
        "bodies": parts(given["leaders"]),
        "alliance": whole(given["alliance"]),
        "categories": sorted(parts(given["alliance"]), key=lambda row: -row.persons),
        "links": {
            "branches": scope.opened("roster", ["party_branch"]),
            "forces": scope.opened("service-force-board", by=("party_kind",)),
            "teams": scope.leads(scope.opened("teams"), scope.opened("team-board", by=("kind",))),
            "leaders": scope.opened("leaders"),
            "alliance": scope.opened("alliance-board", by=("category",)),
        },
    }


PARTIES = ("party_branch", "two_committees", "owners_committee", "property_company", "law_enforcement", "police")
"""The six parties 六方: one core and those around it."""


def _lists_needs(scope: Scope) -> Needs:
    return {
        "lists": scope.need("listing-board", 10.0, period=scope.year, by=("kind",)),
        "units": scope.need("listings-by-unit", 10.0, period=scope.year, by=("kind",)),
        "contracts": scope.need("contract-board", 10.0, period=scope.year, by=()),
        "needs": scope.need("open-needs", 15.0, limit=SHOWN),
        "resources": scope.need("open-resources", 15.0, limit=SHOWN),
    }


def _lists(scope: Scope, given: Given) -> Shown:
    """Resources are posted by units, which lie in no place."""
    kinds = {row.kind: row for row in parts(given["lists"])}
    kinds.pop("resource", None)
    if scope.subject is None:
        kinds |= {row.kind: row for row in parts(given["units"]) if row.kind == "resource"}
    models = {"need": "needs", "resource": "resources", "project": "projects"}
    return {
        "kinds": [
            (kind, kinds[kind], scope.opened(models[kind], period=scope.year)) for kind in models if kind in kinds
        ],
        "contracts": whole(given["contracts"]),
        "needs": list(given["needs"] or ()),
        "resources": list(given["resources"] or ()),
        "links": {
            "contracts": scope.leads(
                scope.opened("contracts", period=scope.year),
                scope.opened("contract-board", period=scope.year, by=("unit",)),
            ),
            "overdue": scope.leads(
                scope.opened("contract-items", ["in_time:false"], period=scope.year),
                scope.opened("contract-board", period=scope.year, by=("unit",)),
            ),
            "needs": scope.opened("open-needs"),
            "resources": scope.opened("open-resources"),
            "matches": scope.opened("matches"),
        },
    }


PANELS = (
    Panel("league", Text("驻区单位考核", "League of units"), "units", _league_needs, _league, seconds=20.0),
    Panel("duty", Text("双报到双服务", "Double reporting"), "duty", _duty_needs, _duty, seconds=5.0),
    Panel("organisation", Text("组织引领", "Organisation"), "forces", _organisation_needs, _organisation, seconds=30.0),
    Panel("lists", Text("三张清单", "Three lists"), "lists", _lists_needs, _lists, seconds=10.0),
)
