"""What the folds make of events, in sentences: given what happened, when this happens, then these rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import orjson
import pytest

from ledger.codec import EPOCH
from ledger.event import Event, kinds
from ledger.events import act as act_says
from ledger.events import activity as activity_says
from ledger.events import case as said
from ledger.events import duty as duty_says
from ledger.events import person as person_says
from ledger.events import place as place_says
from ledger.events import publisher as publisher_says
from ledger.events import team as team_says
from ledger.events import unit as unit_says
from ledger.fields import Sealed
from ledger.record import Batch, StoredRecord
from projections.act import volunteer_day, volunteer_person, volunteer_team, volunteer_unit
from projections.activity import activity_day, activity_provider
from projections.case_tallies import case_day, grid_load, unit_day, worker_day, worker_load
from projections.duty import duty_day, duty_party
from projections.family import LIST_ITEMS, Tally
from projections.person import community_role, unit_role
from projections.place_tallies import place_level
from projections.publisher import publisher_state
from projections.store.memory import MemoryStore
from projections.team import MEMBERS, team_place
from projections.unit import community_pairing, unit_kind
from tests.strategies import envelope

MORNING = datetime(2024, 5, 11, 1, tzinfo=UTC)  # nine o'clock in Shanghai
DAY = date(2024, 5, 11)
HOUR = timedelta(hours=1)
WORDS = Sealed("sealed:1:AAAAAAAAAAAAAAAAAAAAAA")
ESTATE, GRID, OTHER_GRID, TOWN = "place/estate", "place/grid-1", "place/grid-2", "place/town"
LI, SUN = "person/li", "person/sun"
POLICE, CITY = "unit/police", "unit/city"
Rows = Mapping[tuple[str | date, ...], Mapping[str, int]]


class Spec:
    """One stream told event by event to a store in memory; every event an hour after the one before."""

    def __init__(self, subject: str) -> None:
        self.subject = subject
        self.store = MemoryStore(1)
        self._told = 0
        self._offset = 0

    def given(self, *events: Event, subject: str | None = None) -> Spec:
        """These happened, one after another."""
        for event in events:
            self._tell(event, subject or self.subject, MORNING + self._told * HOUR, delivered=1)
        return self

    def when(self, event: Event, *, delivered: int = 1, at: datetime | None = None) -> Spec:
        """This happens now, and is delivered so often; its oddities are those that `odd` speaks of."""
        self.store.anomalies.clear()
        self._tell(event, self.subject, at or MORNING + self._told * HOUR, delivered)
        return self

    def then(self, tally: Tally, rows: Rows) -> Spec:
        """The tally has just these rows; measures that are not named are 0."""
        found = {
            key: {name: value for name, value in zip(tally.measures, values, strict=False) if value}
            for key, values in self.store.tallies.get(tally.table, {}).items()
        }
        assert found == {key: dict(measures) for key, measures in rows.items()}
        return self

    def odd(self, reason: str | None) -> Spec:
        """What the last event left behind as an anomaly."""
        assert [row.reason for row in self.store.anomalies.values()] == ([reason] if reason else [])
        return self

    def state(self, subject: str | None = None) -> Any:
        """What is known of the stream now."""
        return self.store.entities[subject or self.subject]

    def _tell(self, event: Event, subject: str, time: datetime, delivered: int) -> None:
        kind = next(kind for kind in kinds.values() if kind.cls is type(event))
        data = msgspec.to_builtins(event)
        value = orjson.dumps(envelope(kind, subject, f"e{self._told}", time, data))
        stamp = (max(time, MORNING + self._told * HOUR) - EPOCH) // timedelta(milliseconds=1)
        self._told += 1
        for _ in range(delivered):
            raw = StoredRecord(self._offset, stamp, subject.encode(), value)
            planned = self.store.apply(Batch(0, [raw]))
            assert planned is not None
            assert planned.quarantine == []
            self._offset += 1


def hours(count: int) -> datetime:
    """So many hours after the first event."""
    return MORNING + count * HOUR


@pytest.fixture
def case() -> Spec:
    return Spec("case/1")


@pytest.fixture
def duty() -> Spec:
    return Spec("duty/1")


@pytest.fixture
def act() -> Spec:
    return Spec("act/1")


@pytest.fixture
def activity() -> Spec:
    return Spec("activity/1")


@pytest.fixture
def team() -> Spec:
    return Spec("team/1")


@pytest.fixture
def place() -> Spec:
    return Spec(GRID)


@pytest.fixture
def unit() -> Spec:
    return Spec(CITY)


@pytest.fixture
def person() -> Spec:
    return Spec(LI)


@pytest.fixture
def publisher() -> Spec:
    return Spec("publisher/hotline")


# case ---------------------------------------------------------------------------------------------


def discovered(**changes: Any) -> said.CaseDiscovered:
    fields: dict[str, Any] = {
        "channel": "hotline",
        "demand": "help",
        "category": "停车管理",
        "urgency": "ordinary",
        "text": WORDS,
        "place": ESTATE,
    }
    return said.CaseDiscovered(**fields | changes)


def dispatched(to: str = LI, grid: str | None = GRID) -> said.CaseDispatched:
    return said.CaseDispatched(
        to=to, grid=grid, sign_in_due=hours(3), handle_due=hours(99), rule="dispatch-2024-1"
    )


def whistled(**parts: str) -> said.CaseWhistled:
    called = tuple(said.Called(unit=f"unit/{unit}", part=part) for unit, part in parts.items())  # type: ignore[arg-type]  # lead or assist
    return said.CaseWhistled(whistle="w1", by=TOWN, kind="ordinary", units=called)


def handled(by: str = LI, whistle: str | None = None, resolved: bool = True) -> said.CaseHandled:
    return said.CaseHandled(by=by, resolved=resolved, measures=WORDS, whistle=whistle)


def rated(satisfaction: str = "satisfied") -> said.CaseRated:
    return said.CaseRated(by="call_back", reached=True, satisfaction=satisfaction)  # type: ignore[arg-type]  # a literal


CITY_HANDLED = handled(CITY, "w1")
CITY_REPORTED = said.CaseReported(whistle="w1", unit=CITY)
OPEN = {"open": 1, "ordinary": 1}


def test_a_case_is_open_where_it_was_discovered(case: Spec) -> None:
    case.when(discovered(), delivered=2)
    case.then(case_day, {(ESTATE, DAY): {"discovered": 1}}).then(grid_load, {(ESTATE,): OPEN}).odd(None)


def test_a_dispatched_case_counts_in_its_grid_and_weighs_on_its_worker(case: Spec) -> None:
    case.given(discovered(urgency="urgent")).when(dispatched(), delivered=2)
    case.then(case_day, {(GRID, DAY): {"discovered": 1, "dispatched": 1}})
    case.then(grid_load, {(GRID,): {"open": 1, "urgent": 1}})
    case.then(worker_load, {(LI,): {"open": 1, "urgent": 1}})
    case.then(worker_day, {(LI, DAY): {"dispatched": 1}})


def test_a_second_dispatch_moves_the_case_to_another_grid_and_off_the_first_workers_load(case: Spec) -> None:
    case.given(discovered(), dispatched(), said.CaseAccepted()).when(dispatched(SUN, OTHER_GRID), delivered=2)
    case.then(case_day, {(OTHER_GRID, DAY): {"discovered": 1, "dispatched": 1}})
    case.then(grid_load, {(OTHER_GRID,): OPEN}).then(worker_load, {(SUN,): OPEN})
    case.then(worker_day, {(SUN, DAY): {"dispatched": 1}}).odd(None)


def test_a_declined_case_waits_for_another_worker(case: Spec) -> None:
    case.given(discovered(), dispatched(), said.CaseAccepted()).when(said.CaseDeclined(reason="不在本网格"))
    case.then(grid_load, {(GRID,): OPEN}).then(worker_load, {}).then(worker_day, {})
    case.when(dispatched(SUN, OTHER_GRID)).then(worker_load, {(SUN,): OPEN}).odd(None)


def test_a_case_dispatched_to_a_unit_is_on_no_workers_load(case: Spec) -> None:
    case.given(discovered()).when(dispatched(CITY, None)).then(worker_load, {}).then(
        grid_load, {(ESTATE,): OPEN}
    )


def test_a_handled_case_is_done_on_the_day_on_which_it_was_handled(case: Spec) -> None:
    case.given(discovered(), dispatched(), said.CaseAccepted()).when(handled(), delivered=2, at=hours(20))
    funnel = {"discovered": 1, "dispatched": 1, "accepted": 1, "handled": 1, "handled_in_grid": 1}
    case.then(case_day, {(GRID, DAY): funnel, (GRID, date(2024, 5, 12)): {"done": 1}})
    case.then(grid_load, {}).then(worker_load, {})
    case.then(worker_day, {(LI, DAY): {"dispatched": 1, "accepted": 1, "handled": 1}})


def test_an_assists_handling_counts_only_for_itself(case: Spec) -> None:
    case.given(discovered(), whistled(city="lead", police="assist")).when(handled(POLICE, "w1"), delivered=2)
    called = {"called": 1}
    case.then(
        unit_day, {(POLICE, DAY): called | {"handled": 1, "resolved": 1}, (CITY, DAY): called | {"lead": 1}}
    )
    case.then(grid_load, {(ESTATE,): OPEN}).odd(None)


def test_the_leads_handling_handles_the_case(case: Spec) -> None:
    case.given(discovered(), whistled(city="lead", police="assist")).when(handled(CITY, "w1"), delivered=2)
    done = {"discovered": 1, "whistled": 1, "handled": 1, "done": 1}
    case.then(case_day, {(ESTATE, DAY): done}).then(grid_load, {}).odd(None)
    assert case.state().handled_by == CITY


def test_a_report_answers_its_own_whistle(case: Spec) -> None:
    case.given(discovered(), whistled(city="lead")).when(CITY_REPORTED, delivered=2)
    case.then(unit_day, {(CITY, DAY): {"called": 1, "lead": 1, "reported": 1}}).odd(None)
    case.when(said.CaseReported(whistle="w2", unit=CITY)).odd("reported without being whistled")
    case.then(unit_day, {(CITY, DAY): {"called": 1, "lead": 1, "reported": 1}})


def test_what_was_handled_before_the_whistle_arrived_counts_from_its_own_time(case: Spec) -> None:
    case.given(discovered()).when(handled(CITY, "w1")).odd("handled by a unit that was not whistled")
    case.then(unit_day, {}).then(grid_load, {(ESTATE,): OPEN})
    case.when(whistled(city="lead"), delivered=2, at=hours(40))
    assert (case.state().handled_at, case.state().first_handled_at, case.state().handled_by) == (
        hours(1),
        hours(1),
        CITY,
    )
    case.then(unit_day, {(CITY, date(2024, 5, 13)): {"called": 1, "lead": 1, "handled": 1, "resolved": 1}})
    case.then(grid_load, {})


def test_the_same_whistle_once_more_does_not_handle_a_reopened_case(case: Spec) -> None:
    case.given(discovered(), whistled(city="lead"), handled(CITY, "w1"), said.CaseReopened())
    case.when(whistled(city="lead", police="assist")).then(grid_load, {(ESTATE,): OPEN})
    assert case.state().handled_at is None


def test_the_same_whistle_once_more_does_not_move_the_time_of_handling(case: Spec) -> None:
    case.given(discovered(), whistled(city="lead"), handled(CITY, "w1")).when(
        whistled(city="lead", police="assist")
    )
    assert case.state().handled_at == hours(2)


def test_a_reopened_case_counts_as_unresolved_until_it_is_handled_again(case: Spec) -> None:
    case.given(discovered(), handled(), said.CaseClosed()).when(said.CaseReopened(), delivered=2)
    case.then(case_day, {(ESTATE, DAY): {"discovered": 1, "reopened": 1}}).then(
        grid_load, {(ESTATE,): OPEN}
    ).odd(None)
    case.when(handled(), delivered=2).then(grid_load, {}).odd(None)
    done = {"discovered": 1, "reopened": 1, "handled": 1, "handled_in_grid": 1, "done": 1}
    case.then(case_day, {(ESTATE, DAY): done})


@pytest.mark.parametrize(
    "end",
    [
        said.CaseWithdrawn(),
        said.CaseRefused(reason="不属于本县职责", where_to="市信访局"),
        said.CaseMerged(into="case/2"),
        said.CaseClosed(),
    ],
    ids=lambda end: type(end).__name__,
)
def test_an_ended_case_is_open_again_once_reopened(case: Spec, end: Event) -> None:
    case.given(discovered()).when(end).then(grid_load, {})
    case.when(said.CaseReopened(), delivered=2).then(grid_load, {(ESTATE,): OPEN}).odd(None)
    case.then(case_day, {(ESTATE, DAY): {"discovered": 1, "reopened": 1}})


def test_the_last_rating_is_the_word_of_the_resident(case: Spec) -> None:
    case.given(discovered(), handled()).when(rated("satisfied"), delivered=2)
    counted = {"discovered": 1, "handled": 1, "handled_in_grid": 1, "done": 1, "rated": 1}
    case.then(case_day, {(ESTATE, DAY): counted | {"satisfied": 1}}).odd(None)
    case.when(rated("dissatisfied")).then(case_day, {(ESTATE, DAY): counted})
    assert [one.satisfaction for one in case.state().ratings] == ["satisfied", "dissatisfied"]


def test_an_excluded_case_stays_in_the_counts_and_says_when_it_was_excluded(case: Spec) -> None:
    case.given(discovered(), handled())
    rows = dict(case.store.tallies["tally_case_day"])
    case.when(said.CaseExcluded(reason="重复反映", reviewer="person/qian"), delivered=2)
    assert case.store.tallies["tally_case_day"] == rows  # rates with and without are worked out on read
    assert case.state().excluded_at == hours(2)


def test_pauses_are_kept_with_both_ends(case: Spec) -> None:
    case.given(discovered(), said.CasePaused(reason="等待天气转暖")).when(
        said.CaseResumed(), delivered=2
    ).odd(None)
    (pause,) = case.state().pauses
    assert (pause.since, pause.until) == (hours(1), hours(2))
    case.when(said.CaseResumed()).odd("resumed without being paused")


def test_a_ruling_settles_what_was_disputed(case: Spec) -> None:
    case.given(discovered(), said.CaseDisputed(by=CITY, about="rating")).when(
        said.CaseDisputeRuled(upheld=True)
    )
    assert [one.upheld for one in case.odd(None).state().disputes] == [True]
    case.when(said.CaseDisputeRuled(upheld=False)).odd("ruled without a dispute")
    assert [one.upheld for one in case.state().disputes] == [True]


def test_a_case_that_is_only_looked_up_withdrawn_and_supervised_tells_so(case: Spec) -> None:
    case.given(discovered(), said.CaseLookedUp(), said.CaseSupervised(tier="county"))
    case.when(said.CaseWithdrawn(), delivered=2)
    case.then(case_day, {(ESTATE, DAY): {"discovered": 1, "looked_up": 1, "withdrawn": 1}}).then(
        grid_load, {}
    )
    assert (case.state().supervised_by, case.state().lookups) == ("county", 1)


def test_a_case_counts_once_its_discovery_arrives_however_late(case: Spec) -> None:
    case.given(dispatched(), said.CaseAccepted()).when(handled()).odd("came before the case was discovered")
    case.then(case_day, {}).then(grid_load, {})
    case.when(discovered(), delivered=2, at=MORNING - timedelta(days=3 * 366)).odd(None)
    early = {"discovered": 1, "dispatched": 1, "accepted": 1, "handled": 1, "handled_in_grid": 1}
    case.then(case_day, {(GRID, date(2021, 5, 9)): early, (GRID, DAY): {"done": 1}}).then(grid_load, {})


@pytest.mark.parametrize(
    "before, event, reason",
    [
        ([], rated(), "came before the case was discovered"),
        ([discovered()], discovered(), "discovered twice"),
        ([discovered()], rated(), "rated before it was handled"),
        ([discovered()], said.CaseAccepted(), "accepted before it was dispatched"),
        ([discovered(), dispatched(), said.CaseAccepted()], said.CaseAccepted(), "accepted twice"),
        ([discovered(), handled()], handled(), "handled twice"),
        ([discovered(), whistled(city="lead"), CITY_HANDLED], CITY_HANDLED, "handled twice by one unit"),
        ([discovered(), CITY_REPORTED], CITY_REPORTED, "reported twice to one whistle"),
        ([discovered()], said.CaseReopened(), "reopened before it was handled"),
        ([discovered(), said.CasePaused(reason="雨")], said.CasePaused(reason="雪"), "paused twice"),
        ([discovered(), said.CaseClosed()], dispatched(), "dispatched when it was not open"),
    ],
    ids=lambda value: value.replace(" ", "_") if isinstance(value, str) else "",
)  # fmt: skip
def test_what_makes_no_sense_in_a_case_is_kept_with_its_reason(
    case: Spec, before: list[Event], event: Event, reason: str
) -> None:
    case.given(*before).when(event, delivered=2).odd(reason)


# duty ---------------------------------------------------------------------------------------------

REPORTED = duty_says.DutyReported(party=LI, unit=CITY, community="place/yunxing")
SERVED = duty_says.DutyServed(
    person=LI,
    unit=CITY,
    community="place/yunxing",
    kind="义诊",
    began=hours(0),
    ended=hours(2),
    beneficiaries=12,
)
DUTY_CONFIRMED, DUTY_REFUSED = (
    duty_says.DutyConfirmed(by="place/yunxing"),
    duty_says.DutyRefused(by="place/yunxing"),
)

SERVED_AND_CONFIRMED = {"served": 1, "confirmed": 1, "served_confirmed": 1, "confirmed_minutes": 120}


def test_a_report_to_a_community_counts_there_and_for_the_member(duty: Spec) -> None:
    duty.when(REPORTED, delivered=2).odd(None)
    duty.then(duty_day, {("place/yunxing", CITY, DAY): {"reported": 1}})
    duty.then(duty_party, {(LI, CITY, DAY): {"reported": 1}})


def test_a_unit_that_reports_is_its_own_unit(duty: Spec) -> None:
    duty.when(duty_says.DutyReported(party=POLICE, community="place/yunxing"))
    duty.then(duty_party, {(POLICE, POLICE, DAY): {"reported": 1}})


def test_minutes_of_service_count_once_the_community_confirms(duty: Spec) -> None:
    duty.when(SERVED, delivered=2).then(duty_party, {(LI, CITY, DAY): {"served": 1}})
    duty.when(DUTY_CONFIRMED, delivered=2).odd(None)
    duty.then(duty_party, {(LI, CITY, DAY): SERVED_AND_CONFIRMED})
    confirmed = {"served": 1, "confirmed": 1, "served_confirmed": 1, "confirmed_minutes": 120, "beneficiaries": 12}
    duty.then(duty_day, {("place/yunxing", CITY, DAY): confirmed})


def test_a_confirmed_report_is_no_confirmed_service(duty: Spec) -> None:
    """Else the share of services that were confirmed would go over 1."""
    duty.given(REPORTED).when(DUTY_CONFIRMED).then(duty_party, {(LI, CITY, DAY): {"reported": 1, "confirmed": 1}})


def test_a_refusal_after_the_confirmation_takes_the_minutes_back(duty: Spec) -> None:
    duty.given(SERVED, DUTY_CONFIRMED).when(DUTY_REFUSED, delivered=2).odd("refused after it was confirmed")
    duty.then(duty_party, {(LI, CITY, DAY): {"served": 1, "refused": 1}})
    duty.when(DUTY_CONFIRMED).odd("confirmed after it was refused")
    duty.then(duty_party, {(LI, CITY, DAY): SERVED_AND_CONFIRMED})


def test_a_confirmation_may_come_before_the_service(duty: Spec) -> None:
    duty.when(DUTY_CONFIRMED).odd("confirmed or refused before it was reported").then(duty_day, {})
    duty.when(SERVED, delivered=2).odd(None)
    duty.then(duty_party, {(LI, CITY, DAY): SERVED_AND_CONFIRMED})


def test_a_service_that_ended_before_it_began_has_no_minutes(duty: Spec) -> None:
    backwards = msgspec.structs.replace(SERVED, ended=hours(-1))
    duty.when(backwards).odd("ended before it began").given(DUTY_CONFIRMED)
    duty.then(duty_party, {(LI, CITY, DAY): {"served": 1, "confirmed": 1, "served_confirmed": 1}})


def test_what_is_told_twice_in_one_duty_is_odd(duty: Spec) -> None:
    duty.given(REPORTED).when(REPORTED, delivered=2).odd("reported or served twice in one stream")
    duty.given(DUTY_CONFIRMED).when(DUTY_CONFIRMED).odd("confirmed twice")


# act ----------------------------------------------------------------------------------------------

ACTED = act_says.VolunteerActed(
    persons=(LI, SUN, LI),
    place=ESTATE,
    kind="home_service",
    began=hours(0),
    ended=hours(1),
    unit=CITY,
    team="team/red",
)
ACT_CONFIRMED, ACT_REFUSED = act_says.VolunteerConfirmed(by=TOWN), act_says.VolunteerRefused(by=TOWN)


def test_an_act_counts_once_at_its_place_and_once_for_each_person(act: Spec) -> None:
    act.when(ACTED, delivered=2).odd(None)
    act.then(volunteer_day, {(ESTATE, DAY): {"acts": 1}})
    act.then(volunteer_person, {(LI, DAY): {"acts": 1}, (SUN, DAY): {"acts": 1}})


def test_a_confirmed_act_gives_each_person_the_minutes_and_the_team_all_of_them(act: Spec) -> None:
    act.given(ACTED).when(ACT_CONFIRMED, delivered=2).odd(None)
    own = {"acts": 1, "confirmed": 1, "confirmed_minutes": 60}
    act.then(volunteer_person, {(LI, DAY): own, (SUN, DAY): own})
    for tally, key in ((volunteer_day, ESTATE), (volunteer_unit, CITY), (volunteer_team, "team/red")):
        act.then(tally, {(key, DAY): own | {"confirmed_minutes": 120}})


def test_the_last_of_confirmed_and_refused_holds(act: Spec) -> None:
    act.given(ACTED, ACT_CONFIRMED).when(ACT_REFUSED, delivered=2).odd("refused after it was confirmed")
    act.then(volunteer_day, {(ESTATE, DAY): {"acts": 1, "refused": 1}})
    act.when(ACT_CONFIRMED).odd("confirmed after it was refused")
    act.then(volunteer_unit, {(CITY, DAY): {"acts": 1, "confirmed": 1, "confirmed_minutes": 120}})


def test_an_act_told_again_elsewhere_leaves_its_first_place(act: Spec) -> None:
    act.given(ACTED).when(msgspec.structs.replace(ACTED, place=GRID, persons=(SUN,))).odd("told twice")
    act.then(volunteer_day, {(GRID, DAY): {"acts": 1}}).then(volunteer_person, {(SUN, DAY): {"acts": 1}})


@pytest.mark.parametrize(
    "before, event, reason",
    [
        ([], ACT_CONFIRMED, "confirmed or refused before it was done"),
        ([], msgspec.structs.replace(ACTED, ended=hours(-2)), "ended before it began"),
        ([ACTED, ACT_CONFIRMED], ACT_CONFIRMED, "confirmed twice"),
    ],
)
def test_what_makes_no_sense_of_an_act(act: Spec, before: list[Event], event: Event, reason: str) -> None:
    act.given(*before).when(event, delivered=2).odd(reason)


# activity -----------------------------------------------------------------------------------------

PLANNED = activity_says.ActivityPlanned(
    title="周末义诊进小区",
    kind="clinic",
    place=ESTATE,
    organiser=TOWN,
    providers=("unit/hospital", "unit/hospital"),
    begins=hours(20),
    ends=hours(22),
)
HELD, CANCELLED = activity_says.ActivityHeld(attendance=46), activity_says.ActivityCancelled()
SUNDAY = date(2024, 5, 12)
CLINIC = (ESTATE, "clinic", "", "", SUNDAY)
HELD_THERE = {"planned": 1, "held": 1, "held_by_units": 1, "attendance": 46}


def test_a_planned_activity_counts_on_the_day_on_which_it_begins(activity: Spec) -> None:
    activity.when(PLANNED, delivered=2).odd(None)
    activity.then(activity_day, {CLINIC: {"planned": 1}})
    activity.then(activity_provider, {(ESTATE, "unit/hospital", "clinic", SUNDAY): {"planned": 1}})


def test_a_held_activity_counts_whom_it_reached(activity: Spec) -> None:
    activity.given(PLANNED).when(HELD, delivered=2).odd(None)
    activity.then(activity_day, {CLINIC: HELD_THERE})
    rows = {"planned": 1, "held": 1, "attendance": 46}
    activity.then(activity_provider, {(ESTATE, "unit/hospital", "clinic", SUNDAY): rows})


def test_held_wins_over_cancelled(activity: Spec) -> None:
    activity.given(PLANNED).when(CANCELLED, delivered=2).odd(None)
    activity.then(activity_day, {CLINIC: {"planned": 1, "cancelled": 1}})
    activity.when(HELD).odd("held after it was cancelled")
    activity.then(activity_day, {CLINIC: HELD_THERE})
    activity.when(CANCELLED).odd("cancelled after it was held").when(HELD).odd("held twice")


def test_an_activity_that_was_held_before_it_was_planned_counts_once_planned(activity: Spec) -> None:
    activity.when(HELD).odd("held or cancelled before it was planned").then(activity_day, {})
    activity.when(msgspec.structs.replace(PLANNED, ends=hours(19))).odd("ends before it begins")
    activity.then(activity_day, {CLINIC: HELD_THERE})


# team ---------------------------------------------------------------------------------------------

FORMED = team_says.TeamFormed(kind="patrol", place=ESTATE)


def joined(who: str) -> team_says.TeamJoined:
    return team_says.TeamJoined(person=who)


def test_who_joined_twice_is_one_member(team: Spec) -> None:
    team.given(FORMED, joined(LI)).when(joined(LI), delivered=2).odd("joined twice")
    team.then(team_place, {(ESTATE, "patrol"): {"teams": 1, "members": 1}})


def test_members_may_join_before_the_team_is_formed(team: Spec) -> None:
    team.given(joined(SUN)).when(joined(LI)).odd(None).then(team_place, {})
    team.when(FORMED).then(team_place, {(ESTATE, "patrol"): {"teams": 1, "members": 2}})


def test_who_left_is_no_member(team: Spec) -> None:
    team.given(FORMED, joined(LI)).when(team_says.TeamLeft(person=LI), delivered=2).odd(None)
    team.then(team_place, {(ESTATE, "patrol"): {"teams": 1}})
    team.when(team_says.TeamLeft(person=LI)).odd("left a team without being a member")
    team.when(FORMED).odd("formed twice")


# place --------------------------------------------------------------------------------------------

REGISTERED = place_says.PlaceRegistered(
    name="第一网格", level="grid", parent="place/yunxing", networks=("party",)
)


def staffed(who: str) -> place_says.PlaceStaffed:
    return place_says.PlaceStaffed(person=who, role="grid_worker", chosen="appointed")


def test_a_place_counts_in_its_level_and_once_more_when_closed(place: Spec) -> None:
    place.when(REGISTERED, delivered=2).odd(None).then(place_level, {("grid",): {"registered": 1}})
    place.when(place_says.PlaceChanged(responsible_unit=CITY))
    place.then(place_level, {("grid",): {"registered": 1, "with_unit": 1}})
    place.when(place_says.PlaceClosed()).then(
        place_level, {("grid",): {"registered": 1, "closed": 1, "with_unit": 1}}
    )
    place.when(place_says.PlaceClosed()).odd("closed twice").when(REGISTERED).odd("registered twice")


def test_a_post_is_held_once_by_one_person(place: Spec) -> None:
    place.given(REGISTERED, staffed(LI)).when(staffed(LI), delivered=2)
    assert [(post.person, post.since) for post in place.state().staff] == [(LI, hours(2))]
    gone = place_says.PlaceUnstaffed(person=LI, role="grid_worker")
    place.when(gone, delivered=2).odd(None)
    assert place.state().staff == ()
    place.when(gone).odd("left a post that was not held")


def test_who_takes_up_a_post_anew_at_a_full_place_is_not_odd(place: Spec) -> None:
    place.given(*[staffed(f"person/{number}") for number in range(LIST_ITEMS)])
    place.when(staffed("person/7")).odd(None)
    assert place.state().staff[-1].person == "person/7"
    place.when(staffed("person/one-more")).odd("over 100 posts at one place")
    assert len(place.state().staff) == LIST_ITEMS


def test_networks_are_merged_into_a_place(place: Spec) -> None:
    place.given(REGISTERED).when(
        place_says.PlaceMerged(network="city", merged=("place/chengguan-3",)), delivered=2
    )
    assert place.state().networks == ("city", "party")


# unit ---------------------------------------------------------------------------------------------

UNIT = unit_says.UnitRegistered(name="左云县城管局", kind="government")


def paired(community: str = "place/yunxing", *estates: str) -> unit_says.UnitPaired:
    return unit_says.UnitPaired(mode="N+1", community=community, estates=estates)


def test_a_second_pairing_with_one_community_replaces_the_first(unit: Spec) -> None:
    unit.given(UNIT, paired("place/yunxing", "place/a")).when(
        paired("place/yunxing", "place/b", "place/c"), delivered=2
    )
    unit.then(community_pairing, {("place/yunxing",): {"units": 1, "estates": 2}}).odd(None)
    unit.then(unit_kind, {("government",): {"registered": 1, "paired": 1}})


def test_an_estate_named_twice_in_a_pairing_is_one(unit: Spec) -> None:
    unit.given(UNIT).when(paired("place/yunxing", "place/a", "place/a"))
    unit.then(community_pairing, {("place/yunxing",): {"units": 1, "estates": 1}})


def test_an_ended_pairing_counts_no_more(unit: Spec) -> None:
    unit.given(UNIT, paired()).when(unit_says.UnitUnpaired(community="place/yunxing"), delivered=2).odd(None)
    unit.then(community_pairing, {}).then(unit_kind, {("government",): {"registered": 1}})
    unit.when(unit_says.UnitUnpaired(community="place/yunxing"))
    unit.odd("unpaired from a community that it was not paired with").when(UNIT).odd("registered twice")


def test_a_pairing_renewed_by_a_unit_with_many_is_not_odd(unit: Spec) -> None:
    unit.given(*[paired(f"place/{number}") for number in range(LIST_ITEMS)]).when(paired("place/7")).odd(None)
    unit.when(paired("place/one-more")).odd("over 100 pairings of one unit")


def test_a_late_contact_does_not_move_the_last_one_back(unit: Spec) -> None:
    unit.given(unit_says.UnitContacted(place="place/yunxing")).when(
        unit_says.UnitContacted(place=ESTATE), at=hours(-9)
    )
    assert unit.state().contacted_at == hours(0)


# person -------------------------------------------------------------------------------------------

PERSON = person_says.PersonRegistered(
    roles=("volunteer", "resident", "volunteer"), unit=CITY, community="place/yunxing"
)


def test_a_person_counts_once_a_role(person: Spec) -> None:
    person.when(PERSON, delivered=2).odd(None)
    person.then(unit_role, {(CITY, "volunteer"): {"persons": 1}, (CITY, "resident"): {"persons": 1}})
    person.then(
        community_role, {("place/yunxing", role): {"persons": 1} for role in ("volunteer", "resident")}
    )


def test_a_change_keeps_what_it_does_not_name(person: Spec) -> None:
    person.given(PERSON).when(person_says.PersonChanged(roles=("leader",)), delivered=2)
    person.then(unit_role, {(CITY, "leader"): {"persons": 1}})
    person.when(person_says.PersonChanged(unit=POLICE)).then(unit_role, {(POLICE, "leader"): {"persons": 1}})


@pytest.mark.parametrize(
    "gone, reason",
    [(person_says.PersonLeft(), "left twice"), (person_says.PersonMerged(into=SUN), "merged twice")],
)
def test_who_left_or_is_somebody_else_counts_no_more(person: Spec, gone: Event, reason: str) -> None:
    person.given(PERSON).when(gone, delivered=2).odd(None).then(unit_role, {}).then(community_role, {})
    person.when(gone).odd(reason).when(PERSON).odd("registered twice")


def test_who_is_back_before_leaving_is_odd(person: Spec) -> None:
    person.when(person_says.PersonAway(since=hours(5), until=hours(1))).odd("back before being away")
    person.when(person_says.PersonAway(since=hours(5), until=hours(9))).odd(None)


# publisher ----------------------------------------------------------------------------------------


def hotline(**changes: Any) -> publisher_says.PublisherRegistered:
    given: dict[str, Any] = {"name": "热线", "sources": ("urn:example:hotline",), "rate_per_second": 1000}
    return publisher_says.PublisherRegistered(**(given | changes))


def test_a_registered_publisher_is_active_until_it_is_revoked(publisher: Spec) -> None:
    publisher.when(hotline(rhythm_minutes=120), delivered=2)
    publisher.then(publisher_state, {("active",): {"publishers": 1, "with_rhythm": 1}}).odd(None)
    publisher.when(publisher_says.PublisherRevoked(reason="合同到期"), delivered=2)
    publisher.then(publisher_state, {("revoked",): {"publishers": 1, "with_rhythm": 1}}).odd(None)


def test_a_changed_publisher_keeps_what_is_not_named(publisher: Spec) -> None:
    publisher.given(hotline(types=("case.*",), places=("place/xicheng",), rhythm_minutes=120))
    publisher.when(publisher_says.PublisherChanged(types=(), rate_per_second=5, rhythm_minutes=0))
    state = publisher.state()
    assert (state.name, state.sources, state.places) == ("热线", ("urn:example:hotline",), ("place/xicheng",))
    assert (state.types, state.rate_per_second, state.rhythm_minutes) == ((), 5, None)
    assert state.changed_at == hours(1)
    publisher.then(publisher_state, {("active",): {"publishers": 1}})


@pytest.mark.parametrize(
    "event, reason",
    [
        (hotline(), "registered twice"),
        (publisher_says.PublisherChanged(name="别名"), "changed after it was revoked"),
        (publisher_says.PublisherRevoked(), "revoked twice"),
    ],
)
def test_a_revoked_publisher_says_no_more(publisher: Spec, event: Event, reason: str) -> None:
    publisher.given(hotline(), publisher_says.PublisherRevoked()).when(event).odd(reason)
    publisher.then(publisher_state, {("revoked",): {"publishers": 1}})


# every family -------------------------------------------------------------------------------------

FILLING: list[tuple[str, Callable[[int], Event], int, str]] = [
    ("case/1", lambda number: rated(), LIST_ITEMS, "ratings"),
    ("case/1", lambda number: said.CasePaused(reason="雨"), LIST_ITEMS, "pauses"),
    ("case/1", lambda number: said.CaseDisputed(by=CITY, about="rating"), LIST_ITEMS, "disputes"),
    (
        "case/1",
        lambda number: said.CaseReported(whistle="w", unit=f"unit/{number}"),
        LIST_ITEMS,
        "obligations",
    ),
    ("case/1", lambda number: handled(f"unit/{number}", "w"), LIST_ITEMS, "obligations"),
    ("case/1", lambda number: whistled(**{f"u{number}": "assist"}), LIST_ITEMS, "obligations"),
    ("team/1", lambda number: joined(f"person/{number}"), MEMBERS, "members"),
    (GRID, lambda number: staffed(f"person/{number}"), LIST_ITEMS, "staff"),
    (CITY, lambda number: paired(f"place/{number}"), LIST_ITEMS, "pairings"),
]


@pytest.mark.parametrize(
    "subject, event, most, field", FILLING, ids=[type(one[1](0)).__name__ for one in FILLING]
)
def test_a_list_that_is_full_takes_no_more_and_says_so(
    subject: str, event: Callable[[int], Event], most: int, field: str
) -> None:
    spec = Spec(subject)
    if subject.startswith("case/"):
        spec.given(discovered(), handled())
    spec.given(*map(event, range(most)))
    full = getattr(spec.state(), field)
    assert len(full) == most

    spec.when(event(most))

    assert getattr(spec.state(), field) == full
    (row,) = spec.store.anomalies.values()
    assert row.reason.startswith("over ")


def test_a_whistle_that_renews_what_a_full_case_owes_is_not_odd(case: Spec) -> None:
    case.given(discovered(), *[whistled(**{f"u{number}": "assist"}) for number in range(LIST_ITEMS)])
    case.when(whistled(u7="lead")).odd(None)
    assert next(one.part for one in case.state().obligations if one.unit == "unit/u7") == "lead"
