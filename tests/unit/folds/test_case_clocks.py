"""The clocks of a case, what its events ask for, and the facts by which gaming is found."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.event import Event
from ledger.events import case as said
from ledger.fields import Photo
from projections.case import deadlines
from projections.case_tallies import case_kind
from projections.family import Deadline
from tests.unit.test_folds import (
    CITY,
    CITY_REPORTED,
    DAY,
    ESTATE,
    GRID,
    LI,
    MORNING,
    POLICE,
    SUN,
    TOWN,
    WORDS,
    Spec,
    discovered,
    dispatched,
    handled,
    hours,
    rated,
    whistled,
)

DECLINED = said.CaseDeclined(reason="不在本网格")
REOPEN_REQUESTED = said.CaseReopenRequested(reason=WORDS)


@pytest.fixture
def case() -> Spec:
    return Spec("case/1")


def clocks(case: Spec) -> dict[str, Deadline]:
    """The clocks that run, by name and key."""
    return {f"{one.clock} {one.key}".strip(): one for one in deadlines(case.state())}


def asked(case: Spec, *kinds: str) -> list[tuple[str, str, dict[str, Any]]]:
    """What was asked for, of these kinds or all, in the order of the ledger."""
    told = sorted(case.store.requests.values(), key=lambda one: (one.record.offset, one.kind, one.key))
    rows = [(one.kind, one.key, one.details) for one in told]
    return [one for one in rows if not kinds or one[0] in kinds]


def overdue(clock: str, due_hours: int, key: str | None = None) -> said.CaseOverdue:
    return said.CaseOverdue(clock=clock, key=key, due=hours(due_hours), rule="clocks.qinglong-2024-1")


def test_a_discovered_case_waits_for_its_dispatch_by_urgency_and_for_handling_by_class_or_demand(case: Spec) -> None:
    case.given(discovered(urgency="urgent", handle_class="h24"))
    assert clocks(case) == {
        "dispatch": Deadline(clock="dispatch", started_at=MORNING, recorded_at=MORNING, span_class="urgent"),
        "handle": Deadline(clock="handle", started_at=MORNING, recorded_at=MORNING, span_class="h24"),
    }
    other = Spec("case/2").given(discovered(demand="suggestion"))
    assert clocks(other)["handle"].span_class == "suggestion"


def test_from_the_dispatch_on_the_worker_is_late_until_signing_in_and_handling(case: Spec) -> None:
    case.given(discovered(), dispatched())
    running = clocks(case)
    assert running.keys() == {"sign_in", "handle"}
    assert (running["sign_in"].started_at, running["sign_in"].due) == (hours(1), hours(3))
    assert {one.holder for one in running.values()} == {LI}
    assert running["handle"].due == hours(99)
    assert clocks(case.given(said.CaseAccepted())).keys() == {"handle"}
    assert clocks(case.given(handled())) == {}


def test_a_desk_is_nobody_who_could_be_late(case: Spec) -> None:
    case.given(discovered(), dispatched("place/yunxing", None))
    assert [one.holder for one in deadlines(case.state())] == [None, None]


@pytest.mark.parametrize(
    "end",
    [
        said.CaseRefused(reason="不归我县", where_to="市里"),
        said.CaseMerged(into="case/2"),
        said.CaseWithdrawn(),
        said.CaseClosed(),
        handled(),
    ],
)
def test_an_ended_case_has_no_clocks(case: Spec, end: Event) -> None:
    case.given(discovered(), whistled(city="lead")).given(end)
    assert clocks(case) == {}


def test_a_reopen_starts_the_clock_of_handling_anew(case: Spec) -> None:
    case.given(discovered(), dispatched(), said.CaseAccepted(), handled())
    case.when(said.CaseReopened(handle_due=hours(200)), at=hours(50))
    handle = clocks(case)["handle"]
    assert (handle.started_at, handle.due) == (hours(50), hours(200))
    case.given(handled()).when(said.CaseReopened(), at=hours(300))
    assert clocks(case)["handle"].due is None, "a due of before the reopen holds no longer; the rule says when"


def test_each_called_unit_has_clocks_of_its_own(case: Spec) -> None:
    stamped = said.CaseWhistled(
        whistle="w1", by=TOWN, kind="emergency", report_due=hours(2), handle_due=hours(9),
        units=(said.Called(unit=CITY, part="lead"), said.Called(unit=POLICE, part="assist")),
    )  # fmt: skip
    case.given(discovered(), stamped)
    running = clocks(case)
    report = running[f"report w1~{CITY}"]
    assert (report.due, report.span_class, report.holder) == (hours(2), "emergency", CITY)
    assert running[f"unit_handle w1~{POLICE}"].due == hours(9)
    case.given(CITY_REPORTED, handled(POLICE, "w1"))
    assert clocks(case).keys() == {"dispatch", "handle", f"unit_handle w1~{CITY}"}
    assert "report w1~unit/city" in clocks(Spec("case/2").given(discovered(), whistled(city="lead")))


def test_a_pause_stands_on_every_clock(case: Spec) -> None:
    case.given(discovered(), said.CasePaused(reason="等待"))
    assert {one.pauses for one in deadlines(case.state())} == {((hours(1), None),)}
    case.given(said.CaseResumed())
    assert {one.pauses for one in deadlines(case.state())} == {((hours(1), hours(2)),)}


def test_a_clock_fires_once_and_an_extension_starts_it_again(case: Spec) -> None:
    case.given(discovered(), dispatched()).when(overdue("handle", 99), delivered=2).odd(None)
    assert clocks(case).keys() == {"sign_in"}
    case.when(overdue("handle", 99)).odd("overdue twice")
    case.given(said.CaseExtended(handle_due=hours(150), reason="材料未到"))
    assert clocks(case)["handle"].due == hours(150)


def test_a_stamped_due_that_a_pause_moved_on_has_fired_for_good(case: Spec) -> None:
    case.given(discovered(), dispatched(), said.CasePaused(reason="等待"), said.CaseResumed())
    case.when(overdue("handle", 100), at=hours(101)).odd(None)
    assert clocks(case).keys() == {"sign_in"}, "99 and the hour that it stood still"


def test_a_new_case_asks_to_be_dispatched_once_and_a_dispatched_one_does_not(case: Spec) -> None:
    case.when(discovered(), delivered=2)
    assert asked(case, "dispatch") == [("dispatch", "", {})]
    brought = Spec("case/2").given(dispatched(), discovered())
    assert asked(brought, "dispatch") == []


def test_a_declined_case_asks_again_and_remembers_who_declined(case: Spec) -> None:
    case.given(discovered(), dispatched(), DECLINED)
    assert len(asked(case, "dispatch")) == 2
    assert case.state().declined_by == (LI,)
    case.given(dispatched(SUN)).when(said.CaseDeclined(reason="晚了", by=LI))
    case.odd("declined by somebody who did not have it")
    assert (case.state().assignee, case.state().declined_by) == (SUN, (LI,))
    assert len(asked(case, "dispatch")) == 2


def test_who_signs_in_for_somebody_else_is_odd(case: Spec) -> None:
    case.given(discovered(), dispatched()).when(said.CaseAccepted(by=SUN))
    case.odd("accepted by somebody who did not have it")


def test_a_request_to_reopen_is_asked_for_and_a_reopened_case_stays_with_who_has_it(case: Spec) -> None:
    case.given(discovered(), dispatched(), handled(), REOPEN_REQUESTED, said.CaseReopened())
    assert [kind for kind, _, _ in asked(case, "reopen", "dispatch")] == ["dispatch", "reopen"]
    never = Spec("case/2").given(discovered(), said.CaseClosed(), said.CaseReopened())
    assert len(asked(never, "dispatch")) == 2, "nobody has it"


def test_worker_liaison_and_resident_are_to_be_told(case: Spec) -> None:
    case.given(discovered(reporter=SUN), dispatched(), whistled(city="lead", police="assist"))
    case.given(handled(POLICE, "w1"), handled(CITY, "w1"), said.CaseReplied(text=WORDS), said.CaseReplied(text=WORDS))
    told = [(details["to"], details["template"]) for _, _, details in asked(case, "notice")]
    assert told == [
        (LI, "dispatched"), (CITY, "whistled"), (POLICE, "whistled"), (SUN, "handled"), (SUN, "replied"),
    ]  # fmt: skip
    anonymous = Spec("case/2").given(discovered(), dispatched(CITY), handled(), said.CaseReplied(text=WORDS))
    assert [(details["to"], details["template"]) for _, _, details in asked(anonymous, "notice")] == [
        (CITY, "dispatched"),
    ]  # fmt: skip
    assert asked(Spec("case/3").given(discovered(), dispatched(TOWN)), "notice") == [], "a desk has no phone"


def test_what_gaming_is_found_by_is_kept(case: Spec) -> None:
    photo = Photo(id="p", media_type="image/png", bytes=9, fingerprint="f1")
    case.given(discovered(photos=(photo,)), dispatched(), handled(), said.CaseReopened(handle_due=hours(200)), rated())
    case.given(said.CaseClosed())
    state = case.state()
    assert (state.fingerprints, state.first_handled_at, state.first_handle_due) == (("f1",), hours(2), hours(99))
    assert state.discovered_by == state.closed_by == state.ratings[0].authid is not None


def test_a_case_counts_once_in_its_kind_wherever_it_moves(case: Spec) -> None:
    case.given(discovered(), dispatched(), handled()).when(rated(), delivered=2)
    key = (GRID, "停车管理", "hotline", "help", DAY)
    case.then(case_kind, {key: {"discovered": 1, "handled": 1, "resolved": 1, "rated": 1, "satisfied": 1}})
    assert ESTATE != GRID
