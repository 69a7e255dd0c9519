"""assessment: what towns and communities give a unit for a month or quarter (驻区单位协同考核)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from ledger.events.assessment import AssessmentContested, AssessmentRuled, AssessmentScored
from ledger.limits import EARLIEST, LATEST
from ledger.record import Record
from projections.family import LIST_ITEMS, SHANGHAI, Share, State, Tally, day_of

VERSION = 1

assessment_day = Tally(
    "assessment_day",
    ("unit", "place", "tier", "kind", "day"),
    ("items", "points", "most", "contested", "contested_points", "contested_most"),
)
"""`points` and `most` in hundredths; `place` is who assesses, `day` the first of the month or quarter."""
TALLIES = (assessment_day,)

AssessmentEvent = AssessmentScored | AssessmentContested | AssessmentRuled
_MONTHS = {f"{month:02}": month for month in range(1, 13)} | {f"Q{quarter}": 3 * quarter - 2 for quarter in range(1, 5)}
"""What follows the year in a period's name, and the month with which it begins."""
_YEARS = {f"{year}": year for year in range(EARLIEST.year, LATEST.year)}


class Score(Struct, frozen=True):
    """One item of one assessor; hundredths of points. Without `tier` it was spoken of before it was scored."""

    assessor: str
    item: str
    tier: str | None = None
    kind: str | None = None
    points: int = 0
    most: int = 0
    note: str | None = None
    scored_at: datetime | None = None
    contested_at: datetime | None = None
    upheld: bool | None = None
    ruled_points: int | None = None


class Assessment(State, frozen=True):
    """One unit's assessment of one period, which begins at `began_at`."""

    unit: str | None = None
    began_at: datetime | None = None
    scores: tuple[Score, ...] = ()


def evolve(assessment: Assessment, record: Record[AssessmentEvent]) -> Assessment:
    """The first score of an item holds, a later one of the same assessor is an anomaly; so with contest and ruling.

    A contest or ruling may come before the score. Unit and period are read from the subject.
    """
    event = record.event
    before = _of(assessment, event.assessor, event.item)
    match event:
        case AssessmentScored() if before.tier is None:
            after = replace(
                before,
                tier=event.tier,
                kind=event.kind,
                points=round(event.points * 100),
                most=round(event.most * 100),
                note=event.note,
                scored_at=record.time,
            )
        case AssessmentScored():
            after = before
        case AssessmentContested():
            after = replace(before, contested_at=before.contested_at or record.time)
        case AssessmentRuled(upheld=upheld, points=points) if before.upheld is None:
            after = replace(before, upheld=upheld, ruled_points=None if points is None else round(points * 100))
        case AssessmentRuled():
            after = before
        case _:
            assert_never(event)
    return _with(_named(assessment, record.subject), after)


def anomaly(assessment: Assessment, record: Record[AssessmentEvent]) -> str | None:
    """Why the event makes no sense for this assessment as it was before."""
    event = record.event
    known = _of(assessment, event.assessor, event.item)
    if known not in assessment.scores and len(assessment.scores) >= LIST_ITEMS:
        return f"over {LIST_ITEMS} items of one assessment"
    match event:
        case _ if _period_of(record.subject) is None:
            return "of neither a month nor a quarter"
        case AssessmentScored() if known.tier:
            return "scored twice"
        case AssessmentScored(kind="points", points=points, most=most) if points > most:
            return "more points than there are"
        case AssessmentContested() if known.contested_at:
            return "contested twice"
        case AssessmentContested() if known.tier is None:
            return "contested before it was scored"
        case AssessmentRuled() if known.upheld is not None:
            return "ruled twice"
        case AssessmentRuled() if known.contested_at is None:
            return "ruled without being contested"
    return None


def contribute(assessment: Assessment) -> Iterator[Share]:
    """An item counts for its unit, assessor and period; one struck by a ruling counts nowhere."""
    if assessment.unit is None or assessment.began_at is None:
        return
    day = day_of(assessment.began_at)
    for score in assessment.scores:
        if score.tier and score.kind and not (score.upheld and score.ruled_points is None):
            yield _share(assessment.unit, day, score)


def _share(unit: str, day: date, score: Score) -> Share:
    """More points than there are count as all of them; a bonus or deduction has no limit but its own."""
    assert score.tier is not None and score.kind is not None
    given = score.points if not score.upheld or score.ruled_points is None else score.ruled_points
    points = min(given, score.most) if score.kind == "points" else given
    most = score.most if score.kind == "points" else 0
    contested = score.contested_at is not None and score.upheld is None
    return assessment_day.share(
        unit,
        score.assessor,
        score.tier,
        score.kind,
        day,
        items=1,
        points=points,
        most=most,
        contested=contested,
        contested_points=points if contested else 0,
        contested_most=most if contested else 0,
    )


def _named(assessment: Assessment, subject: str) -> Assessment:
    told = None if assessment.unit else _period_of(subject)
    return assessment if told is None else replace(assessment, unit=told[0], began_at=told[1])


def _period_of(subject: str) -> tuple[str, datetime] | None:
    """`assessment/x~2024-Q2` -> unit/x and the beginning of April; None where it names no month or quarter."""
    unit, _, period = subject.removeprefix("assessment/").rpartition("~")
    year, _, rest = period.partition("-")
    if not unit or year not in _YEARS or rest not in _MONTHS:
        return None
    return f"unit/{unit}", datetime(_YEARS[year], _MONTHS[rest], 1, tzinfo=SHANGHAI).astimezone(UTC)


def _of(assessment: Assessment, assessor: str, item: str) -> Score:
    for score in assessment.scores:
        if (score.assessor, score.item) == (assessor, item):
            return score
    return Score(assessor, item)


def _with(assessment: Assessment, score: Score) -> Assessment:
    found = [(one.assessor, one.item) == (score.assessor, score.item) for one in assessment.scores]
    if any(found):
        kept = tuple(score if same else one for same, one in zip(found, assessment.scores, strict=True))
        return replace(assessment, scores=kept)
    return replace(assessment, scores=(*assessment.scores, score)[:LIST_ITEMS])
