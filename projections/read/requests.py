"""Cases as other systems ask the gateway for them: Open311, and by the numbers that they know them by."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

from ledger.postgres import Session
from ledger.protocols import ExternalStanding, RequestsAsked, ServiceRequest, StepTaken

CATEGORIES = 300  # a list of services that somebody has to choose from
_CATEGORIES = (
    "select category from tally_case_kind where category <> '' group by category "
    "order by sum(discovered) desc, category limit %(rows)s"
)
_RUNNING = (
    "select subject from entity_case where subject = any(%(subjects)s) "
    "and recorded_at - discovered_at <= interval '24 hours'"
)
_ANY: Mapping[str, object] = {
    "sources": None, "subjects": None, "categories": None, "is_open": None, "since": None, "until": None,
    "updated_since": None, "updated_until": None, "skipped": 0,
}  # fmt: skip
T = TypeVar("T")


class TableRequests:
    """`ledger.protocols.Requests` and `OwnClocks` on the tables that readers see. Thread-safe.

    Before any worker has run there is nothing to tell of. Raises `OutcomeUnknown` where PostgreSQL is away,
    `StoreUnsound` where it has no tables.
    """

    def __init__(self, database_url: str) -> None:
        self._session = Session(database_url, "shanzhi requests")
        self._lock = threading.Lock()

    def categories(self) -> Sequence[str]:
        """See `Requests.categories`."""
        return self._rows(_CATEGORIES, {"rows": CATEGORIES}, str)

    def named(self, subjects: Sequence[str], sources: Sequence[str]) -> Sequence[ServiceRequest]:
        """See `Requests.named`."""
        return self._requests(subjects=list(subjects), sources=list(sources) or None, rows=len(subjects))

    def told(self, asked: RequestsAsked) -> Sequence[ServiceRequest]:
        """See `Requests.told`."""
        given = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(asked).items()}
        return self._requests(**given)

    def steps(self, since: datetime, until: datetime, rows: int) -> Sequence[StepTaken]:
        """See `Requests.steps`."""
        return self._rows(_text("request_steps"), {"since": since, "until": until, "rows": rows}, StepTaken)

    def external(
        self, sources: Sequence[str], system: str, number: str | None, after: tuple[str, str], rows: int
    ) -> Sequence[ExternalStanding]:
        """See `Requests.external`."""
        given = {
            "sources": list(sources), "system": system, "number": number, "subject": None, "starts": None,
            "ends": None, "after": [system, *after], "rows": rows,
        }  # fmt: skip
        return self._rows(_text("external"), given, ExternalStanding)

    def running(self, subjects: Sequence[str]) -> Collection[str]:
        """See `ledger.protocols.OwnClocks`."""
        return self._rows(_RUNNING, {"subjects": list(subjects)}, str)

    def close(self) -> None:
        """Ends the connection."""
        with self._lock:
            self._session.close()

    def _requests(self, **given: object) -> Sequence[ServiceRequest]:
        return self._rows(_text("requests"), {**_ANY, **given}, ServiceRequest)

    def _rows(self, statement: str, given: Mapping[str, object], make: Callable[..., T]) -> list[T]:
        """The columns of a row are the fields of what is made of it, in their order."""

        def asked(cursor: Any) -> list[T]:
            cursor.execute("select generation from shanzhi.current")
            current = cursor.fetchone()
            if current is None:
                return []
            cursor.execute(f"set local search_path = {current[0]}")
            cursor.execute(statement, given)
            return [make(*row) for row in cursor]

        with self._lock:
            return self._session.ask(asked)


@cache
def _text(name: str) -> str:
    return (files("projections.sql") / "read" / f"{name}.sql").read_text(encoding="utf-8")
