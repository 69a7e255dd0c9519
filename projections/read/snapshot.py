"""Several questions put to one state of the tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Snapshot:
    """Stands for a connection where questions are put: what they would each begin and end is one transaction."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def cursor(self) -> Any:
        """A cursor inside the transaction."""
        return self._connection.cursor()

    def __enter__(self) -> Snapshot:
        return self

    def __exit__(self, *_: object) -> None:
        """The transaction goes on until `snapshot` ends."""


@contextmanager
def snapshot(connection: Any) -> Iterator[Snapshot]:
    """One read-only transaction on a connection that is inside none."""
    with connection, connection.cursor() as cursor:
        cursor.execute("set transaction isolation level repeatable read read only")
        yield Snapshot(connection)
