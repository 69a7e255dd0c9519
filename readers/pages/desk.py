"""The community's desk 社区: dispatch, confirmations, conferences, mediations, call-backs, results of surveys."""

from __future__ import annotations

from collections.abc import Mapping

from readers.language import Text
from readers.pages import sorts
from readers.pages.section import Action, Asking, Fresh, Page, Section, at_place, open_at_place

_CASE = ("subject", "urgency", "place_name", "status", "assignee", "handle_due", "is_overdue")
_AREA = ("grid", "community")


def _place(asking: Asking) -> Mapping[str, str]:
    return {"place": asking.grant.place or ""}


def _community(asking: Asking) -> Mapping[str, str]:
    return {"community": asking.grant.place or ""}


PAGE = Page(
    name="desk",
    role="desk",
    title=Text("社区工作台", "Community desk"),
    fresh=(
        Fresh("case.discovered", Text("登记诉求", "Take in a case"), _place),
        Fresh("conference.convened", Text("召集会议", "Convene"), _place),
        Fresh("topic.collected", Text("收集议题", "Collect a topic")),
        Fresh("mediation.opened", Text("受理纠纷", "Open a mediation"), _place),
        Fresh("order.placed", Text("点单", "Place an order"), _community),
        Fresh("listing.posted", Text("发布清单", "Post a listing")),
        Fresh("survey.opened", Text("发打分卡", "Open a survey")),
        Fresh("facility.opened", Text("开放阵地", "Open a facility")),
    ),
    sections=(
        Section(
            name="dispatch",
            title=Text("待派单、待接单", "To dispatch, to be accepted"),
            model="cases",
            head="category",
            columns=(*_CASE, "declined", "escalated_to"),
            options=open_at_place,
            keep=lambda row, _: row.accepted_at is None and row.whistled_at is None,
            order=sorts.by("handle_due"),
            actions=(
                Action("case.dispatched", Text("派单", "Dispatch")),
                Action("case.refused", Text("不予受理", "Refuse")),
                Action("case.merged", Text("并案", "Merge")),
            ),
        ),
        Section(
            name="open",
            title=Text("在办诉求", "Open cases"),
            model="cases",
            head="category",
            columns=(*_CASE, "whistled_at", "reported_at"),
            options=open_at_place,
            keep=lambda row, _: row.accepted_at is not None or row.whistled_at is not None,
            order=sorts.by("handle_due"),
            actions=(
                Action(
                    "case.whistle_requested", Text("请求吹哨", "Ask for a whistle"), when=sorts.lacks("whistled_at")
                ),
                Action("case.deliberated", Text("会商", "Deliberate")),
                Action("case.handled", Text("办结", "Handled")),
                Action("case.extended", Text("延期", "Extend")),
            ),
        ),
        Section(
            name="call-backs",
            title=Text("待反馈、待回访", "To reply, to call back"),
            model="cases",
            head="category",
            columns=("subject", "place_name", "handled_at", "replied_at", "satisfaction"),
            options=at_place,
            keep=lambda row, _: row.handled_at is not None and row.rated_at is None and row.closed_at is None,
            order=sorts.by("handled_at"),
            actions=(
                Action("case.replied", Text("反馈", "Reply"), when=sorts.lacks("replied_at")),
                Action("case.rated", Text("回访", "Call back"), preset=lambda row, _: {"by": "call_back"}),
                Action("case.closed", Text("结案", "Close")),
            ),
        ),
        Section(
            name="duties",
            title=Text("双报到、双服务待确认", "Reports and services to confirm"),
            model="duties",
            head="party",
            columns=("subject", "unit", "kind", "reported_at", "began", "ended", "beneficiaries"),
            options=at_place,
            keep=lambda row, _: row.confirmed_at is None and row.refused_at is None,
            actions=(
                Action(
                    "duty.confirmed", Text("确认", "Confirm"), preset=lambda _, asking: {"by": asking.grant.place or ""}
                ),
                Action(
                    "duty.refused", Text("退回", "Refuse"), preset=lambda _, asking: {"by": asking.grant.place or ""}
                ),
            ),
        ),
        Section(
            name="acts",
            title=Text("志愿服务待确认", "Volunteer acts to confirm"),
            model="acts",
            head="kind",
            columns=("subject", "place", "unit", "persons", "began", "ended", "beneficiaries"),
            options=at_place,
            keep=lambda row, _: row.confirmed_at is None and row.refused_at is None,
            actions=(
                Action("volunteer.confirmed", Text("确认", "Confirm")),
                Action("volunteer.refused", Text("退回", "Refuse")),
            ),
        ),
        sorts.wishes(
            at_place,
            lambda row, _: row.granted_at is None and row.status != "withdrawn",
            Action("wish.published", Text("改写发布", "Reword and publish"), when=sorts.lacks("published_at")),
            Action("wish.granted", Text("已实现", "Granted"), when=sorts.has("claimed_by")),
        ),
        sorts.mediations(
            at_place,
            _AREA,
            Action("mediation.met", Text("调解", "Met")),
            Action("mediation.settled", Text("调成", "Settled")),
            Action("mediation.escalated", Text("上交乡镇", "To the town"), preset=lambda row, _: {"to": "town"}),
            Action("mediation.paused", Text("暂停", "Pause")),
            Action("mediation.failed", Text("未调成", "Failed")),
        ),
        Section(
            name="conferences",
            title=Text("待开会议", "Conferences to hold"),
            model="conferences",
            head="kind",
            columns=("subject", "place", "convened_at"),
            options=at_place,
            keep=sorts.lacks("held_at"),
            actions=(Action("conference.held", Text("记录会议", "Held")),),
        ),
        sorts.topics(
            at_place,
            Action("topic.tabled", Text("上会", "Table")),
            Action("topic.decided", Text("议定", "Decide")),
            Action("topic.carried_out", Text("已落实", "Carried out")),
            Action("topic.solved", Text("已解决", "Solved")),
        ),
        sorts.surveys(
            at_place,
            Action(
                "topic.tabled",
                Text("上六方会", "To the conference"),
                subject=lambda row: row.topic,
                when=sorts.has("topic"),
            ),
            Action("remedy.proposed", Text("提整改", "Propose"), preset=lambda row, _: {"item": row.item}),
            Action(
                "remedy.adopted",
                Text("整改通过", "Adopted"),
                preset=lambda row, _: {"item": row.item},
                when=sorts.has("proposed_at", "adopted_at"),
            ),
        ),
        Section(
            name="applications",
            title=Text("帮您办事", "Applications"),
            model="applications",
            head="item_name",
            columns=("subject", "status", "channel", "filed_at", "promised_working_days", "missing"),
            options=at_place,
            keep=sorts.lacks("delivered_at"),
            actions=(
                Action("application.accepted", Text("受理", "Accept"), when=sorts.lacks("accepted_at")),
                Action("application.returned", Text("退补", "Return")),
                Action("application.decided", Text("办结", "Decide"), when=sorts.has("accepted_at", "decided_at")),
                Action("application.delivered", Text("送达", "Deliver"), when=sorts.has("decided_at")),
            ),
        ),
        sorts.hazards(
            at_place,
            Action("hazard.fixed", Text("已整改", "Fixed"), when=sorts.lacks("fixed_at")),
            Action("hazard.verified", Text("复查合格", "Verify"), when=sorts.has("fixed_at")),
        ),
        Section(
            name="orders",
            title=Text("点餐式服务", "Orders"),
            model="orders",
            head="title",
            columns=("subject", "estate", "status", "due", "unit", "done_at", "supervised_ok", "satisfaction"),
            options=at_place,
            keep=sorts.lacks("satisfaction"),
            actions=(
                Action("order.supervised", Text("群众监督", "Supervise"), when=sorts.has("done_at", "supervised_ok")),
                Action("order.rated", Text("评价", "Rate"), when=sorts.has("done_at")),
            ),
        ),
        Section(
            name="contracts",
            title=Text("契约事项待验收", "Contract items to accept"),
            model="contract-items",
            head="item",
            columns=("contract", "unit_name", "quantity", "due", "delivered_at"),
            options=at_place,
            keep=lambda row, _: row.delivered_at is not None and row.accepted_at is None and row.refused_at is None,
            actions=(
                Action(
                    "contract.accepted",
                    Text("验收", "Accept"),
                    subject=lambda row: row.contract,
                    preset=lambda row, _: {"item": row.item},
                ),
                Action(
                    "contract.refused",
                    Text("退回", "Refuse"),
                    subject=lambda row: row.contract,
                    preset=lambda row, _: {"item": row.item},
                ),
            ),
        ),
        Section(
            name="matches",
            title=Text("供需匹配建议", "Suggested matches"),
            model="matches",
            head="need_title",
            columns=("need", "need_name", "resource_title", "resource_name", "wanted", "left_over", "until"),
            options=at_place,
            keep=lambda row, _: not row.is_paired,
            hint=Text("只是建议，由您决定", "A suggestion: you decide"),
            actions=(Action("contract.signed", Text("签契约", "Sign"), subject=lambda row: None),),
            empty=Text("没有可匹配的", "Nothing matches"),
        ),
        Section(
            name="duplicates",
            title=Text("疑似重复诉求", "Likely duplicates"),
            model="duplicates",
            head="category",
            columns=("subject", "other", "place_name", "discovered_at", "metres"),
            options=at_place,
            hint=Text("只是建议，由您决定", "A suggestion: you decide"),
            actions=(Action("case.merged", Text("并案", "Merge"), preset=lambda row, _: {"into": row.other}),),
            empty=Text("没有疑似重复", "None"),
        ),
        Section(
            name="curtains",
            title=Text("窗帘行动", "Curtains"),
            model="curtains",
            head="household_group",
            columns=(
                "subject",
                "grid",
                "watcher",
                "by_time",
                "state",
                "last_seen_at",
                "last_missed_at",
                "last_outcome",
            ),
            options=at_place,
            keep=lambda row, _: row.state in ("missed", "unanswered"),
            actions=(Action("curtain.checked", Text("已上门", "Checked")),),
            empty=Text("今天都已拉开", "All were seen today"),
        ),
        sorts.tasks(
            at_place,
            Action("task.progressed", Text("进展", "Progress")),
            Action("task.done", Text("完成", "Done"), when=sorts.lacks("done_at")),
            Action("task.verified", Text("核验", "Verify"), when=sorts.has("done_at")),
        ),
    ),
)
