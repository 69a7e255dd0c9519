"""An explanation as a tree for staff: rules, figures, terms, the entities with their events, what differs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.tree import Tree

from audit.explain import Contribution, Explanation, Figure, RuleInForce, Term, Told
from projections.read import word
from shanzhi.cli.output import cell, plain

EQUAL = "与总账重算一致 · equal: true"
DIFFERS = "与总账重算不一致 · equal: false"


def explanation_tree(found: Explanation) -> Tree:
    """What `results` prints."""
    style = "green" if found.equal else "bold red"
    of = " ".join(found.of.values())
    titles = {one.name: one.title for one in found.figures}
    tree = Tree(f"[bold]{plain(found.what)}[/] {plain(of)}  [{style}]{EQUAL if found.equal else DIFFERS}[/]")
    for branch, lines in (
        ("规则 · rules", [_rule(one) for one in found.rules]),
        ("数值 · figures（表 tables = 总账 ledger）", [_figure(one) for one in found.figures if _is_told(one)]),
        ("构成 · terms", [_term(one, titles) for one in found.terms]),
        ("差异 · differences", [plain(one) for one in found.differences]),
    ):
        if lines:
            grown = tree.add(branch)
            for line in lines:
                grown.add(line)
    _add_entities(tree, found, titles)
    return tree


def _add_entities(tree: Tree, found: Explanation, titles: Mapping[str, str]) -> None:
    counted = f"{found.entities_total} 个，事件 {found.events_total} 条 · events read again from the ledger"
    branch = tree.add(f"来源 · entities {counted}")
    for one in found.entities:
        entity = branch.add(_entity(one, titles))
        for told in one.events:
            entity.add(_event(told))
        if one.events_total > len(one.events):
            entity.add(f"… 另 {one.events_total - len(one.events)} 条事件 · more events: --all")
    if found.entities_total > len(found.entities):
        branch.add(f"… 另 {found.entities_total - len(found.entities)} 个 · more entities: --all")


def _rule(one: RuleInForce) -> str:
    since = f"自 {cell(one.effective_from)} 启用 · in force since, by {one.adopted_by}" if one.effective_from else None
    return plain(f"{one.title} {one.rule} {one.name} {one.version}（{since or '出厂默认 · shipped default'}）")


def _is_told(one: Figure) -> bool:
    return not one.equal or (one.value is not None and not isinstance(one.value, Mapping) and one.value is not False)


def _figure(one: Figure) -> str:
    title = one.name if one.title == one.name else f"{one.title} {one.name}"
    if not one.is_compared:
        return f"{plain(title)}  {_value(one.value)}（与其他单位相比 · among all units）"
    sign = "=" if one.equal else "[bold red]≠[/]"
    return f"{plain(title)}  {_value(one.value)} {sign} {_value(one.recomputed)}"


def _value(value: Any) -> str:
    return cell(value) if not isinstance(value, Mapping) else plain(" ".join(f"{k}={v}" for k, v in value.items()))


def _term(one: Term, titles: Mapping[str, str]) -> str:
    name = titles.get(one.name) or word(one.name, "indicator")
    told = f"{name if name == one.name else f'{name} {one.name}'}  {one.numerator:g}/{one.denominator:g}"
    if one.share is not None:
        told += f" = {one.share:.4f}"
    if one.weight is not None:
        told += f" × 权重 weight {one.weight:g}"
    if one.points is not None:
        told += f" → 得分 points {one.points:g}" + (f"/{one.points_of:g}" if one.points_of is not None else "")
    elif one.share is None and one.weight is not None:
        told += "（无可计 · nothing to measure）"
    return plain(told)


def _entity(one: Contribution, titles: Mapping[str, str]) -> str:
    if one.gives is None:
        return plain(f"{one.subject}  （未试去 · what it gives was not computed）")
    given = one.gives.items()
    gives = "，".join(f"{titles.get(name) or word(name, 'indicator')} {value}" for name, value in given)
    return plain(f"{one.subject}  {gives}" if gives else one.subject)


def _event(one: Told) -> str:
    kind = word(one.type) if one.type else "未知类型 · unknown type"
    return plain(f"{one.position}  {cell(one.time)}  {kind}  {one.authid or '–'}")
