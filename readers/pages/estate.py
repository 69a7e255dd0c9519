"""The estate 小区: its branch, owners' committee and property company; who stands in it, what is discussed and done."""

from __future__ import annotations

from readers.language import Text
from readers.pages import sorts
from readers.pages.section import Action, Asking, Fresh, Page, Section, at_place


def _place(asking: Asking) -> dict[str, str]:
    return {"place": asking.grant.place or ""}


def _estate(asking: Asking) -> dict[str, str]:
    return {"estate": asking.grant.place or ""}


PAGE = Page(
    name="estate",
    role="estate",
    title=Text("小区工作台", "Estate"),
    fresh=(
        Fresh("topic.collected", Text("收集议题", "Collect a topic"), _estate),
        Fresh("conference.convened", Text("六方联席会议", "Six-party conference"), _place),
        Fresh("patrol.made", Text("巡查", "Patrol"), _place),
        Fresh("hazard.found", Text("发现隐患", "Hazard"), _place),
        Fresh("activity.planned", Text("策划活动", "Plan an activity"), _place),
        Fresh("survey.opened", Text("发打分卡", "Open a survey"), _estate),
        Fresh("case.discovered", Text("反映问题", "Report"), _place),
    ),
    sections=(
        Section(
            name="roster",
            title=Text("六方花名册", "The six parties"),
            model="roster",
            head="name",
            columns=(
                "party_branch",
                "two_committees",
                "owners_committee",
                "property_company",
                "law_enforcement",
                "police",
                "gaps",
            ),
            options=at_place,
        ),
        sorts.topics(
            at_place,
            Action("topic.tabled", Text("上会", "Table")),
            Action("topic.decided", Text("议定", "Decide")),
            Action("topic.carried_out", Text("已落实", "Carried out")),
            Action("topic.solved", Text("已解决", "Solved")),
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
        sorts.hazards(at_place, Action("hazard.fixed", Text("已整改", "Fixed"), when=sorts.lacks("fixed_at"))),
        sorts.surveys(
            at_place,
            Action("card.submitted", Text("录入打分卡", "Enter a card")),
            Action("remedy.proposed", Text("提整改", "Propose"), preset=lambda row, _: {"item": row.item}),
            Action(
                "remedy.adopted",
                Text("整改通过", "Adopted"),
                preset=lambda row, _: {"item": row.item},
                when=sorts.has("proposed_at", "adopted_at"),
            ),
        ),
        Section(
            name="activities",
            title=Text("活动", "Activities"),
            model="activities",
            head="title",
            columns=("subject", "kind", "begins", "ends", "providers", "status", "attendance"),
            options=at_place,
            actions=(
                Action("activity.held", Text("已举办", "Held"), when=lambda row, _: row.status == "planned"),
                Action("activity.cancelled", Text("取消", "Cancel"), when=lambda row, _: row.status == "planned"),
            ),
            empty=Text("还没有活动", "None yet"),
        ),
        Section(
            name="patrols",
            title=Text("巡查台账", "Patrols"),
            model="patrols",
            head="place",
            columns=("subject", "team", "began", "ended", "metres", "hazards"),
            options=at_place,
            empty=Text("还没有巡查", "None yet"),
        ),
        Section(
            name="regulations",
            title=Text("制度", "Regulations"),
            model="regulations",
            head="name",
            columns=("grid_mechanism", "owners_committee_routine", "branch_duties", "branch_liaison"),
            options=at_place,
            actions=(Action("regulation.issued", Text("发布制度", "Issue")),),
        ),
    ),
)
