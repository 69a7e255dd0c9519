"""点餐式服务: orders by estate and community, by unit and by who did them."""

from __future__ import annotations

from dataclasses import replace

from projections.order import order_day, order_person, order_unit
from projections.read.declared import Board, Book, Distinct, Ratio

_DONE = {"done": "完成", "solved": "解决", "confirmed": "群众确认", "rejected": "群众不认可"}
_RATED = {"rated": "评价", "satisfied": "满意", "overdue": "超期"}
_RATIOS = {"satisfied_share": Ratio("satisfied", "rated", "满意率")}

BOARDS = (
    Board(
        "order-board", "点餐式服务（按地点）", order_day, {"placed": "点单", "taken": "接单"} | _DONE | _RATED,
        {
            "taken_share": Ratio("taken", "placed", "接单率"),
            "solved_share": Ratio("solved", "placed", "解决率"),
        } | _RATIOS,
    ),
    Board(
        "orders-by-unit", "点餐式服务（按单位）", order_unit,
        {"taken": "接单"} | _DONE | _RATED | {"confirmed_minutes": "确认时长（分钟）"},
        {"solved_share": Ratio("solved", "taken", "解决率")} | _RATIOS,
        {"units": Distinct("unit", "taken", "接单单位数")},
    ),
    Board(
        "orders-by-person", "点餐式服务（按人）", order_person, _DONE | {"confirmed_minutes": "确认时长（分钟）"},
        distinct={"persons": Distinct("person", "done", "参与人数")},
    ),
)  # fmt: skip
_ORDERS = Book(
    name="orders",
    title="点单台账",
    family="order",
    titles={
        "title": "服务",
        "community": "社区",
        "estate": "小区",
        "status": "状态",
        "placed_at": "点单",
        "due": "时限",
        "unit": "接单单位",
        "taken_at": "接单",
        "too_late": "后来的单位",
        "persons": "人员",
        "done_at": "完成",
        "solved": "解决",
        "in_time": "按时",
        "supervised_ok": "群众监督",
        "satisfaction": "评价",
    },
    at="placed_at",
    places=("community", "estate"),
    units=("unit",),
    persons=("persons",),
    computed={
        "status": """case
            when entity.solved and entity.supervised_ok then 'confirmed'
            when entity.solved then 'solved'
            when entity.unit is not null then 'taken'
            else 'placed' end""",
        "in_time": "is_in_time(case when entity.solved then entity.done_at end, entity.due, entity.placed_at,"
        " '[]', %(as_of)s, null)",
    },
)
BOOKS = (
    _ORDERS,
    replace(
        _ORDERS, name="open-orders", title="在办点单",
        only="entity.placed_at is not null and entity.solved is not true",
    ),
)  # fmt: skip
