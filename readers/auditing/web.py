"""The addresses of the auditor's pages."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from audit.explain import Explanation
from ledger.access_log import Line, lines
from readers.accounts import cookies
from readers.accounts.csrf import Checked
from readers.accounts.rights import reaches, scope_of
from readers.api.explaining import asked_of
from readers.api.service import api_of
from readers.api.viewer import Viewer
from readers.asking import required_login, services_of
from readers.auditing.history import newest_seals, packed_case, restated
from readers.language import Text
from readers.refusals import NotFound
from readers.rendering import page

LINES, PERIODS = 30, 50
FIGURES: Mapping[str, Text] = {
    "unit": Text("单位考核", "A unit's score"),
    "rates": Text("三率", "Three rates of a place"),
    "grid": Text("网格当月得分", "A grid's month"),
    "person": Text("个人积分", "A person's points"),
}
router = APIRouter(include_in_schema=False)


@router.get("/audit")
def audit(request: Request) -> Response:
    """Where an auditor begins."""
    login = required_login(request, "auditor")
    services = services_of(request)
    return page(
        request,
        "auditing/audit.html",
        figures=FIGURES,
        seals=newest_seals(services),
        standing=services.tables.standing(),
        periods=services.tables.ask("periods", limit=PERIODS).rows,
        quarantined=services.tables.ask("quarantine", limit=1_000),
        accesses=_accesses(request) if scope_of(login).is_county else [],  # the log is of the whole county
    )


@router.get("/audit/explain")
def explanation(request: Request, figure: str, subject: str, period: str) -> Response:
    """A figure opened to its terms, rules, entities and events, computed anew from the ledger."""
    login = required_login(request, "auditor", "liaison", "desk", "town", "leader", "grid_worker", "member")
    asked = asked_of([("figure", figure), ("subject", subject), ("period", period)])
    text = api_of(request).explaining.explanation(asked, Viewer(scope_of(login), login))
    found = msgspec.json.decode(text, type=Explanation)
    title = FIGURES[asked.figure]
    return page(request, "auditing/explanation.html", found=found, title=title, subject=subject, period=period)


@router.get("/audit/restated")
def restatements(request: Request, place: str, period: str) -> Response:
    """What was published when a period was closed and is otherwise by now, and the events that caused it."""
    required_login(request, "auditor", "leader")
    closed, changed = restated(services_of(request), place, period)
    return page(request, "auditing/restated.html", closed=closed, changed=changed)


@router.post("/audit/pack")
def pack(request: Request, form: Checked) -> Response:
    """An audit pack of a case, as a file; the access log says who took it."""
    login = required_login(request, "auditor")
    services, case = services_of(request), str(form.get("case", ""))
    if not reaches(services.tables, login, case):
        raise NotFound(f"没有 {case[:140]} · there is no such case", "看看编号 · Look at its number.")
    name, content = packed_case(services, case)
    services.accounts.tell("exported", login, address=cookies.address_of(request), about=case, details={"file": name})
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, headers=headers, media_type="application/zip")


def _accesses(request: Request) -> list[Line]:
    with services_of(request).tables.connection() as connection, connection, connection.cursor() as cursor:
        return lines(cursor, limit=LINES)
