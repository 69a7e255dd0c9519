"""Alerts of cameras: what was seen, who looked, and when a case is asked for."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.event import Event
from ledger.events import camera as said
from projections.camera import ALERTS, Camera, camera_day, camera_person, camera_place, react
from projections.family import Request
from tests.unit.test_folds import ESTATE, LI, SUN, Spec, hours

DAY = date(2024, 5, 11)
KEY = (ESTATE, "wise_eye", "fire", DAY)
REGISTERED = said.CameraRegistered(network="wise_eye", place=ESTATE)
ALERTED = said.CameraAlerted(alert="a", kind="fire", confidence=90)
CONFIRMED = said.CameraConfirmed(alert="a", by=LI)
DISMISSED = said.CameraDismissed(alert="a", by=SUN)
ASKED = Request(
    kind="camera_case", key="a", details={"alert": "a", "kind": "fire", "place": ESTATE, "network": "wise_eye"}
)


@pytest.fixture
def camera() -> Spec:
    return Spec("camera/1")


def asked(camera: Spec, *events: Event) -> list[Request]:
    """What each of the events asks for."""
    found: list[Request] = []
    for event in events:
        before = camera.store.entities.get(camera.subject, Camera())
        camera.when(event, delivered=2)
        found += react(before, camera.state(), None)  # type: ignore[arg-type]  # it needs no record
    return found


def test_an_alert_counts_on_its_day_and_with_who_looked(camera: Spec) -> None:
    camera.given(REGISTERED).when(ALERTED, delivered=2).odd(None).then(camera_day, {KEY: {"alerted": 1}})
    camera.when(CONFIRMED, delivered=2, at=hours(24)).odd(None)
    camera.then(camera_day, {KEY: {"alerted": 1, "confirmed": 1}}).then(
        camera_person, {(LI, date(2024, 5, 12)): {"confirmed": 1}}
    )
    camera.then(camera_place, {(ESTATE, "wise_eye"): {"cameras": 1}})


def test_the_first_answer_holds(camera: Spec) -> None:
    camera.given(REGISTERED, ALERTED, DISMISSED).when(CONFIRMED).odd("an alert that was answered before")
    camera.then(camera_day, {KEY: {"alerted": 1, "dismissed": 1}})


def test_a_confirmed_alert_without_a_case_asks_for_one(camera: Spec) -> None:
    assert asked(camera, REGISTERED, ALERTED, CONFIRMED, CONFIRMED, DISMISSED, REGISTERED) == [ASKED]


@pytest.mark.parametrize("order", [(0, 2, 1), (1, 2, 0), (2, 1, 0), (2, 0, 1)])
def test_a_case_is_asked_for_once_all_is_known(camera: Spec, order: tuple[int, ...]) -> None:
    events = (REGISTERED, ALERTED, CONFIRMED)
    *early, last = [events[number] for number in order]
    assert asked(camera, *early) == []
    assert asked(camera, last) == [ASKED]


def test_no_case_is_asked_for_where_one_is_named_or_nothing_was_there(camera: Spec) -> None:
    other = said.CameraAlerted(alert="b", kind="crowd", confidence=20)
    named = said.CameraConfirmed(alert="b", by=LI, case="case/1")
    assert asked(camera, REGISTERED, ALERTED, DISMISSED, other, named) == []


@pytest.mark.parametrize(
    "before, event, reason",
    [
        ([REGISTERED], REGISTERED, "registered twice"),
        ([], ALERTED, "alerted before the camera was registered"),
        ([REGISTERED], CONFIRMED, "answered before it was alerted"),
        ([REGISTERED, ALERTED], ALERTED, "alerted twice under one name"),
    ],
)
def test_what_makes_no_sense_is_said(camera: Spec, before: list[Event], event: Event, reason: str) -> None:
    camera.given(*before).when(event).odd(reason)


def test_so_many_alerts_fit(camera: Spec) -> None:
    camera.given(REGISTERED)
    camera.given(*[said.CameraAlerted(alert=f"{number}", kind="fire", confidence=1) for number in range(ALERTS)])
    camera.when(ALERTED).odd("over 500 alerts of one camera").when(said.CameraDismissed(alert="7", by=LI)).odd(None)
    assert len(camera.state().alerts) == ALERTS
