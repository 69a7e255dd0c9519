"""The wall and the tables behind it on real servers: every read model has a screen, every number leads to its rows."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import closing
from html import unescape

import httpx
import pytest

from producers.publisher import utc_now
from projections import read
from readers.api.access import OPEN
from readers.wall.scenes import panels
from tests.door import Door, event_of
from tests.faults.wait import wait_until
from tests.readers_door import nobody, visitor

OWN = uuid.uuid4().hex[:8]
TOWN, COMMUNITY, ESTATE, GRID = (f"place/{OWN}-{level}" for level in ("town", "community", "estate", "grid"))
_LEADS = re.compile(r'href="(/open/[^"]+)"')
_RECEIVED = re.compile(r'data-number="today\.received_today" href="([^"]+)"[^>]*>1<')


@pytest.fixture(scope="module", autouse=True)
def county(door: Door) -> None:
    """A place at each level below the county, with a case in the grid."""
    above = None
    for subject in (TOWN, COMMUNITY, ESTATE, GRID):
        data = {"name": f"{subject[6:]}", "level": subject.rpartition("-")[2]} | ({"parent": above} if above else {})
        assert door.post(event_of("place.registered", subject, data=data), wait="30s").status_code == 201
        above = subject
    case = event_of("case.discovered", f"case/{OWN}")
    case["data"] |= {"place": GRID, "reporter": None}
    assert door.post(case, wait="30s").status_code == 201


@pytest.fixture(scope="module")
def leader(door: Door) -> Iterator[httpx.Client]:
    with closing(visitor(door, "leader")) as client:
        yield client


@pytest.fixture(scope="module")
def resident(door: Door) -> Iterator[httpx.Client]:
    with closing(nobody(door)) as client:
        yield client


@pytest.mark.parametrize("name", read.read_models())
def test_every_read_model_has_a_screen(leader: httpx.Client, name: str) -> None:
    model = read.read_models()[name]
    answer = leader.get(f"/open/{name}", headers={"accept-language": "zh"})
    assert answer.status_code == 200, answer.text
    assert f"<h1>{model.title} " in answer.text
    assert "<table>" in answer.text or "没有记录" in answer.text


def test_the_list_of_tables_leads_to_every_screen(resident: httpx.Client) -> None:
    led = set(re.findall(r'href="/open/([a-z0-9-]+)"', resident.get("/open").text))
    assert led == set(read.read_models())


def test_what_is_not_for_everybody_asks_for_a_login(resident: httpx.Client) -> None:
    closed = next(name for name in read.read_models() if name not in OPEN)
    answer = resident.get(f"/open/{closed}", headers={"accept": "text/html"})
    assert answer.status_code in (303, 401, 403)
    assert "<table>" not in answer.text


@pytest.mark.parametrize("place", ["", f"/{TOWN}", f"/{COMMUNITY}", f"/{ESTATE}", f"/{GRID}"])
def test_a_wall_at_every_level_has_its_panels_and_every_number_leads_on(resident: httpx.Client, place: str) -> None:
    wall = resident.get(f"/wall{place}")
    assert wall.status_code == 200, wall.text
    names = re.findall(r'data-panel="([a-z]+)"', wall.text)
    assert names and set(names) <= set(panels())
    leads = set()
    for name in names:
        panel = resident.get(f"/wall{place}/panel/{name}")
        assert panel.status_code == 200, (name, panel.text)
        leads |= {unescape(one) for one in _LEADS.findall(panel.text)}
    assert leads
    for lead in sorted(leads):
        answer = resident.get(lead)
        assert answer.status_code in (200, 303), (lead, answer.text)


def test_a_number_and_its_rows_agree(door: Door, leader: httpx.Client) -> None:
    case = event_of("case.discovered", time=utc_now().isoformat())  # the wall then shows today, whatever others told
    case["data"] |= {"place": COMMUNITY, "reporter": None}
    assert door.post(case, wait="30s").status_code == 201
    panel = f"/wall/{COMMUNITY}/panel/today"
    wait_until(lambda: _RECEIVED.search(leader.get(panel).text))
    received = _RECEIVED.search(leader.get(panel).text)
    assert received
    assert 'data-count="1"' in leader.get(unescape(received[1])).text


@pytest.mark.parametrize(("language", "said"), [("zh", "没有"), ("en", "nobody has registered it")])
def test_an_unknown_place_is_said_in_the_language_of_the_page(
    resident: httpx.Client, language: str, said: str
) -> None:
    answer = resident.get("/wall/place/nowhere", headers={"accept-language": language})
    assert answer.status_code == 404
    assert said in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "asked", ["/wall?day=yesterday", "/wall/panel/nothing", "/open/nothing", "/open/cases?where=x"]
)
def test_what_is_no_question_is_refused_with_a_remedy(leader: httpx.Client, asked: str) -> None:
    answer = leader.get(asked, headers={"accept-language": "zh"})
    assert answer.status_code in (400, 404, 422), answer.text
    assert "<main" in answer.text
