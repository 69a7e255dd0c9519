"""From a question to the bytes of its answer: within the viewer's scope, page by page, each text made once."""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import quote

from projections import read
from readers.api.access import WITHHELD, Admitted, about, admitted
from readers.api.bodies import Body, csv_of, json_of, row_type, veiled, without
from readers.api.cursor import Kept, begin_of, cursor_after, digest, read_cursor
from readers.api.freshness import Fresh, Freshness
from readers.api.question import Question
from readers.api.viewer import Viewer
from readers.memory import Taken, key_of
from readers.tables import Tables

GZIP_BYTES = 1_000
_GZIP_LEVEL = 5
_cases = re.compile(rb"case/[A-Za-z0-9._~-]{1,120}").findall
MEDIA_TYPES = {"json": "application/json", "csv": "text/csv; charset=utf-8"}


class Reply(NamedTuple):
    """An answer to be sent; `body` is None where the asker has it already."""

    body: bytes | None
    headers: dict[str, str]
    media_type: str


class Page(NamedTuple):
    """Some rows of an answer that was taken."""

    taken: Taken
    begin: int
    rows: list[Any]
    is_cut: bool
    next: str | None


class Answers:
    """Thread-safe."""

    def __init__(self, tables: Tables, freshness: Freshness) -> None:
        self._tables, self._freshness = tables, freshness
        self._kept = Kept()

    def reply(self, question: Question, viewer: Viewer, known_tags: str, *, gzipped: bool) -> Reply:
        """The answer. `known_tags` is what `If-None-Match` says. Raises `ShanzhiError` of any sort."""
        allowed = admitted(self._tables, viewer, question.model, question.options)
        page = self._page(question, allowed)
        fresh = self._freshness.of(page.taken.standing)
        variant = (
            tuple(question.given), question.format, page.begin, allowed.is_veiled, allowed.hidden_from, _key_of(fresh)
        )  # fmt: skip
        tag = _tag(question, page, variant, gzipped)
        headers = _headers(question, page, fresh, tag, is_public=not viewer.is_somebody)
        if _is_known(tag, known_tags):
            return Reply(None, headers, MEDIA_TYPES[question.format])
        body = page.taken.body(variant, lambda: self._text(question, allowed, page, fresh))
        if gzipped and len(body) >= GZIP_BYTES:
            headers["Content-Encoding"] = "gzip"
            body = page.taken.body((*variant, "gzip"), lambda: gzip.compress(body, _GZIP_LEVEL, mtime=0))
        return Reply(body, headers, MEDIA_TYPES[question.format])

    def _page(self, question: Question, allowed: Admitted) -> Page:
        name, asked = question.model.name, key_of(question.model.name, allowed.options)
        of_question = digest(_plain(asked))
        if question.cursor is None:
            taken, begin = self._tables.taken(name, {**allowed.options, "limit": question.limit}), 0
        else:
            cursor = read_cursor(question.cursor, of_question)
            kept = self._kept.find(asked, cursor)
            if kept is None:
                whole = {**allowed.options, "as_of": cursor.as_of, "limit": read.MOST_ROWS}
                taken = self._tables.taken(name, whole)
                begin = begin_of(cursor, taken)
                self._kept.keep(asked, taken)
            else:
                taken, begin = kept, cursor.offset
        end = begin + question.limit
        rows = taken.answer.rows[begin:end]
        has_more = bool(rows) and (end < len(taken.answer.rows) or (begin == 0 and taken.answer.is_cut))
        following = question.next(cursor_after(of_question, taken, begin + len(rows))) if has_more else None
        return Page(taken, begin, rows, has_more or taken.answer.is_cut, following)

    def _text(self, question: Question, allowed: Admitted, page: Page, fresh: Fresh) -> bytes:
        answer, rows = page.taken.answer, self._shown(question, allowed, page.rows)
        titles = row_type(question.model, question.options).titles
        if allowed.is_veiled and (withheld := WITHHELD.get(question.model.name)):
            rows, titles = without(rows, withheld), {one: titles[one] for one in titles if one not in withheld}
        if question.format == "csv":
            text = csv_of(titles, rows)
        else:
            text = json_of(
                Body(
                    name=question.model.name, title=question.model.title, generation=answer.generation,
                    position=page.taken.standing.vector, as_of=answer.as_of, period=answer.period, rules=answer.rules,
                    freshness=fresh, options=allowed.options, titles=titles, rows=rows, is_cut=page.is_cut,
                    next=page.next,
                )
            )  # fmt: skip
        return veiled(text) if allowed.is_veiled else text

    def _shown(self, question: Question, allowed: Admitted, rows: list[Any]) -> list[Any]:
        """Without what complains of whoever looks."""
        if not allowed.hidden_from:
            return rows
        named = [set(map(bytes.decode, _cases(json_of(row)))) for row in rows]
        hidden = about(self._tables, set().union(*named), allowed.hidden_from)
        return [row for row, cases in zip(rows, named, strict=True) if cases.isdisjoint(hidden)] if hidden else rows


def _key_of(fresh: Fresh) -> tuple[Any, ...]:
    """What a text depends on of it besides the position."""
    return (fresh.newest_time, fresh.lag_records, fresh.lag_seconds, fresh.missed_publishers)


def _plain(key: tuple[Any, ...]) -> list[Any]:
    """A question's key for a digest."""
    return [one.isoformat() if isinstance(one, datetime) else one for one in key]


def _tag(question: Question, page: Page, variant: tuple[Any, ...], gzipped: bool) -> str:
    taken = page.taken
    told = digest(
        question.model.name, taken.standing.generation, taken.standing.vector, taken.answer.as_of,
        [sorted(part) if isinstance(part, frozenset) else part for part in variant],
    )  # fmt: skip
    return f'"{told}-g"' if gzipped else f'"{told}"'


def _is_known(tag: str, known_tags: str) -> bool:
    return known_tags == "*" or tag in (one.strip().removeprefix("W/") for one in known_tags.split(","))


def _headers(question: Question, page: Page, fresh: Fresh, tag: str, *, is_public: bool) -> dict[str, str]:
    answer = page.taken.answer
    told: Mapping[str, str | None] = {
        "ETag": tag,
        "Cache-Control": "no-cache" if is_public else "private, no-cache",
        "Vary": "Accept, Authorization, Cookie",
        "Shanzhi-Generation": answer.generation,
        "Shanzhi-Position": page.taken.standing.vector,
        "Shanzhi-As-Of": answer.as_of.isoformat(),
        "Shanzhi-Period": f"{answer.period.first}..{answer.period.last}" if answer.period else None,
        "Shanzhi-Rules": quote(", ".join(f"{one.rule}={one.name}@{one.version}" for one in answer.rules), "=@, ")
        or None,
        "Shanzhi-Lag-Records": None if fresh.lag_records is None else str(fresh.lag_records),
        "Link": f'<{page.next}>; rel="next"' if page.next else None,
    }
    headers = {name: value for name, value in told.items() if value is not None}
    if question.format == "csv":
        headers["Content-Disposition"] = f'attachment; filename="{question.model.name}.csv"'
    return headers
