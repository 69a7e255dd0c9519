"""Publishes a stream of JSON lines, one event a line: a file, a pipe, or what somebody types."""

from __future__ import annotations

import select
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO, NamedTuple, Protocol

from ledger import limits
from ledger.errors import EventRefused, OutcomeUnknown
from ledger.refusal import refusal
from ledger.writer import Receipt

CHUNK_BYTES = 64 * 1024
PROGRESS_LINES = 500
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

Line = tuple[int, bytes | EventRefused]


class Counts(NamedTuple):
    """How many lines were answered so far."""

    published: int = 0
    refused: int = 0


class RefusedLine(NamedTuple):
    """Which line was not published, counted from 1, and why."""

    line: int
    refusal: EventRefused

    def as_problem(self) -> dict[str, int | str]:
        """The members of the refusal's problem, with the line."""
        return {"line": self.line, **self.refusal.as_problem()}


class LinesUnknown(OutcomeUnknown):
    """Kafka or PostgreSQL went away inside the stream; `counts` and `last_line` say how much is certain."""

    def __init__(self, counts: Counts, last_line: int, cause: OutcomeUnknown) -> None:
        certain = f"lines 1 to {last_line} are certain" if last_line else "no line is certain"
        super().__init__(
            f"{cause.what}; {certain} ({counts.published} published, {counts.refused} refused)",
            "Send the whole again once it answers: what is there already counts once.",
        )
        self.counts = counts
        self.last_line = last_line


class AnswersInOrder(Protocol):
    """What `Publisher.publish_all` does."""

    def publish_all(self, events: Iterable[bytes | EventRefused | None], /) -> Iterator[Receipt | EventRefused]: ...


def publish_lines(
    stream: BinaryIO,
    publisher: AnswersInOrder,
    on_refused: Callable[[RefusedLine], None] = lambda _: None,
    on_progress: Callable[[Counts], None] = lambda _: None,
) -> Counts:
    """Publishes every line of a binary stream of any length and says how many were published and refused.

    `on_progress` hears the counts after every 500 lines, before each wait for a slow stream, and at the end.
    Raises `LinesUnknown` where Kafka or PostgreSQL goes away.
    """
    numbers: deque[int] = deque()
    counts, last_line = Counts(), 0

    def events() -> Iterator[bytes | EventRefused | None]:
        for line in read_lines(stream):
            if line is None:
                yield None
                on_progress(counts)
            else:
                numbers.append(line[0])
                yield line[1]

    try:
        for answer in publisher.publish_all(events()):
            last_line = numbers.popleft()
            if isinstance(answer, EventRefused):
                counts = counts._replace(refused=counts.refused + 1)
                on_refused(RefusedLine(last_line, answer))
            else:
                counts = counts._replace(published=counts.published + 1)
            if sum(counts) % PROGRESS_LINES == 0:
                on_progress(counts)
    except OutcomeUnknown as cause:
        raise LinesUnknown(counts, last_line, cause) from cause
    on_progress(counts)
    return counts


def read_lines(stream: BinaryIO) -> Iterator[Line | None]:
    """(line number from 1, its bytes), blank lines left out; None before each wait for more.

    A line over the size of an event is read through without being kept, and stands here as its refusal.
    """
    number, rest, overlong = 0, b"", 0
    while chunk := _read(stream):
        *complete, rest = (rest + chunk).split(b"\n")
        for text in complete:
            number += 1
            if number == 1:
                text = text.removeprefix(_BYTE_ORDER_MARK)
            if line := _line(number, text, overlong):
                yield line
            overlong = 0
        if len(rest) > limits.SUBMITTED_BYTES:
            overlong, rest = overlong + len(rest), b""
        if _would_wait(stream):
            yield None
    if line := _line(number + 1, rest.removeprefix(_BYTE_ORDER_MARK) if not number else rest, overlong):
        yield line


def _line(number: int, text: bytes, overlong: int) -> Line | None:
    if overlong or len(text) > limits.SUBMITTED_BYTES:
        return number, refusal("line_too_long", "", f"{overlong + len(text)} bytes", limit=limits.SUBMITTED_BYTES)
    text = text.strip()
    return (number, text) if text else None


def _read(stream: BinaryIO) -> bytes:
    """What the stream has now, at least one byte; nothing at its end."""
    read: Callable[[int], bytes] = getattr(stream, "read1", stream.read)
    return read(CHUNK_BYTES)


def _would_wait(stream: BinaryIO) -> bool:
    """Whether nothing is there to be read now. What can't be asked (a file, memory) never waits."""
    try:
        return not select.select([stream], [], [], 0)[0]
    except (OSError, ValueError, TypeError):  # no file descriptor, or not one that can be waited for
        return False
