"""Open311 without servers: what is asked, filed and shown, as GeoReport v2 has it, in XML and in JSON alike."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast, get_args
from xml.etree import ElementTree

import httpx
import jsonschema
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.describe import sample_event
from ledger.errors import EventRefused, OutcomeUnknown
from ledger.event import latest
from ledger.events.case import Demand, Urgency
from ledger.parties import Party
from ledger.protocols import First, RequestsAsked, ServiceRequest, StepTaken
from ledger.submission import check
from processors.metrics import process_registry
from producers.gateway.answers import Accepted, Answer
from producers.gateway.app import application
from producers.gateway.metrics import Metrics
from producers.gateway.services import Services
from producers.open311.filing import AGAIN, report
from producers.open311.notes import STEPS, note
from producers.open311.services import ATTRIBUTES, ServiceList, service_of, shipped
from producers.open311.wire import FORMATS, Refused
from tests.soak import IS_SOAK

NOW = datetime(2024, 5, 11, 1, 30, tzinfo=UTC)
KEY = "shz_" + "A" * 43
PARTY = Party("app", "app", ("urn:example:app",), ("case.*",))
SERVICES = ServiceList(lambda: ["停车管理", "占道/经营"]).all()
FORM = {"service_code": "parking", "lat": "40.012", "long": "112.703", "description": "占道"}
STORED = ServiceRequest(
    "case/o311-7f", "停车管理", "merged", False, None, NOW, NOW + timedelta(hours=1), None, "place/g1", "一网格",
    40.0, 112.7, "城管局", "case/o311-8a",
)  # fmt: skip


class Tables:
    """`Requests` of one case, and what was asked of it."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def categories(self) -> Sequence[str]:
        return ["停车管理", "占道/经营"]

    def named(self, subjects: Sequence[str], sources: Sequence[str]) -> Sequence[ServiceRequest]:
        self.asked.append((list(subjects), tuple(sources)))
        return [STORED] if STORED.subject in subjects else []

    def told(self, asked: RequestsAsked) -> Sequence[ServiceRequest]:
        self.asked.append(asked)
        return [STORED]

    def steps(self, since: datetime, until: datetime, rows: int) -> Sequence[StepTaken]:
        self.asked.append((since, until, rows))
        return [StepTaken(STORED.subject, "merged", False, NOW, STORED.resolved, STORED.merged_into)]


class Way:
    """A gateway's application whose front takes everything, or answers with `answer`."""

    def __init__(self, answer: Answer | None = None, known: First | None = None) -> None:
        self.tables, self.sent = Tables(), list[dict[str, Any]]()
        self._answer = answer
        front = SimpleNamespace(publish=self._publish)
        services = SimpleNamespace(
            parties=SimpleNamespace(remembered=lambda key: PARTY if key == KEY else None, of_key=lambda _: None),
            front=front,
            receipts=SimpleNamespace(find=lambda _: known, positions=lambda: {0: 1}),
            requests=self.tables,
            clock=lambda: NOW,
            metrics=Metrics(process_registry("gateway", lambda: None)),
        )
        self._app = application(cast(Services, services))

    async def _publish(self, party: Party, events: Sequence[bytes]) -> list[Answer]:
        self.sent += map(orjson.loads, events)
        return [self._answer or Accepted("id", "source", 0, 0, False)]

    def get(self, path: str, **asked: str) -> httpx.Response:
        return self.call("GET", path, params=asked)

    def post(self, form: Mapping[str, str], format_: str = "json") -> httpx.Response:
        return self.call("POST", f"requests.{format_}", data=form)

    def call(self, method: str, path: str, **given: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://county.example/open311/v2/") as client:
                return await client.request(method, path, **given)

        return asyncio.run(ask())


def text(*, nullable: bool = True, **more: Any) -> dict[str, Any]:
    return {"type": ["string", "null"] if nullable else "string", **more}


REQUEST = {
    "type": "object",
    "additionalProperties": False,
    "required": ["service_request_id", "status", "service_code", "requested_datetime"],
    "properties": {
        "service_request_id": text(nullable=False),
        "status": {"enum": ["open", "closed"]},
        **{name: text(nullable=False) for name in ("service_code", "requested_datetime", "updated_datetime")},
        **{
            name: text()
            for name in (
                "status_notes", "service_name", "agency_responsible", "service_notice", "expected_datetime", "address",
                "address_id", "zipcode", "media_url",
            )
        },
        "description": text(maxLength=4000),
        **{name: {"type": ["number", "null"]} for name in ("lat", "long")},
    },
}  # fmt: skip
SERVICE = {
    "type": "object",
    "required": ["service_code", "service_name", "metadata", "type"],
    "properties": {
        **{name: text() for name in ("description", "keywords", "group")},
        **{name: text(nullable=False) for name in ("service_code", "service_name")},
        "metadata": {"type": "boolean"},
        "type": {"enum": ["realtime", "batch", "blackbox"]},
    },
}


def plain(element: ElementTree.Element) -> Any:
    """XML as JSON would have it, every value a text."""
    if len(element) == 0:
        return element.text
    children = [plain(child) for child in element]
    return children if element.tag in LISTS else dict(zip([child.tag for child in element], children, strict=True))


LISTS = (
    "services", "service_requests", "service_request_updates", "errors", "attributes", "values", "endpoints", "formats",
)  # fmt: skip


def as_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: as_text(one) for name, one in value.items()}
    if isinstance(value, list):
        return [as_text(one) for one in value]
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


