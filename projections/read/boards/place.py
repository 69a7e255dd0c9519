"""阵地、六方、包抓、制度: what places have, and the questions of their rosters."""

from __future__ import annotations

from projections.place_tallies import facility_day, place_level, place_link, place_regulation, place_service
from projections.read.declared import Board, Book, Distinct, Question
from projections.read.estates import daily_life, facilities, leaders, regulations, roster

BOARDS = (
    Board(
        "place-levels", "地点（按层级）", place_level,
        {"registered": "登记", "closed": "撤销", "with_unit": "有责任单位"}, columns={"level": "层级"},
    ),
    Board(
        "facility-board", "阵地（按地点、类别）", facility_day,
        {"opened": "开放过", "open": "开放中", "upgraded": "升级", "closed": "关闭"},
        distinct={
            "places_opened": Distinct("place", "opened", "开放的地点数"),
            "places_upgraded": Distinct("place", "upgraded", "升级的地点数"),
        },
        columns={"kind": "类别"},
    ),
    Board(
        "service-force-board", "服务力量（按地点、方面）", place_service, {"serving": "服务者"},
        distinct={"places": Distinct("place", "serving", "有服务的地点数")}, columns={"party_kind": "方面"},
    ),
    Board(
        "leader-board", "领导包抓（按地点、班子、领导）", place_link, {"linked": "包抓"},
        distinct={
            "places": Distinct("place", "linked", "包抓的地点数"),
            "leaders": Distinct("person", "linked", "领导数"),
        },
        columns={"level": "层级", "body": "班子"},
    ),
    Board(
        "regulation-board", "制度（按地点、类别）", place_regulation,
        {"issued": "出台", "revised": "修订", "in_force": "现行"},
        distinct={"places": Distinct("place", "in_force", "有制度的地点数")}, columns={"kind": "类别"},
    ),
)  # fmt: skip
BOOKS = (
    Book(
        name="places",
        title="地点登记簿",
        family="place",
        titles={
            "name": "名称",
            "level": "层级",
            "parent": "上级",
            "responsible_unit": "责任单位",
            "brand": "品牌",
            "networks": "网格",
            "staff": "人员",
            "registered_at": "登记",
            "closed_at": "撤销",
        },
        at="registered_at",
        places=("subject", "parent"),
        units=("responsible_unit",),
    ),
)
QUESTIONS = (
    Question("roster", "小区六方花名册", roster),
    Question("regulations", "小区制度", regulations),
    Question("facilities", "阵地台账", facilities),
    Question("daily-life", "一刻钟便民服务区", daily_life),
    Question("leaders", "四大班子包抓", leaders),
)
