"""A connection to PostgreSQL whose other side is gone, and of whose end nobody hears: it is given up in time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing

import psycopg2
import pytest

from ledger.errors import OutcomeUnknown
from ledger.postgres import Session
from projections.store.connection import answering, connect, endless
from tests.faults.proxy import Proxy
from tests.faults.scene import Scene

Way = tuple[Proxy, str]


@pytest.fixture
def way(scene: Scene) -> Iterator[Way]:
    port = scene.stack.postgres.port
    with closing(Proxy(port)) as proxy:
        yield proxy, scene.url.replace(f":{port}/", f":{proxy.port}/")


@pytest.mark.parametrize("call", ["execute", "copy", "commit"])
def test_a_call_that_nobody_answers_ends(way: Way, call: str) -> None:
    proxy, url = way
    with closing(connect(url, "test")) as connection, closing(connect(url, "test")) as other:
        connection.patience_seconds = other.patience_seconds = 0.3
        cursor = connection.cursor()
        cursor.execute("create temporary table held (row int)")
        calls: dict[str, Callable[[], object]] = {
            "execute": lambda: cursor.execute("select 1"),
            "copy": lambda: cursor.copy_expert("copy held from stdin", _Rows()),
            "commit": connection.commit,
        }
        proxy.half_open()
        began = time.monotonic()
        with pytest.raises(OutcomeUnknown), answering():
            calls[call]()
        assert 0.2 < time.monotonic() - began < 3
        assert connection.closed and not other.closed


def test_who_asks_now_and_then_is_told_and_served_again(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.postgres._PATIENCE_SECONDS", 0.3)
    proxy, url = way
    with closing(Session(url, "test")) as session, closing(Session(url, "test")) as other:
        assert session.ask(_one) == other.ask(_one) == 1
        proxy.half_open()
        assert session.ask(_one) == 1, "on a connection that was made anew"
        began = time.monotonic()
        assert other.write(_one) == 1, "and so is what took the same way"
        assert time.monotonic() - began < 0.3
        proxy.half_open()
        with pytest.raises(OutcomeUnknown):
            session.write(_one)


def test_what_may_take_long_is_waited_for(way: Way) -> None:
    with closing(connect(way[1], "test")) as connection, connection.cursor() as cursor:
        connection.patience_seconds = 0.3
        with endless(connection):
            cursor.execute("select pg_sleep(1.2)")
        with pytest.raises(psycopg2.OperationalError):
            cursor.execute("select pg_sleep(1.2)")


def _one(cursor: object) -> object:
    cursor.execute("select 1")  # type: ignore[attr-defined]
    return cursor.fetchone()[0]  # type: ignore[attr-defined]


class _Rows:
    def read(self, size: int = -1) -> str:
        return ""
