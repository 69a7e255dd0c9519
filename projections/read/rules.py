"""规则: every version of every rule, which one is in force, and each figure with its source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar

import msgspec
from msgspec import Struct

from projections.read.answer import LIMIT, Answer, Row, answer_of, asked, reading
from projections.rules import Adopted, Preset, adopted, in_force, presets
from projections.rules.preset import RULES, figures_of, source_of

ASSUMED = "assumed"


class Figure(Struct, frozen=True, kw_only=True):
    """One parameter. `is_assumed`: no source gave it, it is our own default."""

    figure: str
    value: Any
    source: str | None
    is_assumed: bool


class RuleRow(Row, frozen=True, kw_only=True):
    """One version: shipped with the program or adopted. `refused` says why its parameters can't be used."""

    titles: ClassVar[dict[str, str]] = {
        "rule": "规则",
        "name": "名称",
        "version": "版本",
        "title": "标题",
        "is_in_force": "现行",
        "effective_from": "启用",
        "adopted_by": "启用人",
        "assumed": "自定数值",
        "refused": "不可用",
    }
    rule: str
    name: str
    version: str
    title: str
    is_shipped: bool
    is_default: bool
    is_in_force: bool
    effective_from: datetime | None
    adopted_by: str | None
    assumed: int
    refused: str | None
    figures: list[Figure]


def rules(
    connection: Any, generation: str, *, rule: str | None = None, as_of: datetime | None = None, limit: int = LIMIT
) -> Answer[RuleRow]:
    """Every version, by rule: shipped ones, then adopted ones in the order in which they come to hold."""
    question = asked(None, as_of, limit, always=False)
    with reading(connection, generation) as cursor:
        told = adopted(cursor, generation, rule)
        holding = {name: in_force(cursor, generation, kind, question.as_of) for name, kind in RULES.items()}
    names = sorted({*RULES, *(one.rule for one in told)})
    rows = [row for name in names if rule in (None, name) for row in _of_rule(name, told, holding.get(name))]
    return answer_of(generation, question, rows)


def _of_rule(rule: str, told: list[Adopted], holding: Preset[Any] | None) -> Iterator[RuleRow]:
    for one in presets():
        if one.rule == rule:
            yield _row(one, holding, is_shipped=True)
    for adoption in told:
        if adoption.rule == rule:
            yield _adopted(adoption, holding)


def _adopted(one: Adopted, holding: Preset[Any] | None) -> RuleRow:
    if one.preset:
        row = _row(one.preset, holding, is_shipped=False)
        return msgspec.structs.replace(row, effective_from=one.effective_from, adopted_by=one.adopted_by)
    return RuleRow(
        rule=one.rule, name="adopted", version=one.version, title=one.rule, is_shipped=False, is_default=False,
        is_in_force=False, effective_from=one.effective_from, adopted_by=one.adopted_by, assumed=0,
        refused=one.refused, figures=[],
    )  # fmt: skip


def _row(one: Preset[Any], holding: Preset[Any] | None, *, is_shipped: bool) -> RuleRow:
    figures = list(_figures(one))
    return RuleRow(
        rule=one.rule, name=one.name, version=one.version, title=one.title, is_shipped=is_shipped,
        is_default=one.is_default, is_in_force=one == holding, effective_from=None, adopted_by=None,
        assumed=sum(figure.is_assumed for figure in figures), refused=None, figures=figures,
    )  # fmt: skip


def _figures(one: Preset[Any]) -> Iterator[Figure]:
    parameters: Mapping[str, Any] = msgspec.json.decode(one.parameters_json)
    for name, value in figures_of(parameters):
        source = source_of(one, name)
        yield Figure(figure=name, value=value, source=source, is_assumed=source is None or source.startswith(ASSUMED))
