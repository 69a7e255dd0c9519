"""camera: cameras of the three networks (雪亮工程, 公安天网, 慧眼工程), their alerts and what people found there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, assert_never

from msgspec import Struct
from msgspec.structs import replace

from ledger.events.camera import CameraAlerted, CameraConfirmed, CameraDismissed, CameraRegistered
from ledger.record import Record
from projections.family import Request, Share, State, Tally, day_of

VERSION = 1
ALERTS = 500

camera_place = Tally("camera_place", ("place", "network"), ("cameras",))
camera_day = Tally("camera_day", ("place", "network", "kind", "day"), ("alerted", "confirmed", "dismissed"))
camera_person = Tally("camera_person", ("person", "day"), ("confirmed", "dismissed"))
TALLIES = (camera_place, camera_day, camera_person)

CameraEvent = CameraRegistered | CameraAlerted | CameraConfirmed | CameraDismissed


class Alert(Struct, frozen=True):
    """One alert; without `at` only its answer is known yet."""

    alert: str
    kind: str | None = None
    confidence: int | None = None
    at: datetime | None = None
    by: str | None = None
    case: str | None = None
    confirmed_at: datetime | None = None
    dismissed_at: datetime | None = None

    @property
    def answered_at(self) -> datetime | None:
        """When somebody had looked."""
        return self.confirmed_at or self.dismissed_at


class Camera(State, frozen=True):
    """One camera. `source` and `event_id` say where `location` was sealed."""

    network: str | None = None
    place: str | None = None
    location: str | None = None
    source: str | None = None
    event_id: str | None = None
    alerts: tuple[Alert, ...] = ()
    registered_at: datetime | None = None


def evolve(camera: Camera, record: Record[CameraEvent]) -> Camera:
    """A second registration corrects the first; of an alert the first telling and the first answer hold.

    An answer may come before its alert, an alert before the camera is registered.
    """
    time = record.time
    match record.event:
        case CameraRegistered(network=network, place=place, location=location):
            return replace(
                camera,
                network=network,
                place=place,
                location=location,
                source=record.source,
                event_id=record.id,
                registered_at=camera.registered_at or time,
            )
        case CameraAlerted(alert=name, kind=kind, confidence=confidence):
            alert = _alert(camera, name)
            told = alert if alert.at else replace(alert, kind=kind, confidence=confidence, at=time)
        case CameraConfirmed(alert=name, by=by, case=case):
            alert = _alert(camera, name)
            told = alert if alert.answered_at else replace(alert, by=by, case=case, confirmed_at=time)
        case CameraDismissed(alert=name, by=by):
            alert = _alert(camera, name)
            told = alert if alert.answered_at else replace(alert, by=by, dismissed_at=time)
        case _:
            assert_never(record.event)
    kept = tuple(told if one.alert == name else one for one in camera.alerts)
    return replace(camera, alerts=kept if told in kept else (*kept, told)[:ALERTS])


def anomaly(camera: Camera, record: Record[CameraEvent]) -> str | None:
    """Why the event makes no sense for this camera as it was before."""
    if isinstance(record.event, CameraRegistered):
        return "registered twice" if camera.registered_at else None
    alert = _alert(camera, record.event.alert)
    if alert not in camera.alerts and len(camera.alerts) >= ALERTS:
        return f"over {ALERTS} alerts of one camera"
    match record.event:
        case CameraAlerted() if alert.at:
            return "alerted twice under one name"
        case CameraConfirmed() | CameraDismissed() if alert.answered_at:
            return "an alert that was answered before"
        case CameraConfirmed() | CameraDismissed() if alert.at is None:
            return "answered before it was alerted"
        case CameraAlerted() if camera.registered_at is None:
            return "alerted before the camera was registered"
    return None


def contribute(camera: Camera) -> Iterator[Share]:
    """A registered camera counts at its place, each alert on its own day, answers with who gave them."""
    if camera.place and camera.network:
        yield camera_place.share(camera.place, camera.network, cameras=1)
    for alert in camera.alerts:
        answers = {"confirmed": alert.confirmed_at is not None, "dismissed": alert.dismissed_at is not None}
        if alert.at and alert.kind and camera.place and camera.network:
            day = day_of(alert.at)
            yield camera_day.share(camera.place, camera.network, alert.kind, day, alerted=1, **answers)
        if alert.by and alert.answered_at:
            yield camera_person.share(alert.by, day_of(alert.answered_at), **answers)


def react(before: Camera, after: Camera, record: Record[Any]) -> Iterator[Request]:
    """A confirmed alert of a known kind and place asks for a case where none was named."""
    if after.place is None:
        return
    asked = {one.alert for one in before.alerts if before.place and _is_without_case(one)}
    for alert in after.alerts:
        if _is_without_case(alert) and alert.alert not in asked:
            details = {
                "alert": alert.alert,
                "kind": alert.kind,
                "place": after.place,
                "network": after.network,
            }
            yield Request(kind="camera_case", key=alert.alert, details=details)


def _is_without_case(alert: Alert) -> bool:
    return alert.at is not None and alert.confirmed_at is not None and alert.case is None


def _alert(camera: Camera, name: str) -> Alert:
    return next((one for one in camera.alerts if one.alert == name), Alert(name))
