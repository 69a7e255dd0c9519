"""A connection that is kept between two questions may have been given up meanwhile: that is no answer, and no end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError

from ledger import reader
from ledger.errors import OutcomeUnknown
from ledger.reader import Reader, RecordFetcher


class Kept:
    """A reader of which the first one gives up at its second question."""

    made = 0

    def __init__(self, give_up: Callable[[], Any]) -> None:
        Kept.made += 1
        self._give_up, self._number, self._asked = give_up, Kept.made, 0
        self.ends = {0: 10}

    def __enter__(self) -> Kept:
        return self

    def __exit__(self, *_: object) -> None: ...

    def records(self, _: int, offsets: Collection[int]) -> dict[int, Any]:
        self._asked += 1
        if self._number == 1 and self._asked == 2:
            self._give_up()
        return dict.fromkeys(offsets, f"connection {self._number}")


def away() -> None:
    raise OutcomeUnknown("Kafka does not answer", "Try again.")


def test_what_a_kept_connection_no_longer_answers_is_asked_over_a_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    Kept.made = 0
    monkeypatch.setattr(reader, "Reader", lambda *_, **__: Kept(away))
    fetcher: Any = RecordFetcher("nowhere:9")
    assert fetcher(0, [1]) == {1: "connection 1"}
    assert fetcher(0, [2]) == {2: "connection 2"}


@pytest.mark.parametrize("gives_up", [asyncio.CancelledError, KafkaConnectionError, TimeoutError, OSError])
def test_a_client_that_gives_up_is_kafka_away(gives_up: type[BaseException]) -> None:
    """`CancelledError` above all: it would end the task of whoever asked, and look like its own doing."""

    async def question() -> None:
        raise gives_up

    asked = Reader("nowhere:9")
    with pytest.raises(OutcomeUnknown):
        asked._answer(question())
    asked._loop.close()
