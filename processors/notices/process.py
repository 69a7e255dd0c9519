"""The process of notices: one leader hands over what waits, and tells of each what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import structlog
from prometheus_client import Counter

from ledger.errors import EventRefused
from ledger.sealing import NoKeys
from processors.decider.answer import Answer, Decided, Told, checked, commit
from processors.decider.asked import Asked, settle, unanswered, waiting
from processors.leader import Leader
from processors.metrics import Backed, from_zero
from processors.notices.channel import Channel, NotDelivered, Notice
from processors.standing import await_tables
from projections.store.connection import answering
from projections.store.generation import read_current
from projections.store.now import now_of

LOCK = 7_283_023
PAUSE_SECONDS = 0.2
AT_ONCE = 32  # side by side: a channel that does not answer holds up no more than these
SOURCE = "urn:shanzhi:notices"
AUTHID = "system/notices"
_KINDS = ("notice",)
log = structlog.get_logger("shanzhi.notices")


class Notices(Leader):
    """Hands notices to a channel; a notice that fails is told as failed, and not tried for ever."""

    def __init__(self, database_url: str, channel: Channel) -> None:
        super().__init__("notices", log, database_url, LOCK, PAUSE_SECONDS)
        self._channel = channel
        self._hands = ThreadPoolExecutor(AT_ONCE, "notice")
        self._backed = Backed(self._registry, "notices", "Notices")
        self._handed = Counter(
            "shanzhi_notices", "Notices by what became of them: sent, failed", ("outcome",), registry=self._registry
        )
        from_zero(self._handed, ("sent", "failed"))

    def prepare(self) -> None:
        """Waits for the tables of a worker."""
        await_tables(self._url, "shanzhi notices")

    def look(self, connection: Any) -> None:
        """What waits to be handed over."""
        with connection, connection.cursor() as cursor:
            self._backed.saw(*unanswered(cursor, _KINDS))

    def rests(self) -> None:
        """Nothing waits for this one."""
        self._backed.saw(0, 0.0)

    def step(self, connection: Any) -> bool:
        """Hands over outside a transaction, since a channel may be slow, and tells what came of it in the next one."""
        with answering(), connection, connection.cursor() as cursor:
            generation, _ = read_current(cursor)
            cursor.execute(f"set local search_path = {generation}")
            asked = waiting(cursor, _KINDS, AT_ONCE)
            now = now_of(cursor)
        if not asked:
            return False
        failures = list(self._hands.map(self._hand_over, asked))
        decided = [self._decided(one, failure, now) for one, failure in zip(asked, failures, strict=True)]
        self._commit(connection, decided)
        for failure in failures:
            self._handed.labels("failed" if failure else "sent").inc()
        return len(asked) == AT_ONCE

    def _hand_over(self, asked: Asked) -> str | None:
        """Why it failed, None where it was taken. A channel that breaks breaks nothing else."""
        said = asked.details
        try:
            self._channel.deliver(Notice(asked.id, said["to"], said["about"], said["template"]))
        except NotDelivered as failure:
            return str(failure)
        except Exception as error:
            log.error("failed", request=asked.id, error=type(error).__name__)
            return type(error).__name__
        return None

    def _decided(self, asked: Asked, failure: str | None, now: datetime) -> Decided:
        """One whose event would be refused is not handed over again and again for it."""
        try:
            return checked(asked, told(asked, self._channel.name, failure), now, SOURCE, AUTHID)
        except EventRefused as refusal:
            log.error("refused", request=asked.id, code=refusal.code, pointer=refusal.pointer)
            return Decided(asked, f"refused: {refusal.code} {refusal.pointer}", ())

    def _commit(self, connection: Any, decided: Sequence[Decided]) -> None:
        with answering(), connection, connection.cursor() as cursor:
            settle(cursor, commit(cursor, decided, NoKeys()), now_of(cursor))


def told(asked: Asked, channel: str, failure: str | None) -> Answer:
    """`notice.sent`, or `notice.failed` with its reason; one stream for each notice."""
    said = asked.details
    type_ = "notice.failed" if failure else "notice.sent"
    data = {"to": said["to"], "about": said["about"], "channel": channel, "template": said["template"]}
    if failure:
        data["reason"] = failure
    subject = f"notice/{asked.id}"
    return Answer(failure or "sent", (Told(type_, subject, data, said["about"]),))


def run(*, database_url: str, channel: Channel, probe_host: str = "127.0.0.1", probe_port: int | None = None) -> int:
    """Runs until SIGTERM or SIGINT; returns the exit code. Of several processes one works and the others wait."""
    return Notices(database_url, channel).run(probe_host, probe_port)
