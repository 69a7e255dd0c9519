"""The parameters of a request: a misspelt one is refused, since `?dryrun=true` would publish in earnest."""

from __future__ import annotations

import re
from typing import NamedTuple

from starlette.datastructures import QueryParams

from ledger.refusal import NOT_SHOWN, named, show
from producers.gateway.problems import Problem, question_refused
from producers.gateway.waiting import seconds_of


class _Meaning(NamedTuple):
    """What a value has to look like, and how that is told."""

    matches: re.Pattern[str]
    remedy: str
    remedy_chinese: str


_NUMBER = _Meaning(re.compile(r"[0-9]{1,18}"), "give the number of the receipt", "写回执中的数字")
_MEANINGS = {
    "dry_run": _Meaning(re.compile("true|false"), "give true or false", "写成 true 或 false"),
    "partition": _NUMBER,
    "offset": _NUMBER,
}


def wrong(asked: QueryParams, *known: str) -> Problem | None:
    """The first parameter that is not known here, given twice, or has no value that makes sense."""
    for name, value in asked.multi_items():
        if name not in known:
            names = ", ".join(known)
            return question_refused(named(name), NOT_SHOWN, f"is none of {names}", f"只接受 {names}")
        if len(asked.getlist(name)) > 1:
            return question_refused(name, show(value), "give it once", "只写一次")
        if name == "wait" and seconds_of(value) is None:
            return question_refused(name, show(value), "give 500ms or 2s", "写成 500ms 或 2s")
        meaning = _MEANINGS.get(name)
        if meaning and not meaning.matches.fullmatch(value):
            return question_refused(name, show(value), meaning.remedy, meaning.remedy_chinese)
    return None
