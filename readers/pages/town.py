"""The town 乡镇: whistles, joint scores, mediations of its level, exclusions and disputes."""

from __future__ import annotations

from collections.abc import Mapping

from readers.language import Text
from readers.pages import sorts
from readers.pages.section import Action, Asking, Fresh, Page, Row, Section, at_place, open_at_place

_CASE = ("subject", "urgency", "place_name", "status", "assignee", "handle_due", "is_overdue", "escalated_to")


def _this_month(asking: Asking) -> str:
    return asking.today[:7]


def _whistle(row: Row, asking: Asking) -> Mapping[str, str]:
    """By this town, numbered after those that the case has."""
    number = len({one.whistle for one in row.units}) + 1
    return {"by": asking.grant.place or "", "whistle": f"w{number}", "kind": "ordinary"}


PAGE = Page(
    name="town",
    role="town",
    title=Text("乡镇工作台", "Town"),
    fresh=(
        Fresh("task.assigned", Text("交办任务", "Assign a task")),
        Fresh("conference.convened", Text("召集会议", "Convene"), lambda asking: {"place": asking.grant.place or ""}),
        Fresh("unit.paired", Text("单位结对", "Pair a unit")),
        Fresh("unit.registered", Text("登记单位", "Register a unit")),
        Fresh("place.registered", Text("登记地点", "Register a place")),
        Fresh("service.offered", Text("服务事项", "Offer a service")),
    ),
    sections=(
        Section(
            name="whistles",
            title=Text("待吹哨、在办诉求", "Cases to whistle for"),
            model="cases",
            head="category",
            columns=(*_CASE, "whistled_at", "reported_at"),
            options=open_at_place,
            order=sorts.by("handle_due"),
            actions=(
                Action("case.whistled", Text("吹哨", "Whistle"), preset=_whistle),
                Action("case.supervised", Text("督办", "Supervise")),
                Action("case.extended", Text("延期", "Extend")),
                Action("case.handled", Text("办结", "Handled")),
            ),
        ),
        Section(
            name="disputes",
            title=Text("争议与剔除", "Disputes and exclusions"),
            model="cases",
            head="category",
            columns=("subject", "place_name", "status", "satisfaction", "is_disputed", "is_excluded"),
            options=at_place,
            keep=lambda row, _: row.is_disputed or (row.satisfaction == "dissatisfied" and not row.is_excluded),
            actions=(
                Action("case.dispute_ruled", Text("裁定", "Rule"), when=lambda row, _: row.is_disputed),
                Action("case.excluded", Text("剔除", "Exclude"), when=lambda row, _: not row.is_excluded),
            ),
            empty=Text("没有争议", "No disputes"),
        ),
        Section(
            name="scores",
            title=Text("驻区单位协同考核", "Joint scores of units"),
            model="units",
            head="name",
            columns=("subject", "total", "grade", "rank", "joint", "final", "contested"),
            options=at_place,
            actions=(
                Action(
                    "assessment.scored",
                    Text("打分", "Score"),
                    subject=lambda row: None,
                    preset=lambda row, asking: {
                        "_of": f"{row.subject.partition('/')[2]}~{_this_month(asking)}",
                        "assessor": asking.grant.place or "",
                        "tier": "town",
                    },
                    when=lambda row, _: row.subject is not None,
                ),
            ),
        ),
        sorts.mediations(
            at_place,
            ("town",),
            Action("mediation.met", Text("调解", "Met")),
            Action("mediation.settled", Text("调成", "Settled")),
            Action("mediation.extended", Text("延长", "Extend")),
            Action("mediation.failed", Text("未调成", "Failed")),
        ),
        Section(
            name="contested",
            title=Text("考核异议", "Contested scores"),
            model="assessments",
            head="unit",
            columns=("subject", "began_at", "items", "contested"),
            options=at_place,
            keep=lambda row, _: bool(row.contested),
            actions=(Action("assessment.ruled", Text("裁定", "Rule")),),
            empty=Text("没有异议", "None"),
        ),
        sorts.tasks(
            at_place,
            Action("task.progressed", Text("进展", "Progress")),
            Action("task.done", Text("完成", "Done"), when=sorts.lacks("done_at")),
            Action("task.verified", Text("核验", "Verify"), when=sorts.has("done_at")),
        ),
        sorts.hazards(at_place, Action("hazard.verified", Text("复查合格", "Verify"), when=sorts.has("fixed_at"))),
    ),
)
