"""The page of an entity: row, clocks and timeline as far as the login sees, the proof, and looking up by number."""

from __future__ import annotations

import re
import time
import uuid
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import closing
from html import unescape

import httpx
import pytest

from readers.accounts.login import Grant
from tests.door import Door, event_of
from tests.readers_door import PASSWORD, account, nobody, posted, visitor

OWN = uuid.uuid4().hex[:8]
ROOT, GRID, UNIT = f"place/{OWN}", f"place/{OWN}-grid", f"unit/{OWN}"
WORKER, REPORTER = f"person/{OWN}-li", f"person/{OWN}-zhao"
CASE, ANONYMOUS = f"case/{OWN}", "case/20240511-" + "".join(chr(97 + int(digit, 16)) for digit in OWN * 2)
TEXT = f"楼道灯不亮 {OWN}"


@pytest.fixture(scope="module", autouse=True)
def county(door: Door) -> Mapping[str, str]:
    """A case with whistle, rating before its time and a correction, one that nobody signed, and whom they name; the
    id of each event by its type."""
    discovered = event_of("case.discovered", CASE)
    discovered["data"] |= {"place": GRID, "reporter": REPORTER, "text": TEXT}
    dispatched = event_of("case.dispatched", CASE)
    dispatched["data"] |= {"to": WORKER, "grid": GRID, "candidates": [{"person": WORKER, "load": 7}]}
    whistled = event_of("case.whistled", CASE)
    whistled["data"] |= {"by": ROOT, "units": [{"unit": UNIT, "part": "lead"}]}
    correction = {"event": discovered["id"], "field": "category", "to": "照明", "reason": "听错了"}
    anonymous = event_of("case.discovered", ANONYMOUS)
    anonymous["data"] = {**anonymous["data"], "place": GRID, "text": TEXT}
    del anonymous["data"]["reporter"]
    events = [
        event_of("place.registered", ROOT, data={"name": f"社区{OWN}", "level": "community"}),
        event_of("place.registered", GRID, data={"name": f"网格{OWN}", "level": "grid", "parent": ROOT}),
        event_of("unit.registered", UNIT, data={"name": f"单位{OWN}", "kind": "government"}),
        event_of("person.registered", WORKER, data={"name": "李四", "roles": ["grid_worker"], "community": ROOT}),
        discovered, dispatched, whistled, event_of("case.rated", CASE), anonymous,
        event_of("case.corrected", CASE, data=correction),
    ]  # fmt: skip
    answers = [door.post(event, wait="30s").json() for event in events]
    assert all(answer["applied"] for answer in answers), answers
    return {event["type"]: event["id"] for event in events}


@pytest.fixture(scope="module")
def desk(door: Door) -> Iterator[httpx.Client]:
    with closing(visitor(door, "desk", place=ROOT)) as client:
        yield client


def seen(client: httpx.Client, subject: str) -> str:
    """The words of its page."""
    answer = client.get(f"/entities/{subject}")
    assert answer.status_code == 200, answer.text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", unescape(answer.text.partition("<main")[2])))


def test_a_desk_sees_row_clocks_timeline_texts_candidates_and_what_makes_no_sense(desk: httpx.Client) -> None:
    told = seen(desk, CASE)
    for one in (TEXT, f"网格{OWN}", f"单位{OWN}", "照明", "已更正", "听错了", "异常", "办理之前评价"):
        assert one in told
    assert re.search(rf"李\* {OWN}-li 派给 7", told), "the candidate who was chosen, and their load"
    assert re.search(rf"报到 w1 单位{OWN} .{{0,20}}2024-05-12 11:00", told), "the unit's clock"
    told = told.partition("经过")[2]
    assert told.index("评价 2024") < told.index("派单 2024") < told.index("反映问题 2024"), "the latest first"


def test_what_is_sealed_is_shown_by_role_and_the_look_is_logged(door: Door, desk: httpx.Client) -> None:
    with closing(visitor(door, "liaison", unit=UNIT)) as liaison, closing(visitor(door, "auditor")) as auditor:
        assert TEXT not in seen(liaison, CASE) and TEXT not in seen(auditor, CASE)
        assert "李四" not in seen(auditor, WORKER) and "李*" in seen(auditor, WORKER)
    with closing(visitor(door, "grid_worker", place=GRID, person=WORKER)) as worker:
        assert TEXT in seen(worker, CASE)
        assert "李四" in seen(worker, WORKER), "their own"


