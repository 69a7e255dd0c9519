"""Who works, who publishes, who logs in; and the calendar that clocks go by."""

from __future__ import annotations

import http.client
from contextlib import closing
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from ledger.errors import OutcomeUnknown
from ledger.parties import Parties
from processors.clock.clock import LOCK as CLOCK
from processors.decider.process import LOCK as DECIDER
from processors.notices.process import LOCK as NOTICES
from processors.relay import LOCK as RELAY
from projections.family import SHANGHAI
from readers.accounts.accounts import INITIAL_DAYS
from shanzhi.address import Door, dashboard_door, gateway_door, running_at, url_of
from shanzhi.doctor.check import Finding, bad, check, notice, ok
from shanzhi.doctor.scene import Scene
from shanzhi.pages_key import PAGES
from shanzhi.sealer import LOCK as SEALER

LEADERS = {"clock": CLOCK, "decider": DECIDER, "relay": RELAY, "notices": NOTICES, "sealer": SEALER}
EXPIRES_DAYS = 14
_ANSWER_SECONDS = 5.0
_ANNOUNCED_MONTH = 11  # when the State Council has announced the next year's days off
_NOW = "select coalesce((select time from shanzhi.injected_time), clock_timestamp())"


@check(
    "leaders",
    "各主进程 · leaders alive",
    "migrations",
    remedy="启动所缺的进程，或 shanzhi up 全部启动 · Start those that are missing, or all of them: shanzhi up",
)
def leaders(scene: Scene) -> Finding:
    """Each kind of process of which one works at a time has one that does."""
    held = scene.rows(
        "select objid::bigint from pg_locks where locktype = 'advisory' and classid = 0 and granted "
        "and database = (select oid from pg_database where datname = current_database())"
    )
    locks = {number for (number,) in held}
    missing = [name for name, lock in LEADERS.items() if lock not in locks]
    if missing:
        return notice(f"未运行 · none runs: {', '.join(missing)}", missing=missing)
    return ok(", ".join(LEADERS))


@check(
    "gateway",
    "网关是否就绪 · the gateway is ready",
    "postgres",
    remedy="启动 shanzhi gateway，或看其日志；在别处运行时给出 SHANZHI_GATEWAY · "
    "Start it, or see its log; where it runs elsewhere say where: SHANZHI_GATEWAY",
)
def gateway(scene: Scene) -> Finding:
    """It answers /readyz with 200."""
    return _ready(scene, gateway_door(scene.settings), scene.settings.gateway)


@check(
    "dashboard",
    "页面是否就绪 · the dashboard is ready",
    "postgres",
    remedy="启动 shanzhi dashboard，或看其日志；在别处运行时给出 SHANZHI_DASHBOARD_HOST 和 _PORT · "
    "Start it, or see its log; where it runs elsewhere give its host and port.",
)
def dashboard(scene: Scene) -> Finding:
    """It answers /readyz with 200."""
    return _ready(scene, dashboard_door(scene.settings), None)


def _ready(scene: Scene, door: Door, given: str | None) -> Finding:
    asked = url_of(door, door.asked_port) if door.asked_port else None
    url = given or running_at(door, scene.settings.folder) or asked
    if url is None:
        return notice("不知在何处 · nobody says where it runs")
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    with closing(kind(parts.hostname or "", parts.port, timeout=_ANSWER_SECONDS)) as asking:
        try:
            asking.request("GET", f"{parts.path.rstrip('/')}/readyz")
            answer = asking.getresponse()
            said = answer.read(500).decode(errors="replace").strip()
        except (OSError, http.client.HTTPException) as error:
            return bad(f"{url} 不应答 · does not answer ({type(error).__name__})", OutcomeUnknown.exit_code)
    return ok(url) if answer.status == 200 else bad(f"{url}: {said}", OutcomeUnknown.exit_code)


@check(
    "publishers",
    "漏报的发布方 · silent publishers",
    "folds",
    remedy="联系发布方，shanzhi show publishers 说明自何时起 · Ask them; that says since when.",
)
def publishers(scene: Scene) -> Finding:
    """Every registered publisher keeps the rhythm that it declared."""
    silent = scene.missed_publishers()
    return notice(f"{len(silent)}: {', '.join(silent[:5])}", silent=silent) if silent else ok("无 · none")


