"""Personal fields on a page: as the login may see them, and never before the access log says who looked."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request

from ledger.unsealing import Field, SealedField, Unsealer
from readers.accounts import cookies
from readers.accounts.rights import sight_of
from readers.asking import login_of, services_of


def opened(request: Request, subject: str, fields: Sequence[SealedField], reason: str) -> list[Field]:
    """What the login sees of an entity's sealed fields, in their order. Raises `OutcomeUnknown`.

    What is sealed under the login's own person is theirs to see. The log names the entity, never a value.
    """
    services, login = services_of(request), login_of(request)
    if login is None:
        return Unsealer(services.keys, "mask", "", "").open(fields)
    sight = sight_of(services.tables, login, subject)
    others, own = (
        Unsealer(services.keys, sight, login.person, reason),
        Unsealer(services.keys, "desk", login.person, reason),
    )
    parts = [
        (others, [field for field in fields if field.owner != login.person]),
        (own, [field for field in fields if field.owner == login.person]),
    ]
    plain = {field.what for unsealer, part in parts for field in part if unsealer.may_see(field.what)}
    if plain:
        services.accounts.tell(
            "unsealed", login, address=cookies.address_of(request), about=subject,
            details={"sight": sight, "fields": ", ".join(sorted(plain)), "reason": reason},
        )  # fmt: skip
    found = {
        sealed: seen for unsealer, part in parts if part for sealed, seen in zip(part, unsealer.open(part), strict=True)
    }
    return [found[field] for field in fields]
