"""`/api/v1/explain`: a figure opened to its terms, rule, entities and events, and computed anew from the ledger."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from typing import NamedTuple

import msgspec

from audit.explain import (
    CellQuestion,
    Explanation,
    GridQuestion,
    Page,
    PersonQuestion,
    Question,
    RatesQuestion,
    UnitQuestion,
    cell_question,
    explain,
)
from ledger.reader import RecordFetcher
from projections import read
from projections.store.connection import answering, connect
from projections.store.now import now_of
from readers.api.access import about, is_seen, selves_of
from readers.api.options import TEXT_CHARACTERS
from readers.api.problems import Problem, refused
from readers.api.viewer import Viewer
from readers.refusals import LoginNeeded, NotYours
from readers.services import Services

SIDE_BY_SIDE = 2
SECONDS = 20.0
PAGE = Page(entities=100, events=50, weighed=20)
FIGURES = ("unit", "rates", "grid", "person", "cell")
_SESSION_SECONDS = f"{SECONDS + 10:.0f}s"
_is_subject = re.compile(r"(?:place|unit|person)/[A-Za-z0-9._~-]{1,120}\Z", re.ASCII).match
_KINDS = {"unit": "unit/", "rates": "place/", "grid": "place/", "person": "person/"}


class Asked(NamedTuple):
    """What is to be explained: a question once it is known what time it is, and whom it is about."""

    make: Callable[[datetime], Question]
    figure: str
    about: Mapping[str, str]


class Explaining:
    """At most two at a time, each for 20 s at most. Thread-safe."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._places = threading.BoundedSemaphore(SIDE_BY_SIDE)

    def explanation(self, asked: Asked, viewer: Viewer) -> bytes:
        """The explanation as JSON. Raises `Problem`, `NotYours`, and what `audit.explain.explain` raises."""
        self._assert_seen(asked, viewer)
        if not self._places.acquire(blocking=False):
            raise Problem(
                "crowded", f"已有 {SIDE_BY_SIDE} 个解释在计算 · {SIDE_BY_SIDE} explanations are being made already",
                "稍后再问，或用 shanzhi explain · Ask again in a moment, or use shanzhi explain.",
            )  # fmt: skip
        try:
            found = self._explained(asked)
            hidden = about(self._services.tables, {one.subject for one in found.entities}, self._selves(viewer))
            shown = [one for one in found.entities if one.subject not in hidden]
            return msgspec.json.encode(msgspec.structs.replace(found, entities=shown))
        finally:
            self._places.release()

    def _selves(self, viewer: Viewer) -> frozenset[str]:
        """Whom a complaint may be about that this viewer never sees."""
        return frozenset() if viewer.scope.is_county else selves_of(self._services.tables, viewer.scope)

    def _explained(self, asked: Asked) -> Explanation:
        deadline = time.monotonic() + SECONDS

        def in_time(done: int, total: int) -> None:
            if time.monotonic() > deadline:
                raise Problem(
                    "too-large",
                    f"{SECONDS:.0f} 秒内只重读了 {done}/{total} · {done} of {total} were read again in {SECONDS:.0f} s",
                    "缩小时段，或用 shanzhi explain · Ask for a shorter period, or use shanzhi explain.",
                )  # fmt: skip

        connection = connect(
            self._services.database_url, "shanzhi readers explain", transaction_timeout=_SESSION_SECONDS,
            idle_in_transaction_session_timeout=_SESSION_SECONDS, statement_timeout=_SESSION_SECONDS,
        )  # fmt: skip
        fetching = closing(RecordFetcher(self._services.kafka_bootstrap))
        with answering(), closing(connection), connection.cursor() as cursor, fetching as fetch:
            cursor.execute("set transaction isolation level repeatable read")
            found = explain(cursor, asked.make(now_of(cursor)), fetch, PAGE, in_time)
            connection.rollback()
        return found

    def _assert_seen(self, asked: Asked, viewer: Viewer) -> None:
        if not viewer.is_somebody:
            raise LoginNeeded(
                "解释需要登录或密钥 · explanations are for those with a login or a key",
                "登录，或用 Authorization: Bearer 密钥 · Log in, or give a key: Authorization: Bearer shz_…",
            )
        told = asked.about
        if asked.figure == "person" and told["person"] == viewer.scope.person:
            return
        if asked.figure != "person" and is_seen(
            self._services.tables, viewer, place=told.get("place"), unit=told.get("unit")
        ):
            return
        if not viewer.scope.is_county:
            raise NotYours(
                f"{' '.join(told.values())} 超出您的范围 · is outside of your scope",
                "问您范围内的 · Ask for what lies within your scope.",
            )


def asked_of(given: Sequence[tuple[str, str]]) -> Asked:
    """What the parameters of an address ask for. Raises `Problem`, `QuestionRefused`."""
    told = _told(given)
    figure = told.get("figure", "")
    if figure not in FIGURES:
        known = ", ".join(FIGURES)
        raise refused("figure", figure, f"没有“{figure[:40]}”可解释 · there is no figure {figure[:40]}", f"{known}.")
    if figure == "cell":
        return _cell(told, [text for name, text in given if name == "key"])
    subject = told.get("subject", "")
    if not _is_subject(subject) or not subject.startswith(_KINDS[figure]):
        raise refused(
            "subject", subject, f"subject 不是编号 · “{subject[:60]}” is no id", f"写成 · Write {_KINDS[figure]}… ."
        )
    period = read.parse_period(told.get("period", ""))
    name = _KINDS[figure].rstrip("/")
    return Asked(lambda now: _score(figure, subject, period, now), figure, {name: subject})


def _score(figure: str, subject: str, period: read.Period, now: datetime) -> Question:
    match figure:
        case "unit":
            return UnitQuestion(subject, period.in_whole_months(), now)
        case "rates":
            return RatesQuestion(subject, period, now)
        case "grid":
            return GridQuestion(subject, period.in_whole_months(), now)
    return PersonQuestion(subject, period, now)


def _cell(told: Mapping[str, str], pairs: Sequence[str]) -> Asked:
    key: dict[str, str] = {}
    for pair in pairs:
        column, equals, value = pair.partition("=")
        if not equals or column in key:
            raise refused(
                "key", pair, f"“{pair[:60]}” 不是一列 · is no column", "写成 key=day=2024-03-05 · Write it so."
            )
        key[column] = value
    question: CellQuestion = cell_question(told.get("tally", ""), key, told.get("measure"))
    places = {name: value for name, value in key.items() if value.startswith("place/")}
    units = {name: value for name, value in key.items() if value.startswith("unit/")}
    told_of = {"cell": question.tally.name}
    if places:
        told_of["place"] = next(iter(places.values()))
    if units:
        told_of["unit"] = next(iter(units.values()))
    return Asked(lambda _: question, "cell", told_of)


def _told(given: Sequence[tuple[str, str]]) -> dict[str, str]:
    known = ("figure", "subject", "period", "tally", "key", "measure")
    told: dict[str, str] = {}
    for name, text in given:
        if name not in known:
            raise refused(
                name[:TEXT_CHARACTERS], text, f"没有选项 {name[:40]} · there is no option {name[:40]}",
                f"可用 · There are {', '.join(known)}.",
            )  # fmt: skip
        if len(text) > TEXT_CHARACTERS or not text.isprintable():
            raise refused(name, text, f"{name} 太长或含控制字符 · is too long, or not printable", "改正 · Correct it.")
        if name in told and name != "key":
            raise refused(name, text, f"{name} 给了两次 · is given twice", "只给一次 · Give it once.")
        told[name] = text
    return told
