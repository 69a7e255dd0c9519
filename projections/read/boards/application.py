"""一门式申办: applications by community, item and channel, and by who took them in first (首问负责)."""

from __future__ import annotations

from projections.application import application_day, application_person
from projections.read.declared import Board, Book, Ratio

_TITLES = {
    "filed": "申请",
    "accepted": "受理",
    "returned": "补正",
    "decided": "办结",
    "granted": "准予",
    "delivered": "送达",
    "overdue": "超期",
}
_RATIOS = {"delivered_share": Ratio("delivered", "filed", "送达率")}

BOARDS = (
    Board(
        "application-board", "申办（按地点）", application_day, _TITLES, _RATIOS,
        columns={"item": "事项", "channel": "渠道"},
    ),
    Board("applications-by-person", "申办（按首问责任人）", application_person, _TITLES, _RATIOS),
)  # fmt: skip
BOOKS = (
    Book(
        name="applications",
        title="申办台账",
        family="application",
        titles={
            "item": "事项编号",
            "item_name": "事项",
            "person": "申请人",
            "community": "社区",
            "counter": "窗口",
            "channel": "渠道",
            "status": "状态",
            "filed_at": "申请",
            "accepted_at": "受理",
            "promised_working_days": "承诺工作日",
            "decided_at": "办结",
            "granted": "准予",
            "delivered_at": "送达",
            "missing": "补正",
            "first_responsible": "首问责任人",
        },
        at="filed_at",
        places=("community",),
        persons=("person", "first_responsible"),
        computed={
            # looked up once for all rows, not once for each
            "item_name": "(select jsonb_object_agg(item, name) from (select item, min(name) as name from entity_service"
            " where item is not null and offered_at is not null group by item) offered) ->> entity.item",
            "status": """case
                when entity.delivered_at is not null then 'delivered'
                when entity.decided_at is not null then 'decided'
                when jsonb_path_exists(entity.pauses, '$[*] ? (@.until == null)') then 'returned'
                when entity.accepted_at is not null then 'accepted'
                else 'filed' end""",
        },
    ),
)
