"""JSON lines in, counts and refusals out, whatever the stream looks like and wherever it breaks."""

from __future__ import annotations

import io
import os
import threading
import tracemalloc
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, cast

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import limits
from ledger.errors import EventRefused, OutcomeUnknown
from ledger.refusal import refusal
from ledger.writer import Receipt
from producers.lines import CHUNK_BYTES, Counts, Line, LinesUnknown, RefusedLine, publish_lines, read_lines


class InMemory:
    """Answers as a publisher does: in order, `window` late; away after `away_after` events."""

    def __init__(self, window: int = 3, away_after: int | None = None) -> None:
        self.window, self.away_after = window, away_after
        self.published: list[bytes] = []
        self.pauses = 0

    def publish_all(self, events: Iterable[bytes | EventRefused | None]) -> Iterator[Receipt | EventRefused]:
        waiting: list[bytes | EventRefused] = []
        for event in events:
            if event is None:
                self.pauses += 1
            else:
                waiting.append(event)
            while len(waiting) > (0 if event is None else self.window):
                yield self._answer(waiting.pop(0))
        for one in waiting:
            yield self._answer(one)

    def _answer(self, event: bytes | EventRefused) -> Receipt | EventRefused:
        if isinstance(event, EventRefused):
            return event
        if len(self.published) == self.away_after:
            raise OutcomeUnknown("Kafka does not answer", "Try again.")
        try:
            orjson.loads(event)
        except orjson.JSONDecodeError:
            return refusal("nul_character", "/x", "value")
        self.published.append(event)
        return Receipt("id", "source", 0, len(self.published))


def lines_of(content: bytes) -> list[Line]:
    return [line for line in read_lines(io.BytesIO(content)) if line is not None]


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"", []),
        (b"\n\n", []),
        (b"1", [(1, b"1")]),
        (b"1\n", [(1, b"1")]),
        (b"1\n2", [(1, b"1"), (2, b"2")]),
        (b"1\r\n2\r\n", [(1, b"1"), (2, b"2")]),
        (b"\n 1 \n\n\t\n2\n", [(2, b"1"), (5, b"2")]),
        (b"\xef\xbb\xbf1\n2\n", [(1, b"1"), (2, b"2")]),
        (b"\xef\xbb\xbf1", [(1, b"1")]),
        (b"1\n\xef\xbb\xbf2", [(1, b"1"), (2, b"\xef\xbb\xbf2")]),  # only at the beginning is it a mark
    ],
)
def test_lines_are_numbered_and_stripped(content: bytes, lines: list[Line]) -> None:
    assert lines_of(content) == lines


class Trickle(io.RawIOBase):
    """Gives what it has in pieces of the sizes asked for, then byte by byte."""

    def __init__(self, content: bytes, sizes: list[int]) -> None:
        self.content, self.sizes = content, sizes

    def read(self, size: int = -1, /) -> bytes:
        size = min(size, self.sizes.pop() if self.sizes else 1)
        piece, self.content = self.content[:size], self.content[size:]
        return piece


@settings(deadline=None)
@given(
    st.lists(st.binary(max_size=8).map(lambda text: text.replace(b"\n", b"")), max_size=20),
    st.lists(st.integers(1, 9)),
)
def test_how_a_stream_is_cut_makes_no_difference(texts: list[bytes], sizes: list[int]) -> None:
    content = b"\n".join(texts)
    cut = list(read_lines(cast(BinaryIO, Trickle(content, sizes))))
    assert cut == lines_of(content)
    expected = [
        (number, text.strip())
        for number, text in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1)
    ]
    assert cut == [(number, text) for number, text in expected if text]


