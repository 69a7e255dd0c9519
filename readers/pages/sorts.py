"""Sections that several roles have: the same question, with what the role may do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from readers.language import Text
from readers.pages.section import Action, Asking, Row, Section

LAST = datetime.max.replace(tzinfo=UTC)
Options = Callable[[Asking], Mapping[str, Any]]


def by(column: str) -> Callable[[Row], datetime]:
    """Sorts by a time, rows without one last."""
    return lambda row: getattr(row, column) or LAST


def lacks(column: str) -> Callable[[Row, Asking], bool]:
    """Holds for rows where something has not happened yet."""
    return lambda row, _: getattr(row, column) is None


def has(column: str, *without: str) -> Callable[[Row, Asking], bool]:
    """Holds for rows where something has happened, and others of its kind have not."""
    return lambda row, _: getattr(row, column) is not None and all(getattr(row, name) is None for name in without)


def is_open(row: Row, _: Asking) -> bool:
    """Holds for rows that are open still."""
    return bool(row.is_open)


def hazards(options: Options, *actions: Action) -> Section:
    """Hazards that are not fixed, by their time."""
    return Section(
        name="hazards",
        title=Text("未改隐患", "Open hazards"),
        model="hazards",
        head="kind",
        columns=("subject", "severity", "place_name", "responsible", "found_at", "due", "is_overdue", "fixed_at"),
        options=options,
        actions=actions,
        keep=lambda row, _: row.verified_at is None,
        order=by("due"),
    )


def topics(options: Options, *actions: Action) -> Section:
    """Topics that are not solved."""
    return Section(
        name="topics",
        title=Text("议题", "Topics"),
        model="topics",
        head="title",
        columns=("subject", "estate", "category", "status", "collected_at", "responsible", "due", "is_overdue"),
        options=options,
        actions=actions,
        keep=lambda row, _: row.solved_at is None,
    )


def wishes(options: Options, keep: Callable[[Row, Asking], bool], *actions: Action) -> Section:
    """Wishes, of those that `keep` chooses."""
    return Section(
        name="wishes",
        title=Text("微心愿", "Wishes"),
        model="wishes",
        head="title",
        columns=("subject", "place", "status", "made_at", "claimed_by", "is_overdue", "granted_at", "score"),
        options=options,
        actions=actions,
        keep=keep,
    )


def mediations(options: Options, levels: tuple[str, ...], *actions: Action) -> Section:
    """Open mediations at some levels, by the days that are left."""
    return Section(
        name="mediations",
        title=Text("矛盾纠纷", "Mediations"),
        model="mediations",
        head="cause",
        columns=(
            "subject",
            "place_name",
            "channel",
            "level",
            "days_left",
            "level_due",
            "is_overdue",
            "is_paused",
            "meetings",
        ),
        options=options,
        actions=actions,
        keep=lambda row, _: row.is_open and row.level in levels,
        order=by("level_due"),
    )


def tasks(options: Options, *actions: Action) -> Section:
    """Supervised tasks that are not verified."""
    return Section(
        name="tasks",
        title=Text("督办任务", "Tasks"),
        model="tasks",
        head="title",
        columns=("subject", "kind", "tier", "held_by", "place", "status", "due", "days_late", "percent"),
        options=options,
        actions=actions,
        keep=lambda row, _: row.verified_at is None,
        order=by("due"),
    )


def surveys(options: Options, *actions: Action) -> Section:
    """Items of score cards, the lowest first."""
    return Section(
        name="surveys",
        title=Text("打分卡结果", "Score cards"),
        model="survey-items",
        head="item",
        columns=(
            "subject",
            "estate_name",
            "provider_name",
            "scores",
            "mean",
            "mark",
            "topic",
            "change",
            "next_mean",
            "effect",
        ),
        options=options,
        actions=actions,
        order=lambda row: (row.mean is None, row.mean),
        empty=Text("还没有打分", "No cards yet"),
    )


def own_score(options: Options) -> Section:
    """A unit's assessment of the month."""
    return Section(
        name="score",
        title=Text("本单位考核（本月）", "Own score, this month"),
        model="units",
        head="name",
        columns=("total", "grade", "rank", "measured_weight", "joint", "bonus", "deduction", "final", "final_grade"),
        options=options,
        empty=Text("本月还没有可考核的事项", "Nothing to assess this month yet"),
    )
