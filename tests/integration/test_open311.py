"""Open311 on real servers: a public client lists services and follows a report until it is closed."""

from __future__ import annotations

import uuid
from contextlib import closing
from typing import Any

import httpx
import psycopg2
import pytest
from georeport import GeoReport  # type: ignore[import-untyped]  # it has none

from producers.publisher import utc_now
from projections.store.generation import current_generation
from tests.door import Door, event_of

APP = "urn:example:open311-app"
PHONE = "13912340311"


@pytest.fixture(scope="module")
def key(door: Door) -> str:
    """Of a residents' app."""
    return door.register("open311-app", APP, types=("case.discovered",))


@pytest.fixture(scope="module")
def place(door: Door) -> str:
    """An estate with a centre, whose responsible unit has a name."""
    unit, place = f"unit/{uuid.uuid4().hex}", f"place/{uuid.uuid4().hex}"
    assert door.post(told("unit.registered", unit, name="城管局", kind="government")).status_code == 201
    registered = told(
        "place.registered", place, name="云泰园", level="estate", responsible_unit=unit,
        centre={"longitude": 112.7, "latitude": 40.0},
    )  # fmt: skip
    assert door.post(registered, wait="10s").status_code == 201
    return place


def told(type_: str, subject: str, **data: Any) -> dict[str, Any]:
    return event_of(type_, subject, data=data, time=utc_now().isoformat())


def file(door: Door, key: str, format_: str, **fields: str) -> httpx.Response:
    form = {"api_key": key, "service_code": "parking", "lat": "40.01", "long": "112.7", **fields}
    return httpx.post(f"{door.url}/open311/v2/requests.{format_}", data=form, timeout=20)


@pytest.mark.parametrize("format_", ["json", "xml"])
def test_a_public_client_lists_services_and_follows_a_report_to_its_end(
    door: Door, key: str, place: str, format_: str
) -> None:
    client = GeoReport(f"{door.url}/open311/v2", output_format=format_)
    codes = [service["service_code"] for service in client.get_service_list()]
    assert {"parking", "noise", "other"} <= set(codes)
    attributes = client.get_service_definition("parking")["attributes"]
    assert "urgency" in str(attributes)

    words = {"description": f"占道 {uuid.uuid4().hex}", "address_id": place, "phone": PHONE}
    filed = file(door, key, "json", **words)
    assert filed.status_code == 201
    id_ = filed.json()[0]["service_request_id"]
    again = file(door, key, "xml", **words)
    assert (again.status_code, id_ in again.text) == (200, True), "sent again it is the same request"

    request = client.get_service_request(id_)
    assert (request["status"], request["service_code"], request["address"]) == ("open", "parking", "云泰园")
    assert (request["agency_responsible"], request["description"]) == ("城管局", None)
    assert (float(request["lat"]), float(request["long"])) == (40.0, 112.7), "its place's, not the one that is sealed"

    subject = f"case/{id_}"
    whistle = {"whistle": "w1", "by": place, "kind": "ordinary", "units": [{"unit": "unit/a", "part": "lead"}]}
    handled = {"by": "unit/a", "whistle": "w1", "resolved": True, "measures": "已施划车位"}
    assert door.post(told("case.whistled", subject, **whistle), wait="10s").status_code == 201
    assert "units concerned" in client.get_service_request(id_)["status_notes"]
    assert door.post(told("case.handled", subject, **handled), wait="10s").status_code == 201
    closed = client.get_service_request(id_)
    assert (closed["status"], closed["status_notes"]) == ("closed", "已办理 · handled")

    listed = client.get_service_requests(service_code="parking", status="closed")
    assert id_ in [one["service_request_id"] for one in (listed if isinstance(listed, list) else [listed])]
    assert id_ in str(client.get_service_requests(service_request_id=f"{id_},none"))


def test_nothing_that_a_resident_gave_is_kept_plain(door: Door, key: str) -> None:
    id_ = file(door, key, "json", description=f"漏水 {uuid.uuid4().hex}", phone=PHONE).json()[0]["service_request_id"]
    with closing(psycopg2.connect(door.endpoints.database_url)) as connection, connection.cursor() as cursor:
        generation = current_generation(connection)
        cursor.execute(f"select * from {generation}.entity_case where subject = %s", (f"case/{id_}",))
        kept = str(cursor.fetchone())
    assert "sealed:" in kept
    assert not any(plain in kept for plain in (PHONE, "漏水", "40.01"))


def test_updates_are_told_step_by_step_and_pages_do_not_overlap(door: Door, key: str) -> None:
    ids = [
        file(door, key, "json", description=f"{number} {uuid.uuid4().hex}").json()[0]["service_request_id"]
        for number in range(3)
    ]
    door.post(told("case.withdrawn", f"case/{ids[0]}"), wait="10s")
    root = f"{door.url}/open311/v2"
    updates = httpx.get(f"{root}/servicerequestupdates.json").json()
    steps = [one["description"] for one in updates if one["service_request_id"] == ids[0]]
    assert [step.partition(" · ")[0] for step in steps][-1] == "已撤回"
    pages = [
        httpx.get(f"{root}/requests.json", params={"page": str(page), "page_size": "2"}).json() for page in (1, 2)
    ]
    shown = [one["service_request_id"] for page in pages for one in page]
    assert len(set(shown)) == len(shown) >= 3
    assert set(shown[:3]) == set(ids), "the newest first"


def test_other_cases_are_shown_to_their_own_publisher_and_by_their_own_number(door: Door, key: str) -> None:
    number = f"N-{uuid.uuid4().hex}"
    event = event_of("case.discovered")
    event["data"] = event["data"] | {"channel": "hotline", "external": {"system": "direct", "number": number}}
    assert door.post(event, wait="10s").status_code == 201
    address = f"{door.url}/open311/v2/requests/{event['subject'].removeprefix('case/')}.json"
    assert httpx.get(address).status_code == 404
    assert httpx.get(address, params={"api_key": key}).status_code == 404
    assert httpx.get(address, params={"api_key": door.key}).status_code == 200

    found = door.client.get(f"/external/direct/{number}").json()
    (standing,) = found["results"]
    assert (standing["subject"], standing["status"], standing["step"]) == (event["subject"], "open", "discovered")
    assert standing in door.client.get("/external/direct").json()["results"]
    of_another = {"authorization": f"Bearer {key}"}
    assert httpx.get(f"{door.url}/external/direct/{number}", headers=of_another).status_code == 404
    assert httpx.get(f"{door.url}/external/direct").status_code == 401
    assert door.client.get("/external/direct", params={"after": "x"}).status_code == 400