@pytest.mark.parametrize(
    "size", [limits.SUBMITTED_BYTES + 1, CHUNK_BYTES * 2, CHUNK_BYTES * 3 + 17, 1_000_000]
)
@pytest.mark.parametrize("end", [b"", b"\n", b"\n2\n"])
def test_a_line_without_end_is_refused_and_the_next_one_is_read(size: int, end: bytes) -> None:
    first, (number, refused), *following = lines_of(b"0\n" + b"x" * size + end)
    assert first == (1, b"0")
    assert number == 2
    assert isinstance(refused, EventRefused)
    assert refused.value == f"{size} bytes"
    assert following == ([(3, b"2")] if end == b"\n2\n" else [])


def test_a_line_of_exactly_64_kib_is_read() -> None:
    text = b"x" * limits.SUBMITTED_BYTES
    assert lines_of(text + b"\n" + text) == [(1, text), (2, text)]


def test_an_endless_line_is_not_kept() -> None:
    class Endless(io.RawIOBase):
        left = 2_000

        def read(self, size: int = -1, /) -> bytes:
            self.left -= 1
            return b"x" * size if self.left else b""

    tracemalloc.start()
    ((number, refused),) = [line for line in read_lines(cast(BinaryIO, Endless())) if line is not None]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert number == 1
    assert isinstance(refused, EventRefused)
    assert peak < 10 * CHUNK_BYTES  # of 2,000 chunks


def test_counts_and_refusals() -> None:
    refused: list[RefusedLine] = []
    publisher = InMemory()
    content = b'{"a": 1}\n\nnonsense\n' + b"x" * 70_000 + b'\n{"a": 2}\n'

    counts = publish_lines(io.BytesIO(content), publisher, on_refused=refused.append)

    assert counts == Counts(published=2, refused=2)
    assert publisher.published == [b'{"a": 1}', b'{"a": 2}']
    assert [(one.line, one.refusal.pointer, one.refusal.value) for one in refused] == [
        (3, "/x", "value"),
        (4, "", "70000 bytes"),
    ]
    assert refused[1].as_problem() == {"line": 4, **refused[1].refusal.as_problem()}
    assert refused[1].refusal.code == "line_too_long"


@pytest.mark.parametrize("count", [0, 1, 499, 500, 501, 1_700])
def test_progress_is_told_on_the_way_and_at_the_end(count: int) -> None:
    heard: list[Counts] = []
    counts = publish_lines(io.BytesIO(b"1\n" * count), InMemory(), on_progress=heard.append)
    assert counts == heard[-1] == Counts(count, 0)
    assert len(heard) == count // 500 + 1


@pytest.mark.parametrize(
    ("away_after", "said"),
    [(0, "no line is certain"), (5, "lines 1 to 7 are certain (5 published, 1 refused)")],
)
def test_it_stops_where_kafka_goes_away_and_says_what_is_certain(away_after: int, said: str) -> None:
    content = b"1\n2\n\nnonsense\n5\n6\n7\n8\n9\n"
    with pytest.raises(LinesUnknown) as caught:
        publish_lines(io.BytesIO(content), InMemory(away_after=away_after))
    assert said in str(caught.value)
    assert "Send the whole again" in caught.value.remedy
    assert caught.value.counts.published == away_after
    assert isinstance(caught.value.__cause__, OutcomeUnknown)


def test_a_slow_stream_is_answered_before_the_next_wait() -> None:
    heard, arrived = [], threading.Event()
    reading, writing = os.pipe()

    def on_progress(counts: Counts) -> None:
        heard.append(counts)
        arrived.set()

    publisher = InMemory(window=1_000)
    result: list[Any] = []
    with os.fdopen(reading, "rb") as stream:
        thread = threading.Thread(
            target=lambda: result.append(publish_lines(stream, publisher, on_progress=on_progress))
        )
        thread.start()
        os.write(writing, b"1\n2\n3")  # a window of 1,000 would never fill
        assert arrived.wait(5)
        assert heard[-1] == Counts(2, 0)
        assert publisher.published == [b"1", b"2"]
        os.close(writing)
        thread.join(5)
    assert result == [Counts(3, 0)]