READ = (
    "services", "services/parking", "requests", "requests/o311-7f", "servicerequestupdates", "tokens/o311-7f",
    "discovery", "requests/none", "services/none",
)  # fmt: skip


@pytest.mark.parametrize("path", READ)
def test_xml_and_json_say_the_same(path: str) -> None:
    way = Way()
    xml, json = (way.get(f"{path}.{format_}") for format_ in FORMATS)
    assert xml.status_code == json.status_code
    assert [answer.headers["content-type"] for answer in (xml, json)] == list(FORMATS.values())
    assert xml.content.startswith(b'<?xml version="1.0" encoding="utf-8"?>')
    assert plain(ElementTree.fromstring(xml.content)) == as_text(json.json())


def test_pages_of_other_sites_may_read_these_answers_and_no_others_of_the_gateway() -> None:
    way, allowed = Way(), "access-control-allow-origin"
    for path in ("services.xml", "requests.json", "services/none.json"):
        assert way.get(path).headers[allowed] == "*"
    for path in ("/catalogue", "/openapi.json", "/livez", "/no-such-address"):
        assert not any(name.startswith("access-control") for name in way.get(path).headers)


def test_the_lists_are_as_the_specification_has_them() -> None:
    way = Way()
    jsonschema.validate(way.get("services.json").json(), {"type": "array", "minItems": 25, "items": SERVICE})
    (request,) = way.get("requests.json").json()
    jsonschema.validate(request, REQUEST)
    assert (request["service_request_id"], request["service_code"], request["status"]) == (
        "o311-7f", "parking", "closed",
    )  # fmt: skip
    assert request["requested_datetime"] == "2024-05-11T09:30:00+08:00"
    assert request["status_notes"] == "已并入 o311-8a · continued in o311-8a"


def test_names_of_xml_elements_are_those_of_the_specification() -> None:
    way = Way()
    told = {path: ElementTree.fromstring(way.get(f"{path}.xml").content) for path in READ[:6]}
    paths = {
        "services": "service/service_code",
        "services/parking": "attributes/attribute/values/value/key",
        "requests": "request/service_request_id",
        "requests/o311-7f": "request/service_request_id",
        "servicerequestupdates": "request_update/update_id",
        "tokens/o311-7f": "request/token",
    }
    for path, element in paths.items():
        assert told[path].findtext(element), path
    assert [one.tag for one in told.values()] == [
        "services", "service_definition", "service_requests", "service_requests", "service_request_updates",
        "service_requests",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"start_date": "2024-05-01"}, "start_date"),
        ({"end_date": "yesterday"}, "end_date"),
        ({"start_date": "2024-01-01T00:00:00Z", "end_date": "2024-05-01T00:00:00Z"}, "end_date"),
        ({"status": "open,done"}, "status"),
        ({"page": "0"}, "page"),
        ({"page_size": "1001"}, "page_size"),
        ({"updated_after": "1"}, "updated_after"),
        ({"service_request_id": ",".join(f"o311-{number}" for number in range(101))}, "service_request_id"),
    ],
)
def test_what_makes_no_sense_is_answered_with_name_and_remedy(asked: dict[str, str], names: str) -> None:
    answer = Way().get("requests.json", **asked)
    (error,) = answer.json()
    assert (answer.status_code, error["code"]) == (400, 400)
    assert error["description"].startswith(names)
    assert " · " in error["description"], "in both languages"


