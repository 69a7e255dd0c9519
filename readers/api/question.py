"""A question as an address puts it: a read model with its options, and how the answer is to come."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple
from urllib.parse import urlencode

import orjson

from ledger.topics import PARTITIONS
from projections import read
from readers.api.options import TEXT_CHARACTERS, parsed
from readers.api.problems import Problem, refused

LIMIT = 200
MOST_ROWS = 1_000
WAIT_AT_MOST_SECONDS = 10.0
_WAIT_SECONDS = 2.0
_RECEIPTS = 20
_RECEIPT_CHARACTERS = 4_000
_place = re.compile(r"(\d{1,4}):(\d{1,18})\Z", re.ASCII).match
_duration = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)(ms|s)\Z", re.ASCII).match
Format = Literal["json", "csv"]


class Question(NamedTuple):
    """`given` are the parameters that it was made from, without those that say when and where to go on; `after` the
    (partition, offset) that the tables have to hold."""

    model: read.ReadModel
    options: dict[str, Any]
    limit: int
    cursor: str | None
    format: Format
    after: list[tuple[int, int]]
    wait_seconds: float
    given: Sequence[tuple[str, str]]

    def next(self, cursor: str) -> str:
        """The address of the page that begins there."""
        return f"/api/v1/models/{self.model.name}?{urlencode([*self.given, ('cursor', cursor)])}"


def model_of(name: str) -> read.ReadModel:
    """Raises `Problem` with the nearest names."""
    try:
        return read.read_model(name[:TEXT_CHARACTERS])
    except read.QuestionRefused as error:
        raise Problem("not-found", error.what, error.remedy) from None


def question_of(model: read.ReadModel, given: Sequence[tuple[str, str]], accept: str) -> Question:
    """The question of an address's parameters and its `Accept` header. Raises `Problem`."""
    told: dict[str, str] = {}
    options: list[tuple[str, str]] = []
    after: list[tuple[int, int]] = []
    for name, text in given:
        if name == "after":
            after += receipts_of(text)
        elif name not in _OF_THE_ANSWER:
            options.append((name, text))
        elif name in told:
            raise refused(name, text, f"{name} 给了两次 · is given twice", "只给一次 · Give it once.")
        else:
            told[name] = text
    if len(after) > _RECEIPTS:
        raise refused("after", "", f"至多 {_RECEIPTS} 个回执 · at most {_RECEIPTS} receipts", "分开问 · Ask twice.")
    return Question(
        model=model,
        options=parsed(model, options),
        limit=_limit(told.get("limit")),
        cursor=told.get("cursor"),
        format=_format(told.get("format"), accept),
        after=after,
        wait_seconds=wait_of(told.get("wait")),
        given=[(name, text) for name, text in given if name not in ("cursor", "after", "wait")],
    )


_OF_THE_ANSWER = ("limit", "cursor", "format", "wait")


def receipts_of(text: str) -> list[tuple[int, int]]:
    """`partition:offset`, several by commas, or the gateway's receipt as it came. Raises `Problem`."""
    try:
        told = orjson.loads(text) if text.startswith(("{", "[")) and len(text) <= _RECEIPT_CHARACTERS else None
    except orjson.JSONDecodeError:
        told = None
    if told is not None:
        found = [_of_receipt(one) for one in (told if isinstance(told, list) else [told])]
    else:
        found = [_of_text(one) for one in text[:_RECEIPT_CHARACTERS].split(",")]
    places = [place for place in found if place is not None]
    if len(places) < len(found) or any(partition >= PARTITIONS for partition, _ in places):
        raise refused(
            "after", text, "after 不是回执 · is no receipt",
            f"写成 分区:位置 · Write partition:offset, like 3:1024, partitions 0 to {PARTITIONS - 1}.",
        )  # fmt: skip
    return places


def _of_text(text: str) -> tuple[int, int] | None:
    match = _place(text)
    return (int(match[1]), int(match[2])) if match else None


def _of_receipt(told: Any) -> tuple[int, int] | None:
    if not isinstance(told, Mapping):
        return None
    partition, offset = told.get("partition"), told.get("offset")
    if not isinstance(partition, int) or not isinstance(offset, int):
        return None
    return (partition, offset) if partition >= 0 and offset >= 0 else None


def wait_of(text: str | None) -> float:
    """`2s`, `500ms` → seconds. Raises `Problem`."""
    if text is None:
        return _WAIT_SECONDS
    match = _duration(text)
    if match is None:
        raise refused("wait", text, "wait 不是时长 · is no duration", "写成 500ms 或 2s · Write 500ms or 2s.")
    return min(WAIT_AT_MOST_SECONDS, float(match[1]) / (1000 if match[2] == "ms" else 1))


def _limit(text: str | None) -> int:
    if text is None:
        return LIMIT
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(MOST_ROWS)) else 0
    if not 1 <= number <= MOST_ROWS:
        raise refused(
            "limit", text, f"limit 须为 1 至 {MOST_ROWS} · has to be 1 to {MOST_ROWS}",
            "其余用 next 翻页 · Take the rest by `next`.",
        )  # fmt: skip
    return number


def _format(text: str | None, accept: str) -> Format:
    if text is None:
        return "csv" if "text/csv" in accept and "application/json" not in accept else "json"
    if text not in ("json", "csv"):
        raise refused("format", text, "format 只能是 json 或 csv", "Give json or csv.")
    return "csv" if text == "csv" else "json"
