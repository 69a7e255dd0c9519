"""The port that notices leave by, and its simplest implementation: a line in the log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

import structlog

log = structlog.get_logger("shanzhi.notices")
WORDS: Mapping[str, str] = {
    "dispatched": "您有新的派单，请签收",
    "whistled": "乡镇吹哨，请按时报到",
    "handled": "您反映的事项已办理，请您评价",
    "replied": "您反映的事项已有反馈，请您评价",
}
_OTHER_WORDS = "您有一条新通知"


class Notice(NamedTuple):
    """To whom (person or unit), about what, by which template; `id` is the same each time that it is handed over."""

    id: str
    to: str
    about: str
    template: str

    @property
    def words(self) -> str:
        """What it says besides the number of the case."""
        return WORDS.get(self.template, _OTHER_WORDS)


class NotDelivered(Exception):
    """The channel did not take a notice. The text is the reason, without anything of its receiver."""


class Channel(Protocol):
    """Where notices go. Thread-safe."""

    name: str

    def deliver(self, notice: Notice) -> None:
        """Hands the notice over within bounded time. Raises `NotDelivered`."""
        ...


class LogChannel:
    """Nobody is told but the log: what holds as long as no webhook is given."""

    name = "log"

    def deliver(self, notice: Notice) -> None:
        """One line."""
        log.info("notice", to=notice.to, about=notice.about, template=notice.template, words=notice.words)