def test_questions_are_put_to_the_tables_as_they_were_asked() -> None:
    way = Way()
    way.get("requests.json")
    way.get("requests.json", status="open", service_code="parking,noise", page="3", page_size="50")
    way.get("requests.json", status="open,closed", start_date="2024-05-01T00:00:00+08:00")
    way.get("requests.json", updated_after="2024-05-10T00:00:00Z", extensions="true")
    way.get("requests.json", service_request_id="o311-7f, no/id", status="none")
    way.get("requests/o311-7f.json", api_key=KEY)
    way.get("requests.json", service_request_id="", status="open")
    last_days, paged, since, updated, named, own, blank = way.tables.asked
    assert last_days.until - last_days.since == timedelta(days=90)
    assert (last_days.rows, last_days.is_open, last_days.categories) == (1_000, None, None)
    assert (paged.rows, paged.skipped, paged.is_open, paged.categories) == (50, 100, True, ["停车管理", "噪声扰民"])
    assert (since.since, since.is_open) == (datetime(2024, 4, 30, 16, tzinfo=UTC), None)
    assert (updated.updated_since, updated.since.year) == (datetime(2024, 5, 10, tzinfo=UTC), 1970)
    assert named == (["case/o311-7f"], ()), "it overrides all the others"
    assert own == (["case/o311-7f"], PARTY.sources)
    assert blank.is_open is True, "left blank is left out"


@pytest.mark.parametrize("path", ["requests.json", "servicerequestupdates.json"])
@pytest.mark.parametrize("name", ["start_date", "end_date"])
@pytest.mark.parametrize("time", ["0001-01-15T00:00:00Z", "9999-12-31T00:00:00Z"])
def test_the_ends_of_the_calendar_are_times_like_others(path: str, name: str, time: str) -> None:
    assert Way().get(path, **{name: time}).status_code == 200


@pytest.mark.parametrize(
    ("path", "code"), [("services.csv", 404), ("requests/x.y.html", 404), ("services/no.xml", 404)]
)
def test_errors_are_a_list_with_code_and_description(path: str, code: int) -> None:
    answer = Way().get(path)
    element = ElementTree.fromstring(answer.content)
    assert (answer.status_code, element.tag) == (code, "errors")
    assert element.findtext("error/code") == str(code)
    assert element.findtext("error/description")


def test_a_report_becomes_a_case_and_what_is_personal_stands_in_its_sealed_text() -> None:
    way = Way()
    personal = {
        "email": "zhang@example.org", "first_name": "三", "last_name": "张", "phone": "13812345678",
        "device_id": "device-77", "account_id": "me@example.org", "media_url": "https://example.org/1.jpg",
        "address_string": "云泰园3号楼",
    }  # fmt: skip
    answer = way.post({**FORM, **personal, "attribute[urgency]": "urgent", "api_key": KEY})
    assert answer.status_code == 201
    (told,) = answer.json()
    (event,) = way.sent
    assert event["subject"] == f"case/{told['service_request_id']}"
    assert {key: event["data"][key] for key in ("channel", "demand", "category", "urgency")} == {
        "channel": "open311", "demand": "complaint", "category": "停车管理", "urgency": "urgent",
    }  # fmt: skip
    assert event["data"]["location"] == {"longitude": 112.703, "latitude": 40.012}
    open_text = orjson.dumps(event | {"data": event["data"] | {"text": "", "location": {}}}).decode()
    for value in personal.values():
        assert value not in open_text
    for name in ("email", "phone", "last_name", "address_string", "media_url"):
        assert personal[name] in event["data"]["text"]
    assert "device-77" not in event["data"]["text"] and "me@example.org" not in event["data"]["text"]
    assert check(event, NOW).kind.type == "case.discovered"


def test_an_opaque_account_is_the_reporter() -> None:
    way = Way()
    way.post({**FORM, "account_id": "person/zhao-9b1e", "api_key": KEY}, "xml")
    assert way.sent[0]["data"]["reporter"] == way.sent[0]["authid"] == "person/zhao-9b1e"


@pytest.mark.parametrize("left_out", ["service_code", "lat", "long"])
def test_a_report_without_what_it_needs_is_refused_by_name(left_out: str) -> None:
    way = Way()
    answer = way.post({name: value for name, value in (FORM | {"api_key": KEY}).items() if name != left_out})
    assert answer.status_code == 400
    assert left_out in answer.json()[0]["description"]
    assert way.sent == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"api_key": ""}, 403),
        ({"api_key": "shz_wrong"}, 403),
        ({"service_code": "none"}, 404),
        ({"lat": "91"}, 400),
        ({"long": "1e2"}, 400),
        ({"address_id": "yunxing"}, 400),
        ({"media_url": "file:///etc/passwd"}, 400),
        ({"description": "字" * 4_001}, 400),
        ({"attribute[size]": "1"}, 400),
        ({"attribute[urgency]": "very"}, 400),
    ],
)
def test_a_report_that_makes_no_sense_is_refused(changes: dict[str, str], code: int) -> None:
    way = Way()
    answer = way.post(FORM | {"api_key": KEY} | changes)
    assert (answer.status_code, answer.json()[0]["code"]) == (code, code)
    assert way.sent == []


