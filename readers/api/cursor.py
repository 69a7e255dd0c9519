"""Pages: a cursor says of what question, time, generation and position its page was, and where that ended.

The pages after the first are cut from one answer, which is kept for a while: they neither repeat a row nor skip one.
Where it is no longer kept and the tables have moved on, the next page begins after the last row of the one before.
"""

from __future__ import annotations

import threading
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from secrets import token_bytes
from typing import Any

import msgspec
from msgspec import Struct

from ledger.limits import EARLIEST, LATEST
from readers.api.problems import Problem, refused
from readers.memory import Key, Taken
from readers.standing import Standing, positions_of

CHARACTERS = 2_000
KEPT_SECONDS = 300.0
KEPT_ROWS = 40_000
_DIGEST_BYTES = 8
_KEY = token_bytes(16)  # of rows: what a stranger does not see can't be guessed from its digest either


class Cursor(Struct, frozen=True, array_like=True):
    """Where a page ended: `row` is a digest of its last row, `subject` of whom that was about."""

    question: str
    generation: str
    vector: str
    as_of: datetime
    offset: int
    row: str
    subject: str

    @property
    def standing(self) -> Standing:
        """Where the tables stood."""
        return Standing(self.generation, positions_of(self.vector) or ())


def digest(*parts: Any, key: bytes = b"") -> str:
    """A short word for anything that JSON can hold."""
    return blake2b(msgspec.json.encode(parts), digest_size=_DIGEST_BYTES, key=key).hexdigest()


def cursor_after(question: str, taken: Taken, offset: int) -> str:
    """The cursor of the page that begins with row `offset` of an answer, as it stands in an address."""
    last = taken.answer.rows[offset - 1]
    generation, vector = taken.standing.generation, taken.standing.vector
    made = Cursor(question, generation, vector, taken.answer.as_of, offset, _of_row(last), _subject(last))
    return urlsafe_b64encode(msgspec.json.encode(made)).decode().rstrip("=")


def read_cursor(text: str, question: str) -> Cursor:
    """What a cursor says. Raises `Problem` for one that is none, or of another question."""
    try:
        padded = text[:CHARACTERS] + "=" * (-len(text) % 4)
        found = msgspec.json.decode(urlsafe_b64decode(padded.encode("ascii")), type=Cursor)
    except (ValueError, UnicodeEncodeError, msgspec.MsgspecError):
        found = None
    if found is None or not _is_sound(found):
        raise refused(
            "cursor", text, "cursor 无法识别 · is none of ours", "用上一页给出的 next · Take `next` of a page."
        )
    if found.question != question:
        raise refused(
            "cursor", text, "cursor 属于另一个问题 · is of another question",
            "选项须与第一页相同 · Ask with the options of the first page.",
        )  # fmt: skip
    return msgspec.structs.replace(found, as_of=found.as_of.astimezone(UTC))


def _is_sound(cursor: Cursor) -> bool:
    is_time = cursor.as_of.tzinfo is not None and EARLIEST <= cursor.as_of <= LATEST
    return is_time and cursor.offset >= 1 and positions_of(cursor.vector) is not None


def begin_of(cursor: Cursor, taken: Taken) -> int:
    """The row of an answer with which the page after the cursor's begins. Raises `Problem` where that is lost."""
    if taken.standing.positions == cursor.standing.positions:
        return cursor.offset
    rows = taken.answer.rows
    of_row = _places(cursor.row, [_of_row(row) for row in rows])
    of_subject = _places(cursor.subject, [_subject(row) for row in rows])
    for places in (of_row, of_subject):
        if len(places) == 1:
            return places[0] + 1
    raise Problem(
        "cursor-gone",
        "其间表已变动，接不上了 · The tables have moved on, and the row that the page ended with is not there any more",
        "从第一页重新读，或用较大的 limit · Begin with the first page, or ask for more rows at once.",
    )


def _places(wanted: str, digests: Sequence[str]) -> list[int]:
    return [place for place, one in enumerate(digests) if one == wanted]


def _of_row(row: Any) -> str:
    return digest(row, key=_KEY)


def _subject(row: Any) -> str:
    return digest(getattr(row, "subject", None), key=_KEY)


class Kept:
    """Answers that pages are cut from, at most so many rows of them, for five minutes each. Thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[Key, Standing, datetime], Taken] = OrderedDict()

    def find(self, question: Key, cursor: Cursor) -> Taken | None:
        """The answer that the cursor's page was of."""
        with self._lock:
            self._forget(KEPT_SECONDS)
            return self._kept.get((question, cursor.standing, cursor.as_of))

    def keep(self, question: Key, taken: Taken) -> None:
        """From now on for five minutes, unless others need the room."""
        with self._lock:
            self._kept[question, taken.standing, taken.answer.as_of] = taken
            while len(self._kept) > 1 and sum(len(one.answer.rows) for one in self._kept.values()) > KEPT_ROWS:
                self._kept.popitem(last=False)

    def _forget(self, seconds: float) -> None:
        now = self._clock()
        for key in [key for key, one in self._kept.items() if now - one.taken_at > seconds]:
            del self._kept[key]
