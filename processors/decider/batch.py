"""One batch of requests decided: what they need is read once, each is decided by itself, none holds up another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog

from ledger.access_log import write
from ledger.errors import EventRefused
from ledger.sealing import ExistingKeys
from ledger.unsealing import SealedField, Unsealer
from processors.decider.answer import AUTHID, Answer, Decided, Undecided, checked
from processors.decider.asked import UNDECIDED, Asked, continued
from processors.decider.atlas import Point
from processors.decider.desk import Desk
from processors.decider.dispatching import dispatch, places_asked
from processors.decider.following import confirmed_alert, emergency, topics
from processors.decider.ground import Ground, Grounds
from processors.decider.pending import pending
from processors.decider.reopening import reopen
from processors.decider.staff import read_staff
from projections.case_state import Case
from projections.store.load import load_states

KINDS = ("dispatch", "reopen", "emergency_case", "camera_case", "survey_topics")
log = structlog.get_logger("shanzhi.decider")


def decide(asked: Sequence[Asked], desk: Desk) -> list[Decided]:
    """Each request with its answer, in order. One that can't be decided gets that as its outcome, and a line."""
    return [_decided(one, desk) for one in asked]


def read_desk(
    cursor: Any, generation: str, asked: Sequence[Asked], keys: ExistingKeys, grounds: Grounds, now: datetime
) -> Desk:
    """What these requests are decided on; the generation is first in search_path."""
    told = list(pending(cursor))
    onward = continued(cursor, [one.subject for one in asked if one.kind == "reopen"])
    subjects = {one.subject for one in asked} | {one.subject for one in told if one.type == "case.dispatched"}
    subjects.update(onward.values())
    states = load_states(cursor, {one for one in subjects if one.startswith("case/")}, {})
    cases = {subject: state for subject, state in states.items() if isinstance(state, Case)}
    ours = {one.subject: cases[one.subject] for one in asked if one.subject in cases}
    ground = grounds.of(cursor, generation, now, {case.place for case in ours.values() if case.place})
    locations = _locations(cursor, ours, ground, keys)
    nearest = ground.dispatch.parameters.nearest_metres
    grids = {
        subject: ground.atlas.grid_of(case.place, locations.get(subject), nearest) for subject, case in ours.items()
    }
    places = {place for subject, case in ours.items() for place in places_asked(case, grids[subject], ground.atlas)}
    about = {case.about for case in ours.values() if case.about}
    staff = read_staff(cursor, places, about, ground.workload.parameters_json)
    desk = Desk(now, ground, cases, locations, grids, staff, onward)
    desk.remember(told)
    return desk


def _decided(asked: Asked, desk: Desk) -> Decided:
    try:
        return checked(asked, _ANSWERS[asked.kind](asked, desk), desk.now)
    except Undecided as reason:
        outcome = f"{UNDECIDED}{reason}"
    except EventRefused as refusal:
        outcome = f"refused: {refusal.code} {refusal.pointer}"
    except Exception as error:  # one that nobody foresaw stops neither the line nor the process
        outcome = f"failed: {type(error).__name__}"
    if outcome != asked.outcome:  # asked again and again: said once
        log.warning("not_decided", request=asked.id, kind=asked.kind, subject=asked.subject, outcome=outcome)
    return Decided(asked, outcome, ())


_ANSWERS: Mapping[str, Callable[[Asked, Desk], Answer]] = {
    "dispatch": dispatch,
    "reopen": reopen,
    "emergency_case": lambda asked, _: emergency(asked),
    "camera_case": lambda asked, _: confirmed_alert(asked),
    "survey_topics": lambda asked, desk: topics(asked, desk.ground.survey.parameters),
}


def _locations(cursor: Any, cases: Mapping[str, Case], ground: Ground, keys: ExistingKeys) -> dict[str, Point]:
    """Of the cases whose place does not say the grid; unsealed with one line in the log for all of them."""

    def keep(line: Mapping[str, Any]) -> None:
        write(cursor, "unsealed", person=AUTHID, details=line)

    fields = {
        subject: SealedField(
            "case.discovered/location", case.source, case.event_id, "/data/location",
            case.reporter or subject, "hidden", case.location,
        )
        for subject, case in cases.items()
        if case.location and case.source and case.event_id
        and (not case.is_open or ground.atlas.above(case.place, "grid") is None)
    }  # fmt: skip
    if not fields:
        return {}
    opened = Unsealer(keys, "dispatcher", AUTHID, "dispatch 智能派单", keep).open(list(fields.values()))
    return {
        subject: Point(field.value["longitude"], field.value["latitude"])
        for subject, field in zip(fields, opened, strict=True)
        if field.shown == "plain"
    }