@check(
    "publisher_keys",
    "发布方的密钥 · publishers' keys",
    "migrations",
    remedy="换发密钥并交给发布方 · Give them another one: shanzhi publisher rotate ID",
)
def publisher_keys(scene: Scene) -> Finding:
    """Every publisher that was not revoked has a key that lasts two weeks more, and the ledger knows of each."""
    rows = scene.rows(
        "select id, max(coalesce(expires_at, 'infinity')) filter (where not revoked) "
        "< clock_timestamp() + %s * interval '1 day', announced_revision < revision from shanzhi.publisher "
        "left join shanzhi.publisher_key on publisher = id where revoked_at is null group by id order by id",
        (EXPIRES_DAYS,),
    )
    ending = [id_ for id_, is_ending, _ in rows if is_ending is not False]
    untold = [id_ for id_, _, is_untold in rows if is_untold]
    if ending:
        return notice(f"{', '.join(ending)}: {EXPIRES_DAYS} 天内无有效密钥 · no valid key within days", ending=ending)
    if untold:
        remedy = "下一条 shanzhi publisher 命令会补上 · The next shanzhi publisher command announces it."
        return notice(f"{', '.join(untold)}: 总账还不知道 · the ledger does not know yet", remedy, untold=untold)
    return ok(f"{len(rows)} 个发布方 · publishers")


@check(
    "pages_key",
    "页面的发布密钥 · the key of the pages",
    "migrations",
    remedy="换发并填入 SHANZHI_PAGES_KEY · "
    "Make another one, and give it to the dashboard: shanzhi publisher pages --key-only",
)
def pages_key(scene: Scene) -> Finding:
    """The key that forms publish with is the one of the publisher `pages`."""
    settings, path = scene.settings, scene.settings.folder / "pages.key"
    if settings.pages_key:
        key = settings.pages_key.get_secret_value()
    elif path.exists() and not settings.given_database:
        key = path.read_text(encoding="ascii").strip()
    else:
        return ok("不在这里 · is not here: the dashboard has it")
    with closing(Parties(scene.endpoints.database_url)) as parties:
        party = parties.of_key(key)
    if party is None or party.id != PAGES.id:
        return bad("不是 pages 的有效密钥 · is no valid key of the publisher pages", 2)
    return ok(PAGES.id)


@check(
    "accounts",
    "账号 · accounts",
    "migrations",
    remedy="停用或补齐 · "
    "Disable it, give it a role, or another first password: shanzhi account disable|grant|password NAME",
)
def accounts(scene: Scene) -> Finding:
    """Nobody who was forgotten can log in; every account has a role, and none an old first password."""
    rows = scene.rows(
        "select name, person in (select owner from shanzhi.forgotten), "
        "not exists (select from shanzhi.account_grant where account = name), "
        "is_initial and password_at < clock_timestamp() - %s * interval '1 day' "
        "from shanzhi.account where disabled_at is null order by name",
        (INITIAL_DAYS,),
    )
    forgotten = [name for name, is_forgotten, _, _ in rows if is_forgotten]
    if forgotten:
        return bad(f"{', '.join(forgotten)}: 其人已被遗忘 · its person was forgotten", 2, forgotten=forgotten)
    idle = [name for name, _, has_no_role, is_old in rows if has_no_role or is_old]
    if idle:
        told = f"{', '.join(idle[:5])}: 没有角色，或初始密码已过期 · without a role, or with an expired first password"
        return notice(told, accounts=idle)
    return ok(f"{len(rows)}")


@check(
    "calendar",
    "工作日历 · working-day calendar",
    "migrations",
    remedy="载入 shanzhi calendar load FILE · Load it: deadlines in working days wait for it.",
)
def calendar(scene: Scene) -> Finding:
    """This year's and, once it was announced, next year's days are loaded: deadlines in working days need them."""
    now: datetime = scene.value(_NOW)
    today = now.astimezone(SHANGHAI).date()
    loaded = {int(year) for (year,) in scene.rows("select distinct extract(year from day) from shanzhi.calendar_day")}
    if today.year not in loaded:
        return bad(f"{today.year} 年未载入 · this year is not loaded", 7, loaded=sorted(loaded))
    if today.year + 1 not in loaded:
        what = f"{today.year + 1} 年未载入 · next year is not loaded"
        is_due = today >= date(today.year, _ANNOUNCED_MONTH, 1) + timedelta(days=14)
        if is_due:
            return notice(what, loaded=sorted(loaded))
        return ok(f"{what}，通常 11 月公布 · usually announced in November", loaded=sorted(loaded))
    return ok(f"{min(loaded)}–{max(loaded)}", loaded=sorted(loaded))
