"""The table of docs/clocks.md is held to the preset and to what the clock tells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from ledger.event import latest
from processors.clock.told import told
from projections.families import FAMILIES
from projections.family import Deadline
from projections.rules import Clocks, default_preset
from projections.rules.clocks import Span, WorkingDays, spans
from tests.unit.test_due import START

PAGE = Path(__file__).resolve().parents[2] / "docs" / "clocks.md"
PRESET = default_preset(Clocks)
AS_STAMPED = "as stamped"


def rows() -> Iterator[tuple[str, str, str]]:
    """Clock, how long, tells."""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("| `"):
            clocks, _, how_long, _, tells = line.strip("| ").split(" | ")
            for clock in re.findall(r"`([^`]+)`", clocks):
                yield clock, how_long, tells


def spoken(span: Span) -> str:
    if isinstance(span, WorkingDays):
        return f"{span.days} wd"
    minutes = span // timedelta(minutes=1)
    if minutes > 1440 and minutes % 1440 == 0:
        return f"{minutes // 1440} d"
    return f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"


def test_every_span_stands_on_the_page_and_no_other() -> None:
    known: dict[str, list[str]] = {}
    for (family, clock, span_class), span in spans(PRESET.parameters).items():
        if not span_class.isdigit():
            known.setdefault(f"{family}.{clock}", []).append(f"{span_class} {spoken(span)}".strip())
    written = {
        clock: re.split(r"; else |, ", how_long.replace("the promised working days; else ", ""))
        for clock, how_long, _ in rows()
        if how_long != AS_STAMPED
    }
    assert written == known


def test_every_source_stands_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [source for source in PRESET.sources.values() if source not in page] == []


def test_the_clock_tells_what_the_page_says_in_events_that_there_are() -> None:
    for name, _, tells in rows():
        family, clock = name.split(".")
        assert family in FAMILIES
        deadline = Deadline(clock=clock, key="grid", started_at=START, recorded_at=START)
        tier = getattr(PRESET.parameters.escalates_to, clock, None) if family == "case" else None
        types = [event["type"] for event in told(f"{family}/1", deadline, START, "r", tier and "place/1")]
        assert types == [one.replace("…", family) for one in re.findall(r"`([^`]+)`", tells)]
        assert tier is None or f"to the {tier}" in tells
        assert set(types) <= latest.keys()


def test_every_family_with_an_overdue_event_has_a_clock_on_the_page() -> None:
    overdue = {type_.partition(".")[0] for type_ in latest if type_.endswith(".overdue")}
    assert overdue <= {clock.partition(".")[0] for clock, _, _ in rows()}
