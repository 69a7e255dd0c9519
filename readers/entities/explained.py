"""Where the scores of an entity are opened down to their events."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlencode

from readers.accounts.login import Login
from readers.forms.values import SHANGHAI
from readers.language import Text

_FIGURES: Mapping[str, tuple[tuple[str, Text], ...]] = {
    "unit": (("unit", Text("单位考核", "Assessment of the unit")),),
    "person": (("person", Text("工作量和积分", "Workload and points")),),
    "place": (("rates", Text("三率", "The three rates")), ("grid", Text("网格月分", "The grid's month"))),
}


class Explanation(NamedTuple):
    """A figure of this month, and the address that opens it."""

    title: Text
    address: str


def explanations(login: Login | None, subject: str, now: datetime) -> list[Explanation]:
    """For those with a login: the auditor's page for auditors, else the answer of the read API."""
    if login is None:
        return []
    page = "/audit/explain" if "auditor" in login.roles else "/api/v1/explain"
    month = f"{now.astimezone(SHANGHAI):%Y-%m}"
    found = _FIGURES.get(subject.partition("/")[0], ())
    return [
        Explanation(title, f"{page}?{urlencode({'figure': figure, 'subject': subject, 'period': month})}")
        for figure, title in found
    ]
