"""The readers as people meet them: accounts by role, and a client that is logged in as one."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from contextlib import closing

import httpx

from readers.accounts.login import Grant, Role
from readers.accounts.register import AccountRegister
from tests.door import Door

PASSWORD = "correct horse battery staple"
_CSRF = re.compile(r'name="csrf" value="([^"]+)"')


def account(door: Door, *grants: Grant, person: str | None = None) -> str:
    """A new account in these roles; its name. `PASSWORD` opens it."""
    name = f"t-{uuid.uuid4().hex[:12]}"
    with closing(AccountRegister(door.endpoints.database_url)) as register:
        register.add(name, name, person or f"person/{name}", list(grants), PASSWORD, "unit/tests")
    return name


def nobody(door: Door) -> httpx.Client:
    """A client without a login; it follows no redirects."""
    return httpx.Client(base_url=door.dashboard, timeout=30, trust_env=False)


def visitor(
    door: Door, role: Role, *, place: str | None = None, unit: str | None = None, person: str | None = None
) -> httpx.Client:
    """A client that is logged in as a new account of the role."""
    name = account(door, Grant(role, place, unit), person=person)
    client = nobody(door)
    posted(client, "/login", {"name": name, "password": PASSWORD})
    return client


def csrf_of(client: httpx.Client, path: str) -> str:
    """The token in the forms of a page."""
    found = _CSRF.search(client.get(path).text)
    assert found, f"{path} has no form with a token"
    return found[1]


def posted(client: httpx.Client, path: str, values: Mapping[str, str], page: str | None = None) -> httpx.Response:
    """Sends a form as the page (`path` where none is given) draws it, with its token."""
    return client.post(path, data={**values, "csrf": csrf_of(client, page or path)})
