"""Every route as every role, in its own place and in another: who must be refused is refused, who may gets in."""

from __future__ import annotations

import dataclasses
import io
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from typing import Any, NamedTuple

import httpx
import pytest
from fastapi.routing import iter_route_contexts
from PIL import Image
from starlette.routing import Mount

from readers.accounts.login import ROLES, Role
from readers.accounts.rights import NEEDS
from readers.app import application
from readers.services import Services
from tests.door import Door, event_of
from tests.readers_door import csrf_of, nobody, visitor
from tests.route_rights import GET, NOBODY, POST, Line, Sent

NAMES = {
    "case": "case/matrix-1", "place": "place/matrix-g1", "community": "place/matrix-c1", "town": "place/matrix-t1",
    "estate": "place/matrix-e1", "unit": "unit/matrix-u1", "person": "person/matrix-1",
}  # fmt: skip
ELSEWHERE = "place/matrix-c2"


class Matrix(NamedTuple):
    """A client by role: of the place, unit or person that the case has to do with, and of others."""

    here: Mapping[str, httpx.Client]
    elsewhere: Mapping[str, httpx.Client]


def routes() -> set[tuple[str, str]]:
    """(method, pattern) of every route, without what only serves files."""
    services = Services(**dict.fromkeys((field.name for field in dataclasses.fields(Services)), None))  # type: ignore[arg-type]
    found = set()
    for context in iter_route_contexts(application(services).routes):
        if not isinstance(context.original_route, Mount):
            found |= {(method, context.path or "") for method in context.methods or () if method != "HEAD"}
    return found


def test_every_route_has_a_line_that_says_who_may() -> None:
    told = {("GET", pattern) for pattern in GET} | {("POST", pattern) for pattern in POST}
    assert routes() == told, "a new route belongs into tests/route_rights.py"


@pytest.fixture(scope="module")
def matrix(door: Door) -> Iterator[Matrix]:
    photo = door.client.post("/photos", params={"owner": NAMES["person"]}, content=_picture()).json()
    for event in _county(photo):
        answer = door.post(event, wait="10s")
        assert answer.status_code in (200, 201), answer.text
    NAMES.update(photo=photo["id"], at=f"{answer.json()['partition']}/{answer.json()['offset']}")
    with ExitStack() as stack:

        def clients(own: bool) -> dict[str, httpx.Client]:
            made: dict[str, httpx.Client] = {NOBODY: stack.enter_context(closing(nobody(door)))}
            made |= {role: stack.enter_context(closing(_visitor(door, role, own))) for role in ROLES}
            return made

        yield Matrix(clients(True), clients(False))


@pytest.mark.parametrize("line", [line for lines in GET.values() for line in lines], ids=lambda line: line.asked)
def test_who_may_gets_in_and_nobody_else(matrix: Matrix, line: Line) -> None:
    let_in = {role for role, client in matrix.here.items() if _is_let_in(client, line.asked)}
    assert let_in == line.who
    strange = {role for role in line.not_elsewhere if _is_let_in(matrix.elsewhere[role], line.asked)}
    assert not strange


@pytest.mark.parametrize("pattern", POST)
def test_no_form_is_taken_without_its_token(matrix: Matrix, pattern: str) -> None:
    for sent in POST[pattern] or (Sent(pattern, {}, frozenset()),):
        for role, client in matrix.here.items():
            bare = client.post(_filled(sent.asked), data=_values(sent))
            assert bare.status_code in (401, 403), role
            token = {**_values(sent), "csrf": csrf_of(client, "/")}
            strange = client.post(_filled(sent.asked), data=token, headers={"origin": "http://evil.example"})
            assert strange.status_code == 403, role


@pytest.mark.parametrize("sent", [sent for sents in POST.values() for sent in sents], ids=lambda sent: sent.asked)
def test_who_may_send_it_does_and_nobody_else(matrix: Matrix, sent: Sent) -> None:
    answers = {role: _send(client, sent) for role, client in matrix.here.items()}
    assert {role for role, answer in answers.items() if _is_refused(answer)} == {*ROLES, NOBODY} - sent.who
    for told in (answer.headers for answer in answers.values() if "content-disposition" in answer.headers):
        assert re.fullmatch(r'attachment; filename="[A-Za-z0-9.-]+"', told["content-disposition"])
        assert told["cache-control"] == "no-store"
    passed = {role for role in sent.not_elsewhere if not _is_refused(_send(matrix.elsewhere[role], sent))}
    assert not passed


def _picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(made, "png")
    return made.getvalue()


def _county(photo: dict[str, Any]) -> list[dict[str, Any]]:
    """t1 with c1 (estate e1, grid g1) and c2; a case in g1 that is with person/matrix-1, for which u1 was called."""
    tree = (
        ("t1", "town", None), ("c1", "community", "t1"), ("c2", "community", "t1"),
        ("e1", "estate", "c1"), ("g1", "grid", "e1"),
    )  # fmt: skip
    events = []
    for name, level, parent in tree:
        data = {"name": name, "level": level} | ({"parent": f"place/matrix-{parent}"} if parent else {})
        events.append(event_of("place.registered", f"place/matrix-{name}", data=data))
    for name in ("u1", "u2"):
        data = {"name": name, "kind": "government"}
        events.append(event_of("unit.registered", f"unit/matrix-{name}", data=data))
    case, dispatched, whistled = (
        event_of(f"case.{told}", NAMES["case"]) for told in ("discovered", "dispatched", "whistled")
    )
    case["data"] |= {"place": NAMES["place"], "reporter": NAMES["person"], "photos": [photo]}
    dispatched["data"] |= {"to": NAMES["person"], "grid": NAMES["place"], "candidates": []}
    whistled["data"] |= {"by": NAMES["town"], "units": [{"unit": NAMES["unit"], "part": "lead"}]}
    return [*events, case, dispatched, whistled]


def _visitor(door: Door, role: Role, own: bool) -> httpx.Client:
    scopes = {"grid_worker": "place", "estate": "estate", "desk": "community", "town": "town"}
    place = (NAMES[scopes[role]] if own else ELSEWHERE) if NEEDS[role] == "place" else None
    unit = (NAMES["unit"] if own else "unit/matrix-u2") if NEEDS[role] == "unit" else None
    if role in ("leader", "auditor") and not own:
        place = ELSEWHERE
    person = NAMES["person"] if own and role in ("resident", "grid_worker") else None
    return visitor(door, role, place=place, unit=unit, person=person)


def _is_let_in(client: httpx.Client, asked: str) -> bool:
    """Streams are not read to their end: they may have none."""
    with client.stream("GET", _filled(asked)) as answer:
        return not _is_refused(answer)


def _send(client: httpx.Client, sent: Sent) -> httpx.Response:
    return client.post(_filled(sent.asked), data={**_values(sent), "csrf": csrf_of(client, "/")})


def _is_refused(answer: httpx.Response) -> bool:
    """By its status, by being led to the login, or as a form that says that its subject lies elsewhere."""
    assert answer.status_code < 500, answer.read()[:500]
    if answer.status_code == 422:
        return "不在您的范围内" in answer.text
    return answer.status_code in (401, 403, 404) or answer.headers.get("location", "").startswith("/login")


def _filled(text: str) -> str:
    return text.format_map(NAMES) if "{" in text else text


def _values(sent: Sent) -> dict[str, str]:
    return {name: _filled(value) for name, value in sent.values.items()}