def test_what_comes_next_are_the_forms_that_the_role_has(door: Door, desk: httpx.Client) -> None:
    page = desk.get(f"/entities/{CASE}").text
    assert f"/forms/case.extended?subject={CASE.replace('/', '%2F')}" in page
    assert 'action="/forms/case.closed"' in page, "nothing is left to be asked: a button that asks for a confirmation"
    with closing(visitor(door, "liaison", unit=UNIT)) as liaison:
        page = liaison.get(f"/entities/{CASE}").text
    assert 'action="/forms/case.reported"' in page and 'name="whistle" value="w1"' in page
    assert "/forms/case.extended" not in page


def test_an_event_is_corrected_from_its_timeline(desk: httpx.Client, county: Mapping[str, str]) -> None:
    page = unescape(desk.get(f"/entities/{ANONYMOUS}").text)
    found = re.search(r'href="(/forms/case\.corrected[^"]*case\.discovered[^"]*)"', page)
    assert found
    assert "哪一项写错了" in desk.get(found[1]).text
    form = desk.get(f"{found[1]}&field=urgency").text
    inputs = dict(re.findall(r'name="([\w.]+)" value="([^"]*)"', form))
    answer = desk.post("/forms/case.corrected", data=inputs | {"to": "urgent", "reason": "听错了"})
    assert "<h1>已收到" in answer.text, answer.text
    assert "紧急程度 → 加急" in seen(desk, ANONYMOUS)


def test_the_proof_of_an_event_is_the_record_of_its_own_subject(desk: httpx.Client) -> None:
    address = re.findall(rf'href="(/entities/{CASE}/receipt/\d+/\d+)"', desk.get(f"/entities/{CASE}").text)[0]
    answer = desk.get(address)
    assert answer.status_code in (200, 400)
    if answer.status_code == 400:
        assert "尚未封存" in answer.text
    else:
        assert b64decode(answer.json()["record"]["key"]).decode() == CASE
    assert desk.get(address.replace(CASE, ANONYMOUS)).status_code == 404


def test_strangers_see_what_is_for_everybody_and_no_person(door: Door) -> None:
    door.post(
        event_of("place.staffed", GRID, data={"person": WORKER, "role": "grid_worker", "chosen": "hired"}), wait="9s"
    )
    with closing(nobody(door)) as client:
        told = seen(client, GRID)
        assert "配备人员" in told and "聘用" in told and f"{OWN}-li" not in told
        assert client.get(f"/entities/{CASE}").status_code == 303
        assert client.get(f"/entities/{WORKER}").status_code == 303
        assert client.get("/entities/place/nowhere-at-all").status_code == 404
    with closing(visitor(door, "desk", place="place/elsewhere")) as elsewhere:
        assert elsewhere.get(f"/entities/{CASE}").status_code == 404


def test_who_knows_the_number_of_a_case_sees_how_far_it_is_and_that_is_told_once_a_day(
    door: Door, desk: httpx.Client
) -> None:
    number = ANONYMOUS.removeprefix("case/")
    with closing(nobody(door)) as client:
        assert posted(client, "/lookup", {"number": CASE.removeprefix("case/")}).status_code == 422
        assert (
            posted(client, "/lookup", {"number": f" {number.upper()} "}).headers["location"] == f"/entities/{ANONYMOUS}"
        )
        for _ in range(2):
            told = seen(client, ANONYMOUS)
            assert f"网格{OWN}" in told and "停车管理" in told
            assert TEXT not in told and "person/" not in told and "存证" not in told
            _wait_for(desk, "查单 20")
    assert seen(desk, ANONYMOUS).count("查单 20") == 1


def _wait_for(client: httpx.Client, words: str) -> None:
    deadline = time.monotonic() + 20
    while words not in seen(client, ANONYMOUS):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_resident_with_a_login_sees_their_own_case_whole(door: Door) -> None:
    name = account(door, Grant("resident"), person=REPORTER)
    with closing(nobody(door)) as client:
        posted(client, "/login", {"name": name, "password": PASSWORD})
        assert TEXT in seen(client, CASE)
        assert client.get("/entities/case/20240511-aaaaaaaaaaaaaaaa").status_code == 404
