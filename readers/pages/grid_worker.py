"""The grid worker 网格员: orders by their clocks, doors to knock at, and what is seen on the way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from readers.language import Text
from readers.pages import sorts
from readers.pages.section import Action, Asking, Fresh, Page, Section, at_place, of_person


def _place(asking: Asking) -> Mapping[str, str]:
    return {"place": asking.grant.place or ""}


def _is_mine(row: Any, asking: Asking) -> bool:
    return bool(row.assignee == asking.login.person)


def _by_me(row: Any, asking: Asking) -> Mapping[str, str]:
    return {"by": asking.login.person}


def _alert(row: Any, asking: Asking) -> Mapping[str, str]:
    return {"alert": row.alert, **_by_me(row, asking)}


PAGE = Page(
    name="grid",
    role="grid_worker",
    title=Text("网格工作台", "Grid worker"),
    fresh=(
        Fresh("case.discovered", Text("发现问题", "Report"), lambda asking: {**_place(asking), "channel": "patrol"}),
        Fresh("visit.paid", Text("走访", "Visit"), address="/grid/entry"),
        Fresh("patrol.made", Text("巡查", "Patrol"), _place),
        Fresh("hazard.found", Text("发现隐患", "Hazard"), _place),
        Fresh("mediation.opened", Text("受理纠纷", "Mediation"), lambda asking: {**_place(asking), "channel": "grid"}),
    ),
    sections=(
        Section(
            name="orders",
            title=Text("我的派单", "My orders"),
            model="cases",
            head="category",
            columns=("subject", "urgency", "place_name", "status", "handle_due", "is_overdue"),
            options=lambda asking: {**of_person(asking), "is_open": True},
            keep=_is_mine,
            order=sorts.by("handle_due"),
            actions=(
                Action("case.accepted", Text("接单", "Accept"), when=sorts.lacks("accepted_at")),
                Action("case.declined", Text("退单", "Decline"), when=sorts.lacks("accepted_at")),
                Action("case.handled", Text("办结", "Handled"), preset=_by_me, when=sorts.has("accepted_at")),
                Action("case.disputed", Text("提异议", "Dispute"), preset=_by_me, when=sorts.has("accepted_at")),
            ),
        ),
        Section(
            name="replies",
            title=Text("待反馈", "To reply"),
            model="cases",
            head="category",
            columns=("subject", "place_name", "handled_at"),
            options=of_person,
            keep=lambda row, asking: (
                row.handled_at is not None and row.replied_at is None and row.assignee == asking.login.person
            ),
            actions=(Action("case.replied", Text("反馈", "Reply")),),
            empty=Text("都已反馈", "All were replied to"),
        ),
        Section(
            name="curtains",
            title=Text("窗帘行动：先去敲门", "Curtains: knock here first"),
            model="curtains",
            head="household_group",
            columns=("subject", "grid", "by_time", "state", "last_seen_at", "last_missed_at"),
            options=at_place,
            keep=lambda row, _: row.state in ("missed", "unanswered", "waiting"),
            order=lambda row: row.state == "waiting",
            actions=(
                Action("curtain.checked", Text("已上门", "Checked"), when=lambda row, _: row.state != "waiting"),
                Action("curtain.seen", Text("已拉开", "Seen"), when=lambda row, _: row.state == "waiting"),
            ),
            empty=Text("今天都已拉开", "All were seen today"),
        ),
        Section(
            name="alerts",
            title=Text("视频预警待核实", "Camera alerts to look at"),
            model="camera-alerts",
            head="kind",
            columns=("subject", "network", "place_name", "confidence", "alerted_at"),
            options=at_place,
            keep=sorts.lacks("answered_at"),
            actions=(
                Action("camera.confirmed", Text("属实", "Confirm"), preset=_alert),
                Action("camera.dismissed", Text("误报", "Dismiss"), preset=_alert),
            ),
            empty=Text("没有待核实的预警", "None"),
        ),
        sorts.mediations(
            at_place,
            ("grid",),
            Action("mediation.met", Text("调解", "Met")),
            Action("mediation.settled", Text("调成", "Settled")),
            Action(
                "mediation.escalated", Text("上交社区", "To the community"), preset=lambda row, _: {"to": "community"}
            ),
        ),
        sorts.hazards(
            at_place, Action("hazard.fixed", Text("已整改", "Fixed"), preset=_by_me, when=sorts.lacks("fixed_at"))
        ),
        sorts.tasks(
            of_person,
            Action("task.progressed", Text("进展", "Progress")),
            Action("task.done", Text("完成", "Done"), when=sorts.lacks("done_at")),
        ),
    ),
)
