"""What time it is: the database's, or the one that was injected into embedded servers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ledger.errors import StoreUnsound


def now_of(cursor: Any) -> datetime:
    """The time by which clocks run out and questions are answered, in UTC."""
    cursor.execute("select coalesce((select time from shanzhi.injected_time), clock_timestamp())")
    (now,) = cursor.fetchone()
    return now  # type: ignore[no-any-return]


def is_injected(cursor: Any) -> bool:
    """Whether this database's ledger is stamped with injected time."""
    cursor.execute("select exists (select from shanzhi.injected_time)")
    return bool(cursor.fetchone()[0])


def inject(cursor: Any, time: datetime) -> None:
    """Lets time stand there, from the first record on; a time that stands already goes on from where it is.

    Raises `StoreUnsound` where there is a ledger that the broker stamps.
    """
    cursor.execute("select exists (select from shanzhi.index_position)")
    if cursor.fetchone()[0] and not is_injected(cursor):
        raise StoreUnsound(
            "这里的总账按真实时间记录 · the ledger here is stamped with real time",
            "换一个目录再注入时间 · Inject a time into a new folder: SHANZHI_FOLDER.",
        )
    cursor.execute("insert into shanzhi.injected_time (time) values (%s) on conflict (only_row) do nothing", (time,))


def move(cursor: Any, time: datetime) -> bool:
    """Moves injected time forward, to the real time at most; False where it would not."""
    cursor.execute(
        "update shanzhi.injected_time set time = %(time)s, moved_at = clock_timestamp() "
        "where time <= %(time)s and %(time)s <= clock_timestamp()",
        {"time": time},
    )
    return bool(cursor.rowcount)
