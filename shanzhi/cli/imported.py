"""What `shanzhi import` says of a table: rows that were refused, what would be, what was done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from producers.tables.importing import Counts
from producers.tables.looking import Looked
from producers.tables.refusals import RowRefused
from producers.tables.rejects import Rejects
from shanzhi.cli.output import print_json, results, say, table

REFUSED_KEPT = 1_000  # in the summary; the file has all of them
SAID = 5  # of the refused rows, on standard error
_HIDDEN = ("text", "measures", "location")  # what will be sealed is not shown either


class Refused:
    """Rows that were refused, or told otherwise: all of them in the file, the first ones kept and said."""

    def __init__(self, file: Rejects) -> None:
        self.file = file
        self._kept: list[dict[str, Any]] = []

    def add(self, refused: RowRefused) -> None:
        """One more."""
        self.file.add(refused)
        if len(self._kept) < REFUSED_KEPT:
            self._kept.append(refused.as_problem())
        if self.file.rows <= SAID:
            where = f"第 {refused.row} 行 · row {refused.row}, {refused.column or '–'} = {refused.value or '–'}"
            say(f"{where}: {refused.chinese} · {refused.english}")

    def told(self) -> dict[str, Any]:
        """Of the summary, for programs."""
        return {"rejects": str(self.file.path) if self.file.rows else None, "problems": self._kept}

    def say(self) -> None:
        """Where they are, if there are any."""
        if self.file.rows:
            say(f"退回 · refused {self.file.rows}: {self.file.path}")


def tell_looked(looked: Looked, ignored: list[str], refused: Refused, as_json: bool) -> None:
    """What an import would do."""
    if as_json:
        told: dict[str, Any] = {"rows": looked.rows, "blank": looked.blank, "refused": looked.refused}
        told |= {"events": dict(looked.events), "categories": dict(looked.categories)}
        told |= {"earliest": looked.earliest, "latest": looked.latest, "ignored_columns": ignored}
        print_json(told | refused.told())
        return
    rows = list(looked.events.most_common())
    results.print(table("将写入的事件 · events that would be written", ("事件 type", "条数 events"), rows))
    heads = ("主体 subject", "事件 type", "时间 time", "内容 data")
    results.print(table("前几行 · the first rows", heads, _first_rows(looked)))
    say(f"{looked.rows} 行 rows, {len(looked.categories)} 类 categories, {looked.earliest} – {looked.latest}")
    if ignored:
        say(f"未用的列 · columns left out: {', '.join(ignored)}")
    refused.say()


def tell_imported(counts: Counts, refused: Refused, seconds: float, as_json: bool) -> None:
    """What was done."""
    published = counts.events.total()
    if as_json:
        told: dict[str, Any] = {"rows": counts.rows, "blank": counts.blank, "refused": counts.refused}
        told |= {"published": published, "repeats": counts.repeats, "changed": counts.changed}
        told |= {"events": dict(counts.events), "seconds": round(seconds, 2)}
        print_json(told | refused.told())
        return
    if published:
        rows = list(counts.events.most_common())
        results.print(table("已写入的事件 · events written", ("事件 type", "条数 events"), rows))
    say(
        f"{counts.rows} 行 rows ({seconds:.1f} s): 新事件 · new events {published}, "
        f"此前已有 · there before {counts.repeats}, 内容不同 · told otherwise {counts.changed}"
    )
    refused.say()


def _first_rows(looked: Looked) -> Iterator[tuple[str, str, str, str]]:
    for events in looked.first_rows:
        for event in events:
            yield event["subject"], event["type"], event["time"], " ".join(_open(event["data"]))


def _open(data: dict[str, Any]) -> Iterator[str]:
    for name, value in data.items():
        if name not in _HIDDEN and not isinstance(value, dict | list):
            yield f"{name}={value}"
