"""How a request looks to other systems. What a resident said, and where exactly it was, is sealed and not shown."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from ledger.protocols import ServiceRequest, StepTaken
from producers.open311.notes import note, status
from producers.open311.services import service_of

_SHANGHAI = timezone(timedelta(hours=8))


def request(one: ServiceRequest) -> dict[str, Any]:
    """The fields of GeoReport, in its order."""
    service = service_of(one.category)
    return {
        "service_request_id": id_of(one.subject),
        "status": status(one.is_open),
        "status_notes": note(one.step, one.resolved, one.merged_into),
        "service_name": service.name,
        "service_code": service.code,
        "description": None,
        "agency_responsible": one.agency,
        "service_notice": None,
        "requested_datetime": _time(one.requested_at),
        "updated_datetime": _time(one.updated_at),
        "expected_datetime": one.expected_at and _time(one.expected_at),
        "address": one.place_name,
        "address_id": one.place,
        "zipcode": None,
        "lat": one.latitude,
        "long": one.longitude,
        "media_url": None,
    }


def update(one: StepTaken) -> dict[str, Any]:
    """A step of a request, as FixMyStreet's extension has it; the id is the same whenever it is asked for."""
    return {
        "update_id": f"{id_of(one.subject)}.{one.step}.{int(one.at.timestamp())}",
        "service_request_id": id_of(one.subject),
        "status": status(one.is_open),
        "updated_datetime": _time(one.at),
        "description": note(one.step, one.resolved, one.merged_into),
        "media_url": None,
    }


def id_of(subject: str) -> str:
    """`case/o311-7f3a` → `o311-7f3a`."""
    return subject.removeprefix("case/")


def _time(time: datetime) -> str:
    return time.astimezone(_SHANGHAI).isoformat(timespec="seconds")
