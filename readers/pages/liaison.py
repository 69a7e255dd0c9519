"""The unit's liaison 单位联络员: whistles by their clocks, lists, orders, deliveries, the own score."""

from __future__ import annotations

from datetime import datetime

from readers.language import Text
from readers.pages import sorts
from readers.pages.section import Action, Asking, Fresh, Page, Row, Section, of_unit


def _called(row: Row, asking: Asking) -> list[Row]:
    """What calls the unit in a case, and is not handled yet."""
    return [one for one in row.units if one.unit == asking.grant.unit and one.handled_at is None]


def _whistle(row: Row, asking: Asking) -> dict[str, str]:
    calls = _called(row, asking)
    return {"whistle": calls[0].whistle} if calls else {}


def _due(row: Row) -> datetime:
    dues = [due for one in row.units for due in (one.report_due, one.handle_due) if due]
    return min(dues, default=sorts.LAST)


def _unit(asking: Asking) -> dict[str, str]:
    return {"unit": asking.grant.unit or ""}


PAGE = Page(
    name="unit",
    role="liaison",
    title=Text("单位联络员", "Unit liaison"),
    fresh=(
        Fresh("listing.posted", Text("发布资源", "Post a resource"), lambda asking: {"by": asking.grant.unit or ""}),
        Fresh("duty.reported", Text("到社区报到", "Report to a community"), _unit),
        Fresh("duty.served", Text("登记服务", "A service"), _unit),
        Fresh("activity.planned", Text("策划活动", "Plan an activity")),
        Fresh("volunteer.acted", Text("志愿服务", "Volunteer act"), _unit),
    ),
    sections=(
        Section(
            name="whistles",
            title=Text("吹哨待报到、待办理", "Whistles to answer"),
            model="cases",
            head="category",
            columns=("subject", "urgency", "place_name", "status", "whistled_at", "reported_at", "is_overdue"),
            options=of_unit,
            keep=lambda row, asking: bool(_called(row, asking)),
            order=_due,
            actions=(
                Action(
                    "case.reported",
                    Text("报到", "Report"),
                    preset=lambda row, asking: {**_whistle(row, asking), "unit": asking.grant.unit or ""},
                    when=lambda row, asking: any(one.reported_at is None for one in _called(row, asking)),
                ),
                Action(
                    "case.handled",
                    Text("办结", "Handled"),
                    preset=lambda row, asking: {**_whistle(row, asking), "by": asking.grant.unit or ""},
                ),
                Action("case.disputed", Text("提异议", "Dispute")),
            ),
        ),
        Section(
            name="orders",
            title=Text("点单", "Orders"),
            model="orders",
            head="title",
            columns=("subject", "community", "estate", "status", "due", "taken_at", "done_at"),
            options=lambda asking: {},
            keep=lambda row, asking: row.unit in (None, asking.grant.unit) and row.done_at is None,
            order=sorts.by("due"),
            actions=(
                Action(
                    "order.taken",
                    Text("接单", "Take"),
                    preset=lambda _, asking: _unit(asking),
                    when=sorts.lacks("unit"),
                ),
                Action("order.done", Text("完成", "Done"), when=sorts.has("unit", "done_at")),
            ),
        ),
        Section(
            name="contracts",
            title=Text("契约待交付", "Contract items to deliver"),
            model="contract-items",
            head="item",
            columns=("contract", "community_name", "quantity", "due", "refused_at"),
            options=of_unit,
            keep=sorts.lacks("delivered_at"),
            order=sorts.by("due"),
            actions=(
                Action(
                    "contract.delivered",
                    Text("已交付", "Delivered"),
                    subject=lambda row: row.contract,
                    preset=lambda row, _: {"item": row.item},
                ),
            ),
        ),
        Section(
            name="needs",
            title=Text("可认领的需求", "Needs to claim"),
            model="open-needs",
            head="title",
            columns=("subject", "category", "posted_by", "left_over", "unit_of_quantity", "until"),
            options=lambda asking: {},
            actions=(
                Action(
                    "listing.claimed", Text("认领", "Claim"), preset=lambda _, asking: {"by": asking.grant.unit or ""}
                ),
            ),
        ),
        Section(
            name="resources",
            title=Text("本单位清单", "Own listings"),
            model="resources",
            head="title",
            columns=("subject", "category", "quantity", "left_over", "status", "until"),
            options=of_unit,
            actions=(Action("listing.withdrawn", Text("撤回", "Withdraw"), when=lambda row, _: row.status == "open"),),
            empty=Text("还没有发布", "None yet"),
        ),
        sorts.wishes(
            lambda asking: {},
            lambda row, asking: (
                row.granted_at is None and row.claimed_by in (None, asking.grant.unit) and row.published_at is not None
            ),
            Action(
                "wish.claimed",
                Text("认领", "Claim"),
                preset=lambda _, asking: {"by": asking.grant.unit or ""},
                when=sorts.lacks("claimed_by"),
            ),
            Action("wish.granted", Text("已实现", "Granted"), when=sorts.has("claimed_by")),
        ),
        sorts.hazards(of_unit, Action("hazard.fixed", Text("已整改", "Fixed"), when=sorts.lacks("fixed_at"))),
        sorts.tasks(
            of_unit,
            Action("task.progressed", Text("进展", "Progress")),
            Action("task.done", Text("完成", "Done"), when=sorts.lacks("done_at")),
        ),
        sorts.own_score(of_unit),
        Section(
            name="joint",
            title=Text("协同考核打分", "Joint scores"),
            model="assessments",
            head="unit",
            columns=("subject", "began_at", "items", "contested", "assessors"),
            options=of_unit,
            actions=(Action("assessment.contested", Text("提异议", "Contest")),),
            empty=Text("还没有打分", "None yet"),
        ),
    ),
)
