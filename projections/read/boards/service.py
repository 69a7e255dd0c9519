"""一门式、全天候: the items that windows offer, how often they are asked about, and what becomes of applications."""

from __future__ import annotations

from projections.read.declared import Board, Book, Question
from projections.read.window import window
from projections.service import service_day, service_offer

BOARDS = (
    Board(
        "service-board", "事项查询", service_day, {"queried": "查询（次）"},
        columns={"item": "事项", "channel": "渠道"},
    ),
    Board(
        "services-by-department", "服务事项（按部门）", service_offer, {"offered": "事项数"},
        columns={"department": "部门", "kind": "类型"},
    ),
)  # fmt: skip
BOOKS = (
    Book(
        name="services",
        title="服务事项清单",
        family="service",
        titles={
            "item": "事项编号",
            "name": "事项",
            "department": "部门",
            "kind": "类型",
            "promised_working_days": "承诺工作日",
            "offered_at": "上线",
            "queried": "查询（次）",
        },
        at="offered_at",
        only="entity.offered_at is not null",
    ),
)
QUESTIONS = (Question("window", "一站受理、全程服务窗口", window),)