def test_the_same_report_is_the_same_request_on_its_day_and_a_little_longer() -> None:
    told = report(FORM, SERVICES)
    other = report(FORM | {"description": "又占道"}, SERVICES)
    midnight = datetime(2024, 5, 11, 16, tzinfo=UTC)
    ids = {told.id_on("urn:a", time) for time in (NOW, NOW + timedelta(hours=14), midnight + AGAIN / 2 - AGAIN)}
    assert len(ids) == 1
    assert len({*ids, told.id_on("urn:a", midnight), told.id_on("urn:b", NOW), other.id_on("urn:a", NOW)}) == 4


def test_a_report_that_was_there_before_is_told_so() -> None:
    indexed = Way(known=First(0, 1, ""))
    again = indexed.post(FORM | {"api_key": KEY})
    assert (again.status_code, indexed.sent) == (200, [])
    on_its_way = Way(answer=EventRefused("id_reused", "/id", "x", "r", "m", "规", "补"))
    other = on_its_way.post(FORM | {"api_key": KEY})
    assert (other.status_code, other.json()[0]["service_request_id"]) == (200, again.json()[0]["service_request_id"])


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (EventRefused("place_not_granted", "/data/place", "x", "r", "m", "规", "补"), 403),
        (EventRefused("personal_number", "/data/reporter", "x", "r", "m", "规", "补"), 400),
        (OutcomeUnknown("Kafka does not answer", "Try again."), 503),
    ],
)
def test_what_the_front_refuses_is_told_as_an_error(answer: Any, code: int) -> None:
    told = Way(answer=answer).post(FORM | {"api_key": KEY})
    assert (told.status_code, told.json()[0]["code"]) == (code, code)


def test_a_form_is_utf8_and_each_field_stands_once() -> None:
    way = Way()
    for body in (
        b"service_code=a&service_code=b",
        b"a=%ff",
        b"\xff=1",
        b"a=%00",
        b"&".join([b"a%d=1" % n for n in range(61)]),
    ):
        headers = {"content-type": "application/x-www-form-urlencoded"}
        assert way.call("POST", "requests.json", content=body, headers=headers).status_code == 400
    assert way.call("POST", "requests.json", json=FORM).status_code == 415
    assert way.call("POST", "requests.json", content=b"a" * 65_537).status_code == 413


@settings(max_examples=20_000 if IS_SOAK else 300, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([*FORM, "address_id", "address_string", "media_url", "attribute[urgency]", "phone"])
        | st.text(max_size=12),
        st.text(max_size=30) | st.sampled_from(["parking", "40", "112.7", "person/1", "urgent", "place/g1"]),
        max_size=8,
    )
)
def test_no_form_makes_a_report_fail_otherwise(fields: dict[str, str]) -> None:
    try:
        event = report(fields, SERVICES).event("urn:example:app", "app", "o311-1", NOW)
    except Refused as refused:
        assert refused.code in (400, 404) and " · " in refused.description
        return
    try:
        check(event, NOW)
    except EventRefused as refused:
        assert refused.code in ("personal_number", "nul_character", "not_representable")


def test_the_list_ships_services_and_takes_up_the_countys_own() -> None:
    assert all(check(sample_of(one.category, one.demand), NOW) for one in shipped()[1])
    assert len({one.code for one in SERVICES.values()}) == len(SERVICES) == len(shipped()[1]) + 1
    own = service_of("占道/经营")
    assert "/" not in own.code and SERVICES[own.code].category == "占道/经营"
    other = ServiceList(lambda: ["noise"]).all()
    assert other["noise"].category == "噪声扰民", "a category that is called like a shipped code gets another one"
    assert other[service_of("noise").code].category == "noise"
    assert [tuple(one.values) for one in ATTRIBUTES][1] == get_args(Urgency)[::-1]
    assert set(ATTRIBUTES[0].values) == set(get_args(Demand))


def sample_of(category: str, demand: str) -> dict[str, Any]:
    event = sample_event(latest["case.discovered"])
    return event | {"data": event["data"] | {"category": category, "demand": demand}}


def test_every_step_has_a_note_in_both_languages() -> None:
    for step in STEPS:
        for resolved in (None, True, False):
            chinese, _, english = note(step, resolved, "case/1").partition(" · ")
            assert chinese and english.isascii()
    assert "not resolved" in note("closed", resolved=False)
