"""Who works and who publishes: leaders, publishers; and the calendar that clocks go by."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from processors.clock.clock import LOCK as CLOCK
from processors.decider.process import LOCK as DECIDER
from processors.notices.process import LOCK as NOTICES
from processors.relay import LOCK as RELAY
from projections.family import SHANGHAI
from shanzhi.doctor.check import Finding, bad, check, notice, ok
from shanzhi.doctor.scene import Scene
from shanzhi.sealer import LOCK as SEALER

LEADERS = {"clock": CLOCK, "decider": DECIDER, "relay": RELAY, "notices": NOTICES, "sealer": SEALER}
_ANNOUNCED_MONTH = 11  # when the State Council has announced the next year's days off
_NOW = "select coalesce((select time from shanzhi.injected_time), clock_timestamp())"


@check("leaders", "各主进程 · leaders alive", "migrations")
def leaders(scene: Scene) -> Finding:
    """Each kind of process of which one works at a time has one that does."""
    held = scene.rows(
        "select objid::bigint from pg_locks where locktype = 'advisory' and classid = 0 and granted "
        "and database = (select oid from pg_database where datname = current_database())"
    )
    locks = {number for (number,) in held}
    missing = [name for name, lock in LEADERS.items() if lock not in locks]
    if missing:
        remedy = f"shanzhi {missing[0]}（或 shanzhi up 全部启动 · or shanzhi up, which starts them all）"
        return notice(f"未运行 · none runs: {', '.join(missing)}", remedy, missing=missing)
    return ok(", ".join(LEADERS))


@check("publishers", "漏报的发布方 · silent publishers", "folds")
def publishers(scene: Scene) -> Finding:
    """Registered publishers who broke the rhythm that they declared."""
    silent = scene.missed_publishers()
    if not silent:
        return ok("无 · none")
    remedy = "联系发布方 · Ask them; shanzhi show publishers says since when."
    return notice(f"{len(silent)}: {', '.join(silent[:5])}", remedy, silent=silent)


@check("calendar", "工作日历 · working-day calendar", "migrations")
def calendar(scene: Scene) -> Finding:
    """This year's and, once it was announced, next year's days are loaded: deadlines in working days need them."""
    now: datetime = scene.value(_NOW)
    today = now.astimezone(SHANGHAI).date()
    loaded = {int(year) for (year,) in scene.rows("select distinct extract(year from day) from shanzhi.calendar_day")}
    remedy = "shanzhi calendar load FILE"
    if today.year not in loaded:
        return bad(f"{today.year} 年未载入 · this year is not loaded", remedy, 7, loaded=sorted(loaded))
    if today.year + 1 not in loaded:
        what = f"{today.year + 1} 年未载入 · next year is not loaded"
        is_due = today >= date(today.year, _ANNOUNCED_MONTH, 1) + timedelta(days=14)
        if is_due:
            return notice(what, remedy, loaded=sorted(loaded))
        return ok(f"{what}，通常 11 月公布 · usually announced in November", loaded=sorted(loaded))
    return ok(f"{min(loaded)}–{max(loaded)}", loaded=sorted(loaded))
