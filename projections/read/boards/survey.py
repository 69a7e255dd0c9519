"""居民满意打分卡: surveys by estate, scores by item and by who provides it, remedies and their effect."""

from __future__ import annotations

from projections.read.declared import Board, Book, Question, Ratio
from projections.read.surveys import survey_items
from projections.survey import survey_day, survey_item, survey_party

_SCORES = {"scores": "打分（人次）"}
_MEAN = {"mean": Ratio("score_total", "scores", "平均分")}

BOARDS = (
    Board(
        "survey-board", "打分卡（按小区）", survey_day,
        {
            "opened": "打分", "closed": "已截止", "issued": "发卡", "cards": "收卡", "opinions": "意见",
            "remedies": "整改", "adopted": "已通过",
        },
        {"returned_share": Ratio("cards", "issued", "回收率")},
    ),
    Board("scores-by-item", "打分（按小区、事项）", survey_item, _SCORES, _MEAN, columns={"item": "事项"}),
    Board(
        "scores-by-party", "打分（按服务者、事项）", survey_party, _SCORES, _MEAN,
        columns={"party": "服务者", "item": "事项"},
    ),
)  # fmt: skip
BOOKS = (
    Book(
        name="surveys",
        title="打分卡台账",
        family="survey",
        titles={
            "estate": "小区",
            "organiser": "组织者",
            "opened_at": "发卡",
            "until": "截止",
            "closed_at": "已截止",
            "issued": "发卡（张）",
            "cards": "收卡（张）",
            "opinions": "意见（条）",
        },
        at="opened_at",
        places=("estate", "organiser"),
        units=("organiser",),
    ),
)
QUESTIONS = (Question("survey-items", "打分榜：事项、整改与成效", survey_items),)
