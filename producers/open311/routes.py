"""The resources of GeoReport v2, each as `NAME.xml` and `NAME.json`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from ledger.parties import Party
from ledger.protocols import ServiceRequest
from producers.gateway import body
from producers.gateway.access import party_of, party_of_key
from producers.gateway.aside import Side
from producers.gateway.guard import Endpoint, guarded
from producers.gateway.problems import Problem
from producers.gateway.rate import Rates
from producers.gateway.services import Services
from producers.gateway.waiting import Positions
from producers.open311 import form, shown, wire
from producers.open311.asked import SPAN, ids_of, requests_asked, span, subject_of, unknown_service
from producers.open311.discovery import ROOT, discovery
from producers.open311.filing import report
from producers.open311.sending import Sending
from producers.open311.services import Service, ServiceList, definition
from producers.open311.wire import Refused, answer

READ_SECONDS = 8.0  # a statement's own limit, and its turn
UPDATES = 1_000
_ANYBODY = "anybody"  # who reads without a key
T = TypeVar("T")
Resource = Callable[[Request, str], Awaitable[Response]]


def side_of_reading() -> Side:
    """Where tables are read for other systems: neither events nor receipts may wait for it."""
    return Side("read", threads=2, most=64, most_of_one=48)


class Open311:
    """Answers for every resource; `routes` are what an application has to have."""

    def __init__(self, services: Services, positions: Positions, rates: Rates, side: Side) -> None:
        self._services, self._side = services, side
        self._sending = Sending(services, positions, rates)
        self._list = ServiceList(lambda: services.requests.categories())

    def routes(self) -> Iterator[tuple[str, str, Endpoint]]:
        """(method, path, endpoint); errors are told as the specification has it."""
        resources: tuple[tuple[str, str, Resource], ...] = (
            ("GET", f"{ROOT}/services", self._services_all),
            ("GET", f"{ROOT}/services/{{code}}", self._service),
            ("GET", f"{ROOT}/requests", self._requests),
            ("GET", f"{ROOT}/requests/{{id}}", self._request),
            ("POST", f"{ROOT}/requests", self._report),
            ("GET", f"{ROOT}/tokens/{{id}}", self._token),
            ("GET", f"{ROOT}/servicerequestupdates", self._updates),
            ("GET", f"{ROOT}/discovery", self._discovery),
            ("GET", "/open311/discovery", self._discovery),
        )
        for method, path, resource in resources:
            yield method, f"{path}.{{format}}", guarded(_formatted(resource), self._services, _told)

    async def _services_all(self, request: Request, format_: str) -> Response:
        services = await self._known()
        return answer("services", [one.shown() for one in services.values()], format_)

    async def _service(self, request: Request, format_: str) -> Response:
        services, code = await self._known(), request.path_params["code"]
        if code not in services:
            raise unknown_service(code)
        return answer("service_definition", definition(services[code]), format_)

    async def _requests(self, request: Request, format_: str) -> Response:
        given: Mapping[str, str] = request.query_params
        if given.get("service_request_id"):  # overrides all other parameters
            found = await self._named(request, ids_of(given["service_request_id"]))
        else:
            wanted = requests_asked(given, await self._known(), self._services.clock())
            found = await self._read(partial(self._services.requests.told, wanted))
        return answer("service_requests", [shown.request(one) for one in found], format_)

    async def _request(self, request: Request, format_: str) -> Response:
        found = await self._one(request)
        return answer("service_requests", [shown.request(found)], format_)

    async def _token(self, request: Request, format_: str) -> Response:
        """Nobody is given a token, since ids are given at once: a request's id stands for itself."""
        id_ = shown.id_of((await self._one(request)).subject)
        return answer("service_requests", [{"service_request_id": id_, "token": id_}], format_)

    async def _updates(self, request: Request, format_: str) -> Response:
        since, until = span(request.query_params, self._services.clock(), SPAN)
        found = await self._read(partial(self._services.requests.steps, since, until, UPDATES))
        return answer("service_request_updates", [shown.update(one) for one in found], format_)

    async def _discovery(self, request: Request, format_: str) -> Response:
        return answer("discovery", discovery(str(request.base_url).rstrip("/")), format_)

    async def _report(self, request: Request, format_: str) -> Response:
        """201, or 200 where it had come before; then the tables hold it, unless they are behind."""
        text = await body.read(request, form.FORM_BYTES)
        fields = form.fields_of(request.headers.get("content-type", ""), text)
        party = await self._party(request, fields.get("api_key") or request.query_params.get("api_key"))
        if party is None:
            raise Refused(403, "api_key：缺少或无效，由管理员发给 · missing or invalid: an administrator gives one")
        told = report(fields, self._list.known or await self._known())  # filing does not stand behind reading
        sent = await self._sending.send(party, told)
        content = {"service_request_id": sent.id, "service_notice": sent.notice, "account_id": None}
        return answer("service_requests", [content], format_, 200 if sent.is_repeat else 201)

    async def _one(self, request: Request) -> ServiceRequest:
        id_ = request.path_params["id"]
        subject = subject_of(id_)
        for one in await self._named(request, [subject] if subject else []):
            return one
        detail = "没有此编号，或刚提交尚未入表 · no such request, or too new to be in the tables yet"
        raise Refused(404, f"service_request_id：{detail}")

    async def _named(self, request: Request, subjects: list[str]) -> Sequence[ServiceRequest]:
        party = await self._party(request, request.query_params.get("api_key"))
        sources = party.sources if party else ()
        return await self._read(partial(self._services.requests.named, subjects, sources), party)

    async def _party(self, request: Request, api_key: str | None) -> Party | None:
        if api_key is None:
            return await party_of(request, self._services.parties)
        return await party_of_key(api_key, self._services.parties)

    async def _known(self) -> Mapping[str, Service]:
        return await self._read(self._list.all)

    async def _read(self, work: Callable[[], T], party: Party | None = None) -> T:
        with self._side.place(party.id if party else _ANYBODY):
            return await self._side.run(work, READ_SECONDS)


def _formatted(endpoint: Resource) -> Endpoint:
    """In the format that the address names; what makes no sense is an answer."""

    async def answered(request: Request) -> Response:
        format_ = _format_of(request)
        try:
            if request.path_params["format"] not in wire.FORMATS:
                raise Refused(404, "格式为 .xml 或 .json · the formats are .xml and .json")
            return await endpoint(request, format_)
        except Refused as refused:
            return wire.error(refused, format_)

    return answered


def _told(request: Request, problem: Problem) -> Response:
    return wire.error(wire.refused_as(problem), _format_of(request))


def _format_of(request: Request) -> str:
    """XML where nothing else is asked for, as the specification requires that one."""
    return "json" if request.path_params.get("format") == "json" else "xml"
