"""A table as a 12345 desk exports it, with rows that nobody can import, and its mapping."""

from __future__ import annotations

import csv
import random
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

HEAD = (
    "工单编号", "受理时间", "诉求类型", "问题分类", "诉求内容", "诉求渠道", "紧急程度", "所属社区", "事发地址",
    "诉求人", "联系电话", "承办单位", "派单时间", "办结时限", "工单状态", "办结时间", "是否解决", "办理结果",
    "重复工单编号",
)  # fmt: skip
_DEMANDS, _CHANNELS = ("投诉", "求助", "咨询", "建议"), ("12345热线", "微信", "网站", "窗口")
_CATEGORIES = ("停车管理", "噪声扰民", "环境卫生", "供暖", "供水", "物业服务", "道路破损", "路灯照明", "占道经营")
_UNITS = ("县住建局", "县城管局", "县交警大队", "县水务公司", "县热力公司", "县环卫中心", "县人社局、县信访局")
_STREETS = ("云兴街", "西街", "东街", "北关", "南河湾")
_BAD_EVERY = 100  # rows; each in another way
_BAD = ("number", "discovered", "closed", "status")
_BEGAN = datetime(2024, 1, 1, 8)


class Sheet(NamedTuple):
    """How many rows it has, how many of them can't be imported, and which events the others are, by type."""

    rows: int
    refused: int
    events: Counter[str]


def write_sheet(path: Path, rows: int, seed: int = 1, *, encoding: str = "utf-8-sig") -> Sheet:
    """The same rows for the same seed; every hundredth is broken, nine of ten are done, a third of those late."""
    told, events, refused = random.Random(seed), Counter[str](), 0
    at, units = _BEGAN, set[str]()
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, HEAD)
        writer.writeheader()
        for number in range(rows):
            at += timedelta(seconds=told.randrange(30, 300))
            row = _row(told, number, at)
            if number % _BAD_EVERY == _BAD_EVERY - 1:
                _break(row, _BAD[number // _BAD_EVERY % len(_BAD)])
                refused += 1
            else:
                events.update(_events(row))
                units.update(row["承办单位"].split("、"))
            writer.writerow(row)
    events["unit.registered"] = len(units)
    return Sheet(rows, refused, events)


def _row(told: random.Random, number: int, at: datetime) -> dict[str, str]:
    given = at + timedelta(minutes=told.randrange(5, 120))
    is_done, is_late = told.random() < 0.9, told.random() < 0.33
    done = given + (timedelta(days=7) if is_late else timedelta(hours=told.randrange(2, 100)))
    duplicate = f"GD{told.randrange(number - number % _BAD_EVERY or 1):07d}" if number and told.random() < 0.04 else ""
    cells = (
        f"GD{number:07d}", f"{at:%Y-%m-%d %H:%M:%S}", told.choice(_DEMANDS), told.choice(_CATEGORIES),
        f"反映{number % 40 + 1}号楼门前问题，已影响居民出行，请尽快处理。", told.choice(_CHANNELS),
        told.choice(("一般", "一般", "紧急")), told.choice(_STREETS), f"{told.choice(_STREETS)}{number % 300}号",
        "张三", f"139{number:08d}", told.choice(_UNITS), f"{given:%Y/%m/%d %H:%M}",
        f"{given + timedelta(days=5):%Y-%m-%d}", "已办结" if is_done else "办理中",
        f"{done:%Y-%m-%d %H:%M:%S}" if is_done else "", told.choice(("是", "是", "否")) if is_done else "",
        "已现场处理，并告知反映人。" if is_done else "", duplicate,
    )  # fmt: skip
    return dict(zip(HEAD, cells, strict=True))


def _break(row: dict[str, str], how: str) -> None:
    match how:
        case "number":
            row["工单编号"] = ""
        case "discovered":
            row["受理时间"] = "上周三"
        case "closed":
            row["工单状态"], row["办结时间"], row["重复工单编号"] = "已办结", "", ""
        case _:
            row["工单状态"] = "不明"


def _events(row: dict[str, str]) -> list[str]:
    """What a sound row is, said apart from the importer; every due has passed."""
    is_duplicate, done = bool(row["重复工单编号"]), row["办结时间"]
    ended = done or (row["受理时间"] if is_duplicate else "")
    is_late = not ended or ended[:10] > row["办结时限"]
    end = ["case.merged"] if is_duplicate else ["case.handled"] if done else []
    return ["case.discovered", "case.whistled", *(["case.overdue"] if is_late else []), *end]
