"""What waits for somebody: a process that has to act, or a person who has to decide."""

from __future__ import annotations

from datetime import timedelta

import structlog

from processors.clock.rulebook import read_rulebook
from processors.clock.scan import FIRST, ripe
from processors.clock.telling import Telling
from processors.clock.told import SOURCE, told
from processors.decider.asked import UNDECIDED, unanswered
from processors.decider.batch import KINDS
from projections.store.calendar import calendar_of
from projections.store.now import now_of
from shanzhi.doctor.check import Finding, bad, check, notice, ok
from shanzhi.doctor.scene import Scene

OUTBOX_SECONDS = 300
CLOCK_SECONDS = 300
DECIDER_SECONDS = 60
NOTICE_SECONDS = 600
_NO_PROGRESS = 8
_SEE_LOG = "启动 shanzhi {0}，或看其日志 · Start it, or see its log: .shanzhi/logs/{0}.log"


@check(
    "quarantine",
    "隔离区待处理 · quarantine waiting",
    "migrations",
    remedy="逐条处理：shanzhi quarantine list --open · Decide about each of them.",
)
def quarantine(scene: Scene) -> Finding:
    """Nothing that became no event waits for a decision about it."""
    rows = scene.rows(
        "select reason, count(*) from ("
        "select 'ledger' as origin, null as topic_id, partition, ledger_offset as record_offset, reason "
        "from shanzhi.quarantine union all "
        "select 'intake', topic_id, partition, record_offset, reason from shanzhi.intake_quarantine) listed "
        "where not exists (select from shanzhi.quarantine_decision made where made.origin = listed.origin "
        "and made.partition = listed.partition and made.record_offset = listed.record_offset "
        "and (listed.topic_id is null or made.topic_id = listed.topic_id)) group by 1 order by 2 desc, 1"
    )
    waiting = {reason: int(count) for reason, count in rows}
    if not waiting:
        return ok("无 · none")
    return notice(", ".join(f"{reason} {count:,}" for reason, count in waiting.items()), waiting=waiting)


@check("outbox", "待发布的决定 · outbox unpublished", "migrations", remedy=_SEE_LOG.format("relay"))
def outbox(scene: Scene) -> Finding:
    """What decider, clock and notices have decided to tell is in the ledger within 5 minutes."""
    count, seconds = scene.rows(
        "select count(*), extract(epoch from clock_timestamp() - min(made_at))::float8 from shanzhi.outbox "
        "where published_at is null"
    )[0]
    if not count:
        return ok("无 · none")
    return _aged(count, seconds, OUTBOX_SECONDS)


@check("requests", "待决定的请求 · requests undecided", "migrations", remedy=_SEE_LOG.format("decider"))
def requests(scene: Scene) -> Finding:
    """What events ask for is decided within a minute."""
    return _asked(scene, KINDS, DECIDER_SECONDS)


@check("notices", "待送达的通知 · notices undelivered", "migrations", remedy=_SEE_LOG.format("notices"))
def notices(scene: Scene) -> Finding:
    """Notices to workers, liaisons and residents are handed over within 10 minutes."""
    return _asked(scene, ("notice",), NOTICE_SECONDS)


@check(
    "undecided",
    "无法决定的请求 · what could not be decided",
    "migrations",
    remedy="补上缺的网格、人员或规则，系统会再试 · "
    "Register what is missing: places, staff, rules. It is tried again by itself.",
)
def undecided(scene: Scene) -> Finding:
    """No request was left undecided for want of a place, a person or a rule, and none failed."""
    rows = scene.rows(
        "select outcome, count(*) from shanzhi.request where starts_with(outcome, %s) "
        "or starts_with(outcome, 'failed: ') or starts_with(outcome, 'refused: ') group by 1 order by 2 desc, 1",
        (UNDECIDED,),
    )
    if not rows:
        return ok("无 · none")
    waiting = {outcome: int(count) for outcome, count in rows}
    told = "; ".join(f"{outcome} ×{count:,}" for outcome, count in list(waiting.items())[:3])
    return notice(told, waiting=waiting)


@check("clock", "到点未说的期限 · deadlines that ran out untold", "folds", remedy=_SEE_LOG.format("clock"))
def clock(scene: Scene) -> Finding:
    """What ran out over 5 minutes ago has been told: overdue, escalated, missed."""
    generation, _ = scene.current
    with scene.cursor() as cursor:
        now = now_of(cursor)
        until = now - timedelta(seconds=CLOCK_SECONDS)
        rulebook = read_rulebook(cursor, generation, calendar_of(cursor))
        rows = ripe(cursor, generation, until, rulebook.least(), FIRST)
        due = {
            event["id"]: late.due
            for late in Telling(structlog.get_logger("shanzhi.doctor")).late(rows, rulebook, until)
            for event in told(late.ripe.subject, late.ripe.deadline, late.due, late.version.word, None)
        }
        cursor.execute("select id from shanzhi.outbox where source = %s and id = any(%s)", (SOURCE, list(due)))
        untold = {id_: time for id_, time in due.items() if id_ not in {row[0] for row in cursor.fetchall()}}
    if not untold:
        return ok("无 · none")
    return _aged(len(untold), (now - min(untold.values())).total_seconds(), CLOCK_SECONDS)


@check(
    "forgetting",
    "遗忘未完成 · forgetting that was cut off",
    "migrations",
    remedy="再执行一次 shanzhi forget · Run it again for the same person: it goes on where it was cut off.",
)
def forgetting(scene: Scene) -> Finding:
    """Of everybody who was forgotten the ledger was told, and no table holds a destroyed key any more."""
    untold, unwritten = scene.rows(
        "select count(*) filter (where event is not null and partition is null), "
        "count(*) filter (where rewritten_at is null) from shanzhi.forgotten"
    )[0]
    if untold:
        return bad(f"{untold} 人未写入总账 · the ledger was not told of them", _NO_PROGRESS, untold=untold)
    if unwritten:
        return notice(f"{unwritten} 人的旧行仍在 · their old rows are still in the tables", unwritten=unwritten)
    return ok("无 · none")


def _asked(scene: Scene, kinds: tuple[str, ...], most_seconds: float) -> Finding:
    """What nobody could decide was asked before, and is told by another check."""
    with scene.cursor() as cursor:
        count, seconds = unanswered(cursor, kinds)
    return _aged(count, seconds, most_seconds) if count else ok("无 · none")


def _aged(count: int, seconds: float, most_seconds: float) -> Finding:
    what = f"{count:,} 条，最早 {seconds:.0f} 秒前 · the oldest {seconds:.0f} s ago"
    figures = {"waiting": count, "seconds": round(seconds, 1)}
    return bad(what, _NO_PROGRESS, **figures) if seconds > most_seconds else ok(what, **figures)
