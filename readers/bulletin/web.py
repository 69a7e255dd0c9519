"""The address of bulletins: `/bulletin/place/yunxing/2024-03`, a page that prints on one sheet."""

from __future__ import annotations

import re

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from audit.seal_store import last_seal
from audit.seals import Seal
from readers.asking import services_of
from readers.bulletin.figures import figures, month_before, rank_of
from readers.refusals import NotFound
from readers.rendering import page
from readers.services import Services

router = APIRouter(include_in_schema=False)
_is_month = re.compile(r"2\d{3}-(0[1-9]|1[0-2])\Z").match


@router.get("/bulletin/{kind}/{name}/{period}")
def bulletin(request: Request, kind: str, name: str, period: str) -> Response:
    """Figures, ranks, what changed since the month before, and the seal that they rest on. For everybody."""
    services, subject = services_of(request), f"{kind}/{name}"
    names = services.tables.names_of({subject})
    if kind not in ("place", "unit") or not _is_month(period) or subject not in names:
        raise NotFound(
            f"没有 {subject[:140]} {period[:10]} 的通报 · there is no such bulletin",
            "看看编号和月份 · Look at id and month.",
        )
    return page(
        request,
        "bulletin/bulletin.html",
        subject=subject,
        name=names[subject],
        period=period,
        before=month_before(period),
        figures=figures(services.tables, subject, period),
        rank=rank_of(services.tables, subject, period),
        closed=_closed(services, subject, period),
        seal=_seal(services),
        standing=services.tables.standing(),
    )


def _closed(services: Services, subject: str, period: str) -> object | None:
    """The closing of the period for this place, None where it is open still."""
    if not subject.startswith("place/"):
        return None
    name = f"period/{subject.partition('/')[2]}~{period}"
    return next((row for row in services.tables.ask("periods", subject=name) if row.closed_at), None)


def _seal(services: Services) -> Seal | None:
    with services.tables.connection() as connection, connection, connection.cursor() as cursor:
        return last_seal(cursor)
