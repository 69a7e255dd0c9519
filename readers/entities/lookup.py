"""Looking a case up 查单: that a resident did, told once a day, and nothing of who."""

from __future__ import annotations

from hashlib import sha256

from starlette.requests import Request

from ledger.event import latest
from projections.family import day_of
from readers.accounts.login import Login
from readers.asking import login_of, services_of
from readers.entities.sight import is_unguessable
from readers.forms.subjects import anonymous
from readers.publishing import SOURCE
from readers.services import Services

_TYPE = "case.looked_up"


def is_look(request: Request, subject: str) -> bool:
    """Whether this is a resident's first look of the day (Shanghai) at a case of which they know the number."""
    login = login_of(request)
    if not is_unguessable(subject) or (login is not None and login.roles != {"resident"}):
        return False
    services = services_of(request)
    rows = services.tables.ask("cases", subject=subject, limit=1).rows
    return bool(rows) and (rows[0].looked_up_at is None or day_of(rows[0].looked_up_at) != day_of(services.now()))


def publish(services: Services, login: Login | None, subject: str) -> None:
    """The event. Of two looks at one moment the first is kept; what can't be told now is told another day."""
    now = services.now()
    id_ = sha256(f"{subject}\0{day_of(now)}".encode()).hexdigest()[:32]
    services.gateway.publish(
        {
            "specversion": "1.0",
            "id": f"looked-up-{id_}",
            "source": SOURCE,
            "type": _TYPE,
            "dataschema": latest[_TYPE].dataschema,
            "subject": subject,
            "time": now.isoformat(),
            "authid": login.person if login else anonymous(id_),
            "data": {},
        }
    )
