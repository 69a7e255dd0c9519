"""Inputs that are nearly right: samples of every type, changed by small programs that Hypothesis draws as bytes.

A program of `BYTES` bytes makes one input, so that thousands cost little to draw. Zeros change nothing: what fails is
shrunk to the program with the most of them, and told with the input that it makes. `made` makes it again.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from functools import cache
from itertools import product
from typing import Any

import orjson
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from ledger.describe import sample_event
from ledger.event import kinds
from ledger.submission import check, stored
from tests.fixed_keys import FixedKeys
from tests.mistakes import IDENTITY_NUMBER, PHONE, SECRET
from tests.soak import IS_SOAK
from tests.strategies import BEGAN, PROFILE

AT_ONCE = 50
"""Inputs of one example."""

SOAK_TIMES = 50
STEPS = 3
BYTES = 2 + 4 * STEPS
SECONDS_AT_MOST = 0.5
"""Of one thread's own time, for one input: a hundred times what the slowest take."""

SLOW_TIMES = 3
"""Slow is what is slow as often as this: once it may have been the garbage collector, or another's load."""

JUNK: Sequence[Any] = (
    *(None, True, 0, -1, 46.5, 2**63, 2**64 - 1, 1e308, "", "x", "x" * 5_000, "\0", "甲" * 300, "\ud7ff\u2028"),
    *("2024-05-11", "2024-05-11T09:30:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:60Z", "sealed:1:AAAA"),
    *("person/x", "unit/x\n", "{x}", "%s", "a - at `$.b`", "urn:shanzhi:case.closed:1", "case.voided"),
    *(PHONE, f"person/{PHONE}", IDENTITY_NUMBER, SECRET, f"person/{SECRET}", {PHONE: SECRET}, [f"person/{SECRET}"]),
    *([], {}, [None], {"x": 1}, {"x` - at `$.y": 1}, ["x"] * 201, [[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]),
)
NOBODYS = " ".join(str(one) for one in JUNK if not any(name in str(one) for name in (SECRET, PHONE, IDENTITY_NUMBER)))
"""What may be told of an input wherever it stands: a personal field may hold the same by chance."""

NAMES = ("data", "text", "by", "x", "x` - at `$.y", "{x}", "", PHONE, SECRET, "a/b~c", "dataschema", "traceparent")
TOKENS = (
    *(b"", b"\0", b"\xff", b"\xed\xa0\x80", b"\\u0000", b"\\ud800", b"\\", b'"', b"{", b"}", b"[", b",", b":", b"\n"),
    *(b"[" * 20, b'{"a":' * 20, b"9" * 400, b"1e999", b"-", b"NaN", b"null", b"\xef\xbb\xbf", b" " * 70_000),
    *(PHONE.encode(), SECRET.encode("gb18030"), b"//", b"\r\n", b"%00", b"\xc2\x85"),
)

Path = tuple[Any, ...]
Program = bytes
Samples = Callable[[], Sequence[dict[str, Any]]]


@cache
def submitted() -> tuple[dict[str, Any], ...]:
    """A sample of every version of every type, as publishers send it."""
    return tuple(sample_event(kind) for kind in kinds.values())


@cache
def in_ledger() -> tuple[dict[str, Any], ...]:
    """The same as the ledger holds them."""
    sound = stored([check(one, BEGAN.replace(year=2025)) for one in submitted()], FixedKeys())
    return tuple(orjson.loads(one.value) for one in sound)


def made(program: Program, samples: Sequence[dict[str, Any]]) -> bytes:
    """The input that a program makes: a sample, changed as JSON and then as text."""
    event: Any = samples[int.from_bytes(program[:2], "big") % len(samples)]
    steps = [program[at : at + 4] for at in range(2, len(program), 4)]
    changes = [step for step in steps if 1 <= step[0] % 8 <= 4]
    torn = [step for step in steps if step[0] % 8 == 5]
    if changes:
        # A name that is torn stands anywhere: whose it is, and whether it may be told, nobody could say then.
        of_ids = {path for path in _places(event) if _is_of_ids(_at(event, path))} if not torn else None
        event = deepcopy(event)
        for step in changes:
            _change(event, step, samples, of_ids)
    text = orjson.dumps(event)
    for step in torn:
        text = _torn(text, step)
    return text


def _change(event: dict[str, Any], step: bytes, samples: Sequence[dict[str, Any]], of_ids: set[Path] | None) -> None:
    """One value, mostly of the data, replaced, left out, put beside the others, or taken from another sample.

    `of_ids` are the places where a name may stand for an id; None where nobody may be named at all.
    """
    how, where, what = step[1] % 5, step[2], step[3]
    is_of_data = step[0] % 8 < 4 and isinstance(event.get("data"), dict)
    places = [place for place in _places(event) if (place[:1] == ("data",) and place[1:] if is_of_data else place)]
    if not places:
        return
    place = places[where % len(places)]
    around, last = _at(event, place[:-1]), place[-1]
    junk, name = deepcopy(JUNK[what % len(JUNK)]), NAMES[what % len(NAMES)]
    if of_ids is None:
        junk, name = ("x" if SECRET in str(junk) else junk), ("x" if name == SECRET else name)
    elif junk == SECRET and place not in of_ids:
        junk = "x"  # elsewhere a name is no worse than any words, and public as those are
    match how:
        case 1:
            del around[last]
        case 2 if isinstance(around, dict):
            around[name] = junk
        case 3 if isinstance(around, dict):
            around[name] = around.pop(last)
        case 4:
            other = samples[what % len(samples)]
            around[last] = deepcopy(other.get(last, other.get("data", {}).get(last, junk)))
        case _:
            around[last] = junk


def _is_of_ids(value: Any) -> bool:
    first = value[0] if isinstance(value, list) and value else value
    return isinstance(first, str) and re.match("[a-z]+/", first) is not None


def _at(value: Any, path: Path) -> Any:
    for name in path:
        value = value[name]
    return value


def _places(value: Any, *path: Any) -> Iterator[Path]:
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in items:
        yield from _places(one, *path, name)


def _torn(text: bytes, step: bytes) -> bytes:
    """Some bytes of it flipped, left out, doubled, or others put between."""
    how, where, what = step[1] % 6, step[2] * len(text) // 256, step[3]
    match how:
        case 0:
            return text[:where] + TOKENS[what % len(TOKENS)] + text[where:]
        case 1:
            return text[:where] + text[where + what :]
        case 2:
            return text[:where] + bytes([text[where] ^ (what or 1)]) + text[where + 1 :] if text else text
        case 3:
            return text[: where + what] + text[where:]
        case 4:
            return text[:where]
        case _:
            return text[:where] + TOKENS[what % len(TOKENS)] + text[where + len(TOKENS[what % len(TOKENS)]) :]


def fuzz(inputs: int, samples: Samples, tried: Callable[[bytes, Program], None]) -> None:
    """Calls `tried` with so many inputs and their programs, and in the soak with fifty times as many.

    Raises `AssertionError` with the simplest input where that raises anything, or takes too long.
    """
    _fuzz(inputs, samples, lambda texts, programs: tried(texts[0], programs[0]), together=1)


def fuzz_together(inputs: int, samples: Samples, tried: Callable[[list[bytes], list[Program]], None]) -> None:
    """As `fuzz`, with `AT_ONCE` inputs at a time."""
    _fuzz(inputs, samples, tried, AT_ONCE)


def _fuzz(
    inputs: int, samples: Samples, tried: Callable[[list[bytes], list[Program]], None], together: int
) -> None:
    size_bytes = AT_ONCE * BYTES

    def found(programs: list[Program]) -> Exception | None:
        texts = [made(program, samples()) for program in programs]
        seconds = SECONDS_AT_MOST
        for _ in range(SLOW_TIMES):
            began = time.thread_time()
            try:
                tried(texts, programs)
            except Exception as error:
                return error
            seconds = time.thread_time() - began
            if seconds < SECONDS_AT_MOST:
                return None
        return AssertionError(f"it takes {seconds:.2f} s")

    @settings(PROFILE, max_examples=inputs * (SOAK_TIMES if IS_SOAK else 1) // AT_ONCE, phases=[Phase.generate])
    @given(st.binary(min_size=size_bytes, max_size=size_bytes))
    def every(drawn: bytes) -> None:
        programs = [drawn[at : at + BYTES] for at in range(0, size_bytes, BYTES)]
        for first in range(0, AT_ONCE, together):
            some = programs[first : first + together]
            if found(some) is not None:
                simple = _simplest(some, lambda programs: found(programs) is not None)
                error = found(simple)
                shown = "\n".join(f"{one.hex()} makes {made(one, samples())!r}" for one in simple)
                raise AssertionError(f"{type(error).__name__}: {error}\n{shown}") from error

    every()


def _simplest(programs: list[Program], is_broken: Callable[[list[Program]], bool]) -> list[Program]:
    """As few of them as can be, with as many zeros."""
    for one in list(programs):
        fewer = [other for other in programs if other is not one]
        if fewer and is_broken(fewer):
            programs = fewer
    for size in (4, 1):
        for number, first in product(range(len(programs)), range(2 if size == 4 else 0, BYTES, size)):
            program = programs[number]
            simpler = program[:first] + bytes(size) + program[first + size :]
            changed = [*programs[:number], simpler, *programs[number + 1 :]]
            if simpler != program and is_broken(changed):
                programs = changed
    return programs
