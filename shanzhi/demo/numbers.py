"""The figures that the demo shows, read from the tables that readers see.

Its own statements, beside the questions of `projections.read`: two looks a second while a worker writes have to be
quick, and show one simulated day and a handful of rows; the questions measure whole months by rules.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from shanzhi.watch import Counted, Watch

FUNNEL = {
    "discovered": "发现",
    "dispatched": "派单",
    "accepted": "落单",
    "whistled": "吹哨",
    "handled": "办理",
    "replied": "反馈",
    "rated": "评价",
    "satisfied": "满意",
}
_FUNNEL = (
    f"select {', '.join(f'coalesce(sum({name}), 0)::bigint' for name in FUNNEL)} "
    "from {}.tally_case_day where day = date '%s'"
)
_GRIDS = (
    "select coalesce(place.name, load.place), load.open, load.emergency, load.urgent "
    "from {0}.tally_grid_load load left join {0}.entity_place place on place.subject = load.place "
    "order by load.open desc, load.place limit 8"
)
_UNITS = (
    "select coalesce(unit.name, day.unit), sum(day.called)::bigint, sum(day.reported)::bigint, "
    "sum(day.handled)::bigint "
    "from {0}.tally_unit_day day left join {0}.entity_unit unit on unit.subject = day.unit "
    "where day.day between date '%s' - 6 and date '%s' group by 1 order by 2 desc, 1 limit 8"
)
_CASES = (
    "with newest as (select * from {0}.entity_case where discovered_at < date '%s' + 2 "
    "order by discovered_at desc limit 8) "
    "select discovered_at at time zone 'Asia/Shanghai', category, "
    "case urgency when 'emergency' then '紧急' when 'urgent' then '加急' when 'ordinary' then '一般' end, "
    "(select name from {0}.entity_place place where place.subject = newest.place), case "
    "when closed_at is not null then '办结' when withdrawn_at is not null then '撤回' "
    "when replied_at is not null then '已反馈' when handled_at is not null then '已办理' "
    "when whistled_at is not null then '已吹哨' when accepted_at is not null then '已落单' "
    "when dispatched_at is not null then '已派单' else '待派单' end "
    "from newest order by discovered_at desc"
)
_ANOMALIES = "select reason, count(*)::bigint from {}.anomaly group by 1 order by 2 desc, 1 limit 6"


class Numbers(NamedTuple):
    """One look. `funnel` follows `FUNNEL`; the others are rows as the screen shows them."""

    counted: Counted
    funnel: tuple[int, ...]
    grids: list[tuple[Any, ...]]
    units: list[tuple[Any, ...]]
    cases: list[tuple[Any, ...]]
    anomalies: list[tuple[Any, ...]]


def look(watch: Watch, day: str) -> Numbers:
    """Everything as of now; `day` (YYYY-MM-DD) is the simulated one."""
    funnel = watch.of_current(_FUNNEL.replace("%s", day))
    return Numbers(
        watch.counted(),
        funnel[0] if funnel else (0,) * len(FUNNEL),
        watch.of_current(_GRIDS),
        watch.of_current(_UNITS.replace("%s", day)),
        watch.of_current(_CASES.replace("%s", day)),
        watch.of_current(_ANOMALIES),
    )
