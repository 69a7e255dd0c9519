"""The photos of an entity's events, opened for whom may see them and as the access log then says."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.requests import Request

from audit.told import Told
from ledger.photos import fetch
from ledger.unsealing import PHOTO, Unsealer
from readers.accounts import cookies
from readers.accounts.rights import sight_of
from readers.asking import required_login, services_of
from readers.refusals import NotYours

_REASON = "entity page 办件页"


def opened(request: Request, subject: str, photo: str, told: Iterable[Told]) -> tuple[str, bytes] | None:
    """Media type and picture; None where no event of the entity has it, or its owner was forgotten.

    Raises `LoginNeeded`, `NotYours`, `OutcomeUnknown`.
    """
    login, services = required_login(request), services_of(request)
    if not any(photo == one["id"] for event in told for one in event.event.get("data", {}).get("photos", ())):
        return None
    unsealer = Unsealer(services.keys, sight_of(services.tables, login, subject), login.person, _REASON)
    if not unsealer.may_see(PHOTO):
        raise NotYours("您的角色不能查看照片 · Your role does not see photos", "请社区查看 · Ask the community's desk.")
    services.accounts.tell(
        "unsealed", login, address=cookies.address_of(request), about=subject, details={"photo": photo}
    )
    with services.tables.connection() as connection, connection, connection.cursor() as cursor:
        return fetch(cursor, services.keys, photo, unsealer)
