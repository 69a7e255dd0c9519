"""Who may tell which event: the roles by event type, as words, and what comes from a process or an upstream instead.

`anyone` is a resident without a login. A role that is not named may not. Nothing here says where: that is the scope of
the login (`readers.accounts.rights`).
"""

from __future__ import annotations

from collections.abc import Mapping

import ledger.events  # noqa: F401 - fills the registry
from ledger.event import latest

_TOLD: Mapping[str, Mapping[str, str]] = {
    "volunteer": {
        "acted": "grid_worker liaison member estate desk",
        "confirmed": "desk",
        "refused": "desk",
    },
    "activity": {
        "planned": "liaison estate desk town",
        "held": "liaison estate desk town",
        "cancelled": "liaison estate desk town",
    },
    "service": {
        "offered": "desk town administrator",
        "queried": "anyone resident desk",
    },
    "application": {
        "filed": "resident grid_worker desk",
        "accepted": "desk town",
        "returned": "desk town",
        "decided": "desk town",
        "delivered": "grid_worker desk town",
    },
    "assessment": {
        "scored": "desk town",
        "contested": "liaison",
        "ruled": "town leader",
    },
    "camera": {
        "registered": "town administrator",
        "confirmed": "grid_worker desk",
        "dismissed": "grid_worker desk",
    },
    "care": {
        "paired": "desk",
        "visited": "grid_worker liaison member desk",
        "ended": "desk",
    },
    "case": {
        "discovered": "anyone resident grid_worker liaison member estate desk town leader",
        "refused": "desk town",
        "dispatched": "desk town",
        "accepted": "grid_worker liaison desk town",
        "declined": "grid_worker liaison desk town",
        "whistle_requested": "desk",
        "whistled": "town",
        "reported": "liaison",
        "deliberated": "desk town",
        "handled": "grid_worker liaison desk town",
        "replied": "grid_worker desk town",
        "rated": "anyone resident desk town",
        "looked_up": "anyone resident",
        "reopen_requested": "anyone resident desk",
        "reopened": "desk town",
        "extended": "desk town",
        "paused": "desk town",
        "resumed": "desk town",
        "merged": "desk town",
        "disputed": "grid_worker liaison desk",
        "dispute_ruled": "town leader",
        "excluded": "town",
        "supervised": "desk town leader",
        "withdrawn": "resident desk",
        "closed": "desk town",
    },
    "place": {
        "registered": "desk town administrator",
        "changed": "desk town administrator",
        "merged": "town administrator",
        "closed": "town administrator",
        "staffed": "desk town administrator",
        "unstaffed": "desk town administrator",
        "served": "desk town",
        "unserved": "desk town",
        "linked": "town administrator",
        "unlinked": "town administrator",
    },
    "facility": {"opened": "desk town", "upgraded": "desk town", "closed": "desk town"},
    "regulation": {"issued": "estate desk town", "revised": "estate desk town", "repealed": "estate desk town"},
    "conference": {"convened": "estate desk town", "held": "estate desk town"},
    "contract": {
        "signed": "desk",
        "delivered": "liaison",
        "accepted": "desk",
        "refused": "desk",
        "ended": "desk",
    },
    "council": {"formed": "desk town", "seated": "desk town", "left": "desk town"},
    "curtain": {
        "agreed": "grid_worker desk",
        "seen": "resident grid_worker member desk",
        "paused": "grid_worker desk",
        "resumed": "grid_worker desk",
        "ended": "grid_worker desk",
        "checked": "resident grid_worker member desk",
    },
    "duty": {
        "reported": "liaison member",
        "served": "liaison member",
        "confirmed": "desk",
        "refused": "desk",
    },
    "hazard": {
        "found": "grid_worker member estate desk",
        "fixed": "grid_worker liaison estate desk",
        "verified": "desk town",
    },
    "listing": {
        "posted": "liaison desk",
        "claimed": "liaison desk",
        "withdrawn": "liaison desk",
    },
    "mediation": {
        "opened": "anyone resident grid_worker estate desk",
        "refused": "grid_worker desk town",
        "met": "grid_worker desk town",
        "paused": "grid_worker desk town",
        "extended": "grid_worker desk town",
        "escalated": "grid_worker desk",
        "settled": "grid_worker desk town",
        "failed": "grid_worker desk town",
        "followed_up": "grid_worker desk town",
    },
    "order": {
        "placed": "desk",
        "taken": "liaison",
        "done": "liaison",
        "supervised": "resident desk",
        "rated": "resident desk",
    },
    "patrol": {"made": "grid_worker member estate desk"},
    "person": {
        "registered": "liaison desk town administrator",
        "changed": "liaison desk town administrator",
        "left": "liaison desk town administrator",
        "merged": "administrator",
        "away": "grid_worker liaison member desk",
    },
    "pledge": {"made": "member", "kept": "member", "reviewed": "resident estate desk"},
    "survey": {"opened": "estate desk", "closed": "estate desk"},
    "card": {"submitted": "anyone resident estate desk"},
    "remedy": {"proposed": "estate desk", "adopted": "estate desk town"},
    "task": {
        "assigned": "desk town leader",
        "progressed": "grid_worker liaison member desk town",
        "done": "grid_worker liaison member desk town",
        "verified": "desk town leader",
    },
    "team": {
        "formed": "estate desk",
        "joined": "resident member estate desk",
        "left": "resident member estate desk",
    },
    "topic": {
        "collected": "resident grid_worker estate desk",
        "tabled": "estate desk",
        "decided": "estate desk",
        "carried_out": "liaison estate desk",
        "solved": "estate desk",
    },
    "unit": {
        "registered": "town administrator",
        "paired": "desk town",
        "contacted": "liaison desk town",
        "unpaired": "desk town",
        "replaced": "estate desk",
    },
    "alliance": {"joined": "resident liaison member desk"},
    "visit": {"paid": "grid_worker member desk leader"},
    "wish": {
        "made": "anyone resident grid_worker desk",
        "published": "desk",
        "claimed": "resident liaison member",
        "released": "resident liaison member desk",
        "granted": "resident liaison member desk",
        "confirmed": "resident desk",
        "withdrawn": "resident desk",
    },
}  # fmt: skip
_CORRECTED_BY: Mapping[str, str] = {  # what a desk or town told of others; the register is the administrator's
    "desk town": "act activity application assessment care case conference contract council curtain duty hazard listing"
    " mediation order patrol pledge survey task team topic visit wish",
    "town administrator": "camera person place service unit",
}
TOLD_BY: Mapping[str, frozenset[str]] = {
    **{f"{prefix}.{verb}": frozenset(roles.split()) for prefix, told in _TOLD.items() for verb, roles in told.items()},
    **{
        f"{family}.{verb}": frozenset(roles.split())
        for roles, families in _CORRECTED_BY.items()
        for family in families.split()
        for verb in ("corrected", "voided")
    },
}
"""Role words by event type, for every type that has a form."""

