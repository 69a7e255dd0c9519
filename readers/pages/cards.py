"""The rows of a section as cards: titles, words and names in place of codes, and what may be done about each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from projections.read import word
from readers.language import Language, Text
from readers.pages.columns import columns
from readers.pages.section import ASKED_ROWS, FEW_ROWS, MOST_ROWS, Action, Asking, Row, Section
from readers.rendering import local_time
from readers.services import Services

_NAMED = ("place/", "unit/", "team/")
DUES = frozenset({"due", "handle_due", "level_due", "until"})
"""Columns that say until when; what is left is told with them."""

WHOLE = Text("全部", "All")


@dataclass(frozen=True)
class Line:
    """A line of a card: what it is called, and its value as people read it. `is_late` marks what has run out."""

    title: str
    text: str
    is_late: bool = False


@dataclass(frozen=True)
class Tap:
    """A form about the row: its type, subject, presets, and the words of its button (None: the form's own)."""

    type: str
    subject: str | None
    words: str | None
    preset: Mapping[str, str]


@dataclass(frozen=True)
class Card:
    """One row. `address` is its page, None where it has none."""

    head: str
    address: str | None
    lines: Sequence[Line]
    taps: Sequence[Tap]


@dataclass(frozen=True)
class Shown:
    """A section with its cards, of `count` that there are (`is_cut`: at least). `is_whole`: it stands alone."""

    section: Section
    cards: Sequence[Card]
    count: int
    is_cut: bool
    is_whole: bool


def shown(services: Services, section: Section, asking: Asking, language: Language, *, is_whole: bool) -> Shown:
    """Asks for a section's rows: a few of them unless it `is_whole`. Raises `OutcomeUnknown`, `StoreUnsound`."""
    limit = ASKED_ROWS if section.keep else MOST_ROWS
    answer = services.tables.ask(section.model, **section.options(asking), limit=limit)
    rows = [row for row in answer.rows if section.keep is None or section.keep(row, asking)]
    if section.order:
        rows.sort(key=section.order)
    kept = rows[: MOST_ROWS if is_whole else FEW_ROWS]
    names = services.tables.names_of(set(_references(section, kept)))
    cards = [_card(section, row, asking, language, names) for row in kept]
    is_cut = answer.is_cut or len(rows) > MOST_ROWS
    return Shown(section, cards, min(len(rows), MOST_ROWS), is_cut, is_whole)


def _card(section: Section, row: Row, asking: Asking, language: Language, names: Mapping[str, str]) -> Card:
    subject = getattr(row, "subject", None)
    address = f"/entities/{subject}" if isinstance(subject, str) and "/" in subject else None
    head = _told(getattr(row, section.head), section.head, names) or subject or WHOLE.in_(language)
    lines = [
        line
        for column in section.columns
        if (line := _line(column, getattr(row, column), asking, language, names)) is not None
    ]
    taps = [_tap(one, row, asking, language) for one in section.actions if one.when(row, asking)]
    return Card(head, address, lines, taps)


def _line(column: str, value: Any, asking: Asking, language: Language, names: Mapping[str, str]) -> Line | None:
    title = columns()[column].in_(language)
    if column in DUES and isinstance(value, datetime):
        return Line(title, f"{local_time(value)}（{left(value, asking.now).in_(language)}）", value < asking.now)
    text = _told(value, column, names)
    return None if text is None else Line(title, text, is_late=column == "is_overdue" and bool(value))


def left(due: datetime, now: datetime) -> Text:
    """How long until a time, or since it has run out: 还剩 2 小时, 超期 3 天."""
    minutes = abs(int((due - now).total_seconds())) // 60
    for size, zh, en in ((1440, "天", "d"), (60, "小时", "h"), (1, "分钟", "min")):
        if minutes >= size or size == 1:
            many = minutes // size
            is_late = due < now
            return (
                Text(f"超期 {many} {zh}", f"{many} {en} late")
                if is_late
                else Text(f"还剩 {many} {zh}", f"{many} {en} left")
            )
    raise AssertionError("minutes are always told")


def _tap(action: Action, row: Row, asking: Asking, language: Language) -> Tap:
    words = action.words.in_(language) if action.words else None
    return Tap(action.type, action.subject(row), words, action.preset(row, asking))


def _references(section: Section, rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        for column in (section.head, *section.columns):
            value = getattr(row, column)
            for one in value if isinstance(value, list | tuple) else (value,):
                if isinstance(one, str) and one.startswith(_NAMED):
                    yield one


def _told(value: Any, column: str, names: Mapping[str, str]) -> str | None:
    """As people read it, None for nothing."""
    if value is None or value == [] or value == "":
        return None
    if isinstance(value, bool):
        return "✓" if value else None
    if isinstance(value, datetime):
        return local_time(value)
    if isinstance(value, list | tuple):
        told = [text for one in value if (text := _told(one, column, names))]
        return "、".join(told) or None
    if isinstance(value, float):
        return f"{value:.1f}"
    return names.get(value) or word(value, column) if isinstance(value, str) else str(value)
