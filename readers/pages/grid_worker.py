"""The grid worker 网格员: orders by their clocks, and what is seen on the way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from readers.language import Text
from readers.pages.section import Action, Asking, Fresh, Page, Section, of_person

_LATEST = datetime.max.replace(tzinfo=UTC)


def _place(asking: Asking) -> Mapping[str, str]:
    return {"place": asking.grant.place or ""}


def _is_mine(row: Any, asking: Asking) -> bool:
    return bool(row.is_open) and row.assignee == asking.login.person


PAGE = Page(
    name="grid",
    role="grid_worker",
    title=Text("网格工作台", "Grid worker"),
    fresh=(
        Fresh("case.discovered", Text("发现问题", "Report"), _place),
        Fresh("visit.paid", Text("入户走访", "Visit"), _place),
        Fresh("patrol.made", Text("巡查", "Patrol"), _place),
        Fresh("hazard.found", Text("发现隐患", "Hazard"), _place),
    ),
    sections=(
        Section(
            name="orders",
            title=Text("我的派单", "My orders"),
            model="cases",
            head="category",
            columns=("subject", "urgency", "place_name", "status", "handle_due", "is_overdue"),
            options=of_person,
            keep=_is_mine,
            order=lambda row: row.handle_due or _LATEST,
            actions=(
                Action("case.accepted", Text("接单", "Accept"), when=lambda row, _: row.accepted_at is None),
                Action("case.declined", Text("退单", "Decline"), when=lambda row, _: row.accepted_at is None),
                Action("case.handled", Text("办结", "Handled"), when=lambda row, _: row.accepted_at is not None),
            ),
        ),
    ),
)