_CLOCK = "时钟 · the clock (shanzhi clock)"
_REGISTER = "命令 · shanzhi publisher"
UPSTREAM: Mapping[str, str] = {
    **dict.fromkeys((type_ for type_ in latest if type_.endswith(".overdue")), _CLOCK),
    "case.escalated": _CLOCK,
    "curtain.missed": _CLOCK,
    "curtain.unanswered": _CLOCK,
    "camera.alerted": "视频平台 · the camera networks (雪亮工程, 公安天网, 慧眼工程), as publishers",
    "notice.sent": "通知进程 · shanzhi notices",
    "notice.failed": "通知进程 · shanzhi notices",
    "notice.corrected": "命令 · shanzhi publish",
    "notice.voided": "命令 · shanzhi publish",
    "period.closed": "命令 · shanzhi period close",
    "period.corrected": "命令 · shanzhi publish",
    "period.voided": "命令 · shanzhi publish",
    "person.forgotten": "命令 · shanzhi forget",
    "publisher.registered": _REGISTER,
    "publisher.changed": _REGISTER,
    "publisher.revoked": _REGISTER,
    "publisher.corrected": "命令 · shanzhi publish",
    "publisher.voided": "命令 · shanzhi publish",
    "rule.adopted": "命令 · shanzhi rule adopt",
    "rule.corrected": "命令 · shanzhi publish",
    "rule.voided": "命令 · shanzhi publish",
}
"""What no form publishes, by the process, command or system that does."""
