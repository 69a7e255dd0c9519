"""雪亮工程、公安天网、慧眼工程: cameras, their alerts, and who looked."""

from __future__ import annotations

from projections.camera import camera_day, camera_person, camera_place
from projections.read.alerts import camera_alerts
from projections.read.declared import Board, Book, Question, Ratio

_ANSWERED = {"confirmed": "属实", "dismissed": "排除"}

BOARDS = (
    Board(
        "cameras-by-network", "视频（按地点、网络）", camera_place, {"cameras": "摄像头"},
        columns={"network": "网络"},
    ),
    Board(
        "alert-board", "视频预警（按地点、网络、类别）", camera_day, {"alerted": "预警", **_ANSWERED},
        {"confirmed_share": Ratio("confirmed", "alerted", "属实率")},
        columns={"network": "网络", "kind": "类别"},
    ),
    Board("alerts-by-person", "视频预警（按核实人）", camera_person, _ANSWERED),
)  # fmt: skip
BOOKS = (
    Book(
        name="cameras",
        title="视频资源台账",
        family="camera",
        titles={
            "network": "网络",
            "place": "地点",
            "registered_at": "接入",
            "alerts_count": "预警",
            "waiting": "待核实",
        },
        at="registered_at",
        places=("place",),
        computed={
            "alerts_count": "jsonb_array_length(entity.alerts)",
            "waiting": """(select count(*) from jsonb_array_elements(entity.alerts) alert
                where alert ->> 'confirmed_at' is null and alert ->> 'dismissed_at' is null)""",
        },
    ),
)
QUESTIONS = (Question("camera-alerts", "视频预警台账", camera_alerts),)
