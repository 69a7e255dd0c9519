"""What the tables answer about a pack's matter: the read models as `shanzhi show` gives them, and by which rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from typing import Any

import msgspec

from audit.bulk.standing import Cut
from audit.explain import WHOLE, RatesQuestion, UnitQuestion, explain
from audit.pack.about import About
from ledger.reader import RecordFetcher
from projections import read
from projections.read.answer import MOST_ROWS
from projections.read.declared import Book
from projections.store.connection import answering, connect

_INDEX = "events"  # a pack has the events themselves
_EXPLANATION_SECONDS = "60s"


def results(database_url: str, about: About, streams: Sequence[str], cut: Cut, as_of: datetime) -> dict[str, Any]:
    """Every read model that can be asked about the matter and has rows, by name; of linked matters their books.

    `refused` are those that don't measure such a period, with why.
    """
    told, refused = {}, {}
    with answering(), closing(connect(database_url, "shanzhi export")) as connection:
        for name, model, options in _questions(about, streams):
            try:
                answer = read.named(connection, cut.generation, model, **options, as_of=as_of, limit=MOST_ROWS)
            except read.QuestionRefused as error:  # what measures months has no answer for parts of one
                refused[name] = error.what
            else:
                if answer.rows:
                    told[name] = _told(answer)
    return {"as_of": as_of, "answers": told, "refused": refused}


def rules_used(database_url: str, found: dict[str, Any], cut: Cut, as_of: datetime) -> list[Any]:
    """Every version of a rule that an answer was computed by, with its figures and their sources."""
    rules = [one for answer in found["answers"].values() for one in answer["rules"]]
    used = {(one["rule"], one["name"], one["version"]) for one in rules}
    with answering(), closing(connect(database_url, "shanzhi export")) as connection:
        known = read.named(connection, cut.generation, "rules", as_of=as_of, limit=MOST_ROWS)
        return [msgspec.to_builtins(row) for row in known if (row.rule, row.name, row.version) in used]


def explanation(bootstrap: str, database_url: str, about: About, as_of: datetime) -> dict[str, Any] | None:
    """The score of the unit, or the rates of the place, opened to its events; None where the period has no such."""
    period = about.period
    if period is None:
        return None
    kind = UnitQuestion if about.kind == "unit" else RatesQuestion
    try:
        period.in_whole_months()
    except read.QuestionRefused:
        return None
    session = {"transaction_timeout": _EXPLANATION_SECONDS, "idle_in_transaction_session_timeout": _EXPLANATION_SECONDS}
    with answering(), closing(connect(database_url, "shanzhi export", **session)) as connection:
        fetch = RecordFetcher(bootstrap)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute("set transaction isolation level repeatable read")
                found = explain(cursor, kind(about.subject, period, as_of), fetch, WHOLE)
        finally:
            fetch.close()
    explained: dict[str, Any] = msgspec.to_builtins(found, str_keys=True)
    del explained["generation"]  # a name: two databases folded from one ledger may call it differently
    return explained


def _questions(about: About, streams: Sequence[str]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, model in read.read_models().items():
        options = read.options_of(model)
        if name == _INDEX:
            continue
        if about.period is None:
            if isinstance(model, Book):
                for one in streams:
                    if one.partition("/")[0] == model.family:
                        yield f"{name} {one}", name, {"subject": one}
            elif "subject" in options:
                yield f"{name} {about.subject}", name, {"subject": about.subject}
        elif {about.kind, "period"} <= {*options}:
            yield name, name, {about.kind: about.subject, "period": about.period}


def _told(answer: read.Answer[Any]) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(answer)
    return {name: told[name] for name in ("period", "rules", "rows", "is_cut")}
