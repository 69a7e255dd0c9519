"""三张清单、双向认领: needs, resources and projects, what is left of them, and which need meets which resource."""

from __future__ import annotations

from projections.listing import listing_place, listing_unit
from projections.read.declared import Board, Book, Distinct, Question, Ratio
from projections.read.exchange import matches
from projections.read.holder import name_of

_TITLES = {
    "posted": "发布",
    "taken_up": "已有认领",
    "filled": "认领完",
    "withdrawn": "撤回",
    "claims": "收到认领（次）",
    "claims_refused": "未全部满足（次）",
    "own_claims": "发出认领（次）",
    "own_granted": "认领成功（次）",
}
_RATIOS = {"taken_up_share": Ratio("taken_up", "posted", "认领率")}
_COLUMNS = {"kind": "清单", "category": "类别"}

BOARDS = (
    Board("listing-board", "三张清单（按地点）", listing_place, _TITLES, _RATIOS, columns=_COLUMNS),
    Board(
        "listings-by-unit", "三张清单（按单位）", listing_unit, _TITLES, _RATIOS,
        {"units": Distinct("unit", "own_claims", "认领单位数")}, _COLUMNS,
    ),
)  # fmt: skip

_LEFT = "entity.quantity - entity.claimed"
_STATUS = """case
    when entity.withdrawn_at is not null then 'withdrawn'
    when entity.claimed >= entity.quantity then 'filled'
    when entity.until < %(as_of)s then 'ended'
    else 'open' end"""
_IS_OPEN = (
    "entity.withdrawn_at is null and entity.claimed < entity.quantity"
    " and entity.posted_at <= %(as_of)s and entity.until >= %(as_of)s"
)


def _list(name: str, title: str, kind: str, condition: str = "true") -> Book:
    return Book(
        name=name,
        title=title,
        family="listing",
        titles={
            "title": "名称",
            "category": "类别",
            "posted_by": "发布方",
            "quantity": "数量",
            "left_over": "剩余",
            "unit_of_quantity": "单位",
            "since": "起",
            "until": "止",
            "status": "状态",
            "claims": "认领",
            "needs": "对应需求",
            "resources": "对应资源",
        },
        at="posted_at",
        places=("by", "claims"),
        units=("by", "claims"),
        computed={"posted_by": name_of("by"), "left_over": _LEFT, "status": _STATUS},
        only=f"entity.kind = '{kind}' and {condition}",
    )


BOOKS = (
    _list("needs", "需求清单", "need"),
    _list("resources", "资源清单", "resource"),
    _list("projects", "项目清单", "project"),
    _list("open-needs", "待认领的需求", "need", _IS_OPEN),
    _list("open-resources", "可用的资源", "resource", _IS_OPEN),
)
QUESTIONS = (Question("matches", "供需匹配建议", matches),)
