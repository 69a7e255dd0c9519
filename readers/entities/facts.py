"""What is true of an entity now: its row of the family's read model, column by column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
from psycopg2 import sql

from projections.families import FAMILIES
from projections.read.answer import reading
from projections.store.generation import current_generation
from readers.pages.columns import columns
from readers.tables import Tables

_MODELS: Mapping[str, str] = {
    "act": "acts", "activity": "activities", "application": "applications", "assessment": "assessments",
    "camera": "cameras", "care": "care-pairs", "case": "cases", "conference": "conferences", "contract": "contracts",
    "council": "councils", "curtain": "curtains", "duty": "duties", "hazard": "hazards",
    "listing": "needs resources projects", "mediation": "mediations", "notice": "notices", "order": "orders",
    "patrol": "patrols", "period": "periods", "place": "places", "pledge": "pledges", "service": "services",
    "survey": "surveys", "task": "tasks", "team": "teams", "topic": "topics", "visit": "visits", "wish": "wishes",
}  # fmt: skip
"""The read models that have an entity of a family as a row, by its subject; the first one that has it is taken."""
_COLUMNS: Mapping[str, Mapping[str, str]] = {
    "person": {
        "roles": "身份", "unit": "单位", "community": "社区", "away_from": "外出", "away_until": "预计回来",
        "merged_into": "并入", "alliance": "党建联盟", "registered_at": "登记", "left_at": "离开",
        "forgotten_at": "遗忘",
    },
    "publisher": {
        "name": "名称", "sources": "来源", "types": "事件类型", "places": "地点", "rate_per_second": "每秒上限",
        "rhythm_minutes": "报送间隔（分钟）", "registered_at": "登记", "changed_at": "变更", "revoked_at": "注销",
    },
    "rule": {"adoptions": "启用的版本"},
    "unit": {
        "name": "名称", "kind": "单位性质", "pairings": "结对", "registered_at": "登记", "contacted_at": "最近联系",
        "replacements": "更换服务者", "alliance_at": "加入党建联盟",
    },
}  # fmt: skip
"""Of the families without such a model: the columns of their state, without what is sealed."""
_NOT_SHOWN = frozenset({"subject", "unknown", "event_id", "source"})


class Fact(NamedTuple):
    """One column: its Chinese title where the read model has one, and the value."""

    column: str
    title: str | None
    value: Any


def facts(tables: Tables, subject: str) -> list[Fact]:
    """What the tables say of a subject, nothing where they have no row. Raises `OutcomeUnknown`."""
    family = subject.partition("/")[0]
    for model in _MODELS.get(family, "").split():
        for row in tables.ask(model, subject=subject, limit=1).rows:
            return _of_row(row)
    return _of_state(tables, family, subject) if family in _COLUMNS else []


def _of_row(row: Any) -> list[Fact]:
    """Its titled columns, a name in place of the id that it belongs to, then what else has a name and is not empty."""
    titles, read = row.titles, msgspec.to_builtins(row)
    more = [
        name
        for name in read
        if name not in titles and f"{name}_name" not in titles and name in columns() and read[name]
    ]
    told = [Fact(name, titles.get(name), read[name]) for name in (*titles, *more) if name not in _NOT_SHOWN]
    return [one for one in told if one.value not in (None, "", [])]


def _of_state(tables: Tables, family: str, subject: str) -> list[Fact]:
    titles = _COLUMNS[family]
    statement = sql.SQL("select {} from {} where subject = %s").format(
        sql.SQL(", ").join(sql.SQL("to_json({})").format(sql.Identifier(column)) for column in titles),
        sql.Identifier(FAMILIES[family].table),
    )
    with tables.connection() as connection, reading(connection, current_generation(connection)) as cursor:
        cursor.execute(statement, (subject,))
        row = cursor.fetchone() or ()
    return [
        Fact(name, titles[name], value) for name, value in zip(titles, row, strict=False) if value not in (None, [])
    ]
