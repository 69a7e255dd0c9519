"""Forms on a real gateway: every event type is drawn, filled in and published once; what is no event is said so."""

from __future__ import annotations

import asyncio
import io
import re
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from html import unescape
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from PIL import Image

from ledger.envelope import identity
from ledger.event import latest
from ledger.injected_time import time_of
from ledger.limits import PHOTO_BYTES
from projections.store.connection import connect
from readers.accounts.accounts import Accounts
from readers.accounts.login import Grant
from readers.accounts.told_by import TOLD_BY, UPSTREAM
from readers.app import application
from readers.forms.fields import fields_of
from readers.forms.links import form_url
from readers.forms.subjects import NAMED, OPENING
from readers.forms.values import spread
from readers.publishing import SOURCE, Gateway
from readers.services import Services
from readers.tables import Tables
from shanzhi.keys import vault_of
from shanzhi.settings import Settings
from tests.door import Door, event_of
from tests.readers_door import PASSWORD, account, nobody, posted, visitor

AT_ONCE = 12
OWN = uuid.uuid4().hex[:8]
"""Ours alone: places, units and people of the samples under names that no other test has."""
_REFERENCE = re.compile(r"\b(place|unit|person)/([a-z0-9-]+)")
ROOT, SELF, UNITS = (
    f"place/{OWN}-root",
    f"person/{OWN}-wang-55aa",
    ("finance-bureau", "city-management", "power-company"),
)


def own(told: Any) -> Any:
    """The same of our own places, units and people."""
    if isinstance(told, str):
        return _REFERENCE.sub(rf"\1/{OWN}-\2", told)
    if isinstance(told, Mapping):
        return {name: own(value) for name, value in told.items()}
    return [own(one) for one in told] if isinstance(told, list) else told


class Form(HTMLParser):
    """The inputs of the form of a page, as a browser would send them, and what it says."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__()
        self.status, self.page = answer.status_code, unescape(answer.text)
        self.inputs: list[tuple[str, str]] = []
        self._is_ours, self._select, self._area = False, "", ""
        self.feed(answer.text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attributes}
        if tag == "form":
            self._is_ours = "data-draft" in told
        if not self._is_ours:
            return
        if tag == "select":
            self._select = told["name"]
        elif tag == "option" and self._select and "selected" in told:
            self.inputs.append((self._select, told["value"]))
        elif tag == "textarea":
            self._area = told["name"]
            self.inputs.append((self._area, ""))
        elif tag == "input" and told.get("type") != "file" and (told.get("type") != "checkbox" or "checked" in told):
            self.inputs.append((told["name"], told.get("value", "")))

    def handle_data(self, data: str) -> None:
        if self._area:
            self.inputs[-1] = (self._area, self.inputs[-1][1] + data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""
        elif tag in ("form", "select"):
            self._is_ours, self._select = self._is_ours and tag == "select", ""

    def __getitem__(self, name: str) -> str:
        return next(text for one, text in self.inputs if one == name)

    def sent(self, **changes: str) -> dict[str, list[str]]:
        """What is sent, some of it typed otherwise."""
        values: dict[str, list[str]] = {}
        for name, text in self.inputs:
            values.setdefault(name, []).append(text)
        return values | {name: [text] for name, text in changes.items()}


@pytest.fixture(scope="module")
def desk(door: Door) -> Iterator[httpx.Client]:
    """Somebody in every role, in a place that has all places of the samples."""
    named = {one for event in latest.values() for one in _REFERENCE.findall(str(event.sample))}
    door.post(event_of("place.registered", ROOT, data={"name": f"县{OWN}", "level": "county"}))
    for kind, name in sorted(named):
        if kind == "place":
            data = {"name": f"{name} {OWN}", "level": "estate", "parent": ROOT}
            answer = door.post(event_of("place.registered", f"place/{OWN}-{name}", data=data), wait="30s")
            assert answer.json()["applied"]
    inside = [Grant(role, ROOT) for role in ("desk", "town", "estate", "grid_worker")]
    liaison = [Grant("liaison", unit=f"unit/{OWN}-{unit}") for unit in UNITS]
    others = [Grant(role) for role in ("member", "resident", "leader", "administrator")]
    name = account(door, *inside, *liaison, *others, person=SELF)
    with nobody(door) as client:
        posted(client, "/login", {"name": name, "password": PASSWORD})
        yield client


def is_known(door: Door, form: Form) -> bool:
    """Whether the ledger has the form's event. The pages' key reads it: nobody else may."""
    key = (door.folder / "pages.key").read_text().strip()
    asked = {"source": SOURCE, "id": form["_id"]}
    answer = door.client.get("/receipts", params=asked, headers={"authorization": f"Bearer {key}"})
    return answer.status_code == 200


def through(client: httpx.Client, type_: str) -> str:
    """Draws the form of a type with its sample, sends it as drawn, and once more; what went wrong, or nothing."""
    sample = own(latest[type_].sample)
    names_itself = type_ in OPENING or (type_ in NAMED and "item" in sample)
    subject = None if names_itself else f"{latest[type_].subjects[0]}/{uuid.uuid4().hex}"
    preset = spread(fields_of(type_), sample)
    drawn = Form(client.get(form_url(type_, subject, "/", **preset)))
    missing = {(name, text) for name, texts in preset.items() for text in texts} - {
        (name, text.rpartition(" · ")[2] if " · " in text else text) for name, text in drawn.inputs
    }
    if drawn.status != 200 or missing:
        return f"{drawn.status}, not drawn: {missing}"
    for word in ("已收到", "早已收到"):
        answer = client.post(f"/forms/{type_}", data=drawn.sent())
        if answer.status_code != 200 or f"<h1>{word}" not in answer.text:
            told = re.sub(r"<[^>]+>|\s+", " ", answer.text.partition("<main")[2])
            return f"{word}: {answer.status_code} {told[:600]}"
    return ""


def test_every_type_is_drawn_and_filled_in_and_published_and_sent_again_counts_once(desk: httpx.Client) -> None:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        said = dict(zip(TOLD_BY, threads.map(lambda type_: through(desk, type_), TOLD_BY), strict=True))
    assert {type_: wrong for type_, wrong in said.items() if wrong} == {}


# ---- what is no event


COMPLAINT = {"demand": "complaint", "category": "停车管理", "text": "消防通道被占。"}
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def a_photo(colour: str) -> bytes:
    """A small JPEG that says where it was taken."""
    exif = Image.Exif()
    exif[0x010E] = "home"
    kept = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(kept, "JPEG", exif=exif)
    return kept.getvalue()


def sent(client: httpx.Client, form: Form, *photos: bytes, language: str = "zh", **typed: str) -> Form:
    """The answer to a complaint that is sent by the form, some of it typed otherwise."""
    files = [("photos", (f"{number}.jpg", photo, "image/jpeg")) for number, photo in enumerate(photos)]
    cookies = {
        "Cookie": "; ".join([*(f"{one.name}={one.value}" for one in client.cookies.jar), f"language={language}"])
    }
    values = form.sent(**COMPLAINT | typed)
    answer = client.post("/forms/case.discovered", data=values, files=files or None, headers=cookies)
    return Form(answer)


@pytest.fixture
def resident(door: Door) -> Iterator[httpx.Client]:
    """Somebody without a login."""
    with nobody(door) as client:
        yield client


@pytest.fixture
def blank(resident: httpx.Client) -> Form:
    """A form to report a matter, nothing filled in."""
    return Form(resident.get("/forms/case.discovered"))


@pytest.mark.parametrize(
    ("typed", "photos", "chinese", "english"),
    [
        ({"text": "长" * 4001}, (), "最多 4000 字，现有 4001 字", "At most 4000 characters, it has 4001"),
        ({"text": "  "}, (), "请填写这一项", "Please fill this in"),
        ({"category": "13812345678"}, (), "看起来像电话号码", "looks like a telephone"),
        ({"place": "nowhere"}, (), "没有找到", "Not found"),
        ({"place": f"县{OWN}", "_when": "2099-01-01T00:00"}, (), "小时以上", "in the future"),
        ({}, (b"x" * 4 * PHOTO_BYTES,), "照片超过 5 MB", "over 5 MB"),
        ({}, (SVG,), "照片只能是 JPEG、PNG 或 WebP", "as JPEG, PNG or WebP"),
        ({}, (b"x",) * 6, "最多 5 张照片", "At most 5 photos"),
    ],
)
def test_what_is_no_event_is_said_beside_its_input_and_nothing_typed_is_lost(
    door: Door, desk: httpx.Client, resident: httpx.Client, blank: Form,
    typed: dict[str, str], photos: tuple[bytes, ...], chinese: str, english: str,
) -> None:  # fmt: skip
    answer = sent(resident, blank, *photos, **typed)
    assert answer.status == 422 and chinese in answer.page and "没有提交" in answer.page
    assert {name: answer[name].strip() for name in COMPLAINT} == {
        name: (COMPLAINT | typed)[name].strip() for name in COMPLAINT
    }
    assert answer["_id"] == blank["_id"]
    assert english in sent(resident, answer, *photos, language="en", **typed).page
    assert not is_known(door, blank)


def test_a_form_from_elsewhere_or_of_an_ended_session_publishes_nothing_and_keeps_what_was_typed(
    door: Door, resident: httpx.Client, blank: Form
) -> None:
    old = sent(resident, blank, csrf="0" * 43)
    assert old.status == 403 and "页面已过期" in old.page and old["text"] == COMPLAINT["text"]
    assert sent(resident, old).page.count("已收到")
    with closing(visitor(door, "desk", place=ROOT)) as client:
        form = Form(client.get(form_url("facility.closed", f"place/{OWN}-yunxing")))
        client.cookies.clear()
        ended = Form(client.post("/forms/facility.closed", data=form.sent(facility="hall", reason="房屋到期")))
    assert ended.status == 401 and "登录已结束" in ended.page and ended["reason"] == "房屋到期"
    assert not is_known(door, form)


def test_who_may_not_publish_is_told_so_before_anything_is_typed(door: Door, resident: httpx.Client) -> None:
    assert resident.get("/forms/case.closed").status_code == 303
    assert resident.get("/forms/case.gossiped").status_code == 404
    told = resident.get("/forms/case.overdue")
    assert told.status_code == 404 and UPSTREAM["case.overdue"] in unescape(told.text)
    with closing(visitor(door, "grid_worker", place=ROOT)) as client:
        assert client.get("/forms/case.closed").status_code == 403
        form = Form(
            client.get(
                form_url(
                    "hazard.found", None, None, **spread(fields_of("hazard.found"), own(latest["hazard.found"].sample))
                )
            )
        )
        away = Form(client.post("/forms/hazard.found", data=form.sent(place="place/elsewhere")))
    assert away.status == 422 and "不在您的范围内" in away.page and not is_known(door, form)


def test_two_clicks_at_once_count_once_and_other_words_under_their_id_do_not(
    door: Door, resident: httpx.Client, blank: Form
) -> None:
    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(lambda _: sent(resident, blank), range(2)))
    assert all("已收到" in answer.page or "早已收到" in answer.page for answer in answers)
    other = sent(resident, blank, text="另一件事")
    assert other.status == 422 and "已经提交过" in other.page and other["text"] == "另一件事"
    with closing(connect(door.endpoints.database_url, "forms test")) as connection, connection.cursor() as cursor:
        cursor.execute("select from shanzhi.event_index where identity = %s", (identity(SOURCE, blank["_id"]),))
        assert cursor.rowcount == 1


def test_photos_are_kept_while_the_rest_is_corrected_and_nobody_brings_those_of_others(
    resident: httpx.Client, blank: Form
) -> None:
    again = sent(resident, blank, a_photo("red"), text="长" * 4001)
    assert "photos" not in dict(again.inputs), "nothing is kept of a form that can't stand"
    refused = sent(resident, again, a_photo("red"), SVG)
    kept = [text for name, text in refused.inputs if name == "photos"]
    assert refused.status == 422 and len(kept) == 1
    stolen = Form(resident.get("/forms/case.discovered"))
    stolen.inputs.append(("photos", kept[0]))
    assert "请重新选择照片" in sent(resident, stolen).page
    assert "<h1>已收到" in sent(resident, refused, a_photo("blue")).page


def test_without_an_answer_of_the_gateway_the_form_stays_and_its_id(door: Door) -> None:
    """Nobody knows whether it was written: the same form is sent again, and counts once."""
    url = door.endpoints.database_url
    with closing(Tables(url)) as tables, closing(Gateway("http://127.0.0.1:9", "key")) as gateway:
        services = Services(
            tables, gateway, Accounts(url), vault_of(Settings(folder=door.folder), url), door.endpoints.kafka_bootstrap,
            url, time_of(url).now,
        )  # fmt: skip
        blank, answer = asyncio.run(_unanswered(services))
    assert answer.status == 503 and "无论几次都只计一次" in answer.page
    assert answer["_id"] == blank["_id"] and answer["text"] == COMPLAINT["text"]


async def _unanswered(services: Services) -> tuple[Form, Form]:
    transport = httpx.ASGITransport(application(services))
    async with httpx.AsyncClient(transport=transport, base_url="http://pages") as client:
        blank = Form(await client.get("/forms/case.discovered"))
        return blank, Form(await client.post("/forms/case.discovered", data=blank.sent(**COMPLAINT)))


def test_htmx_gets_the_part_and_the_page_is_told(resident: httpx.Client, blank: Form) -> None:
    answer = resident.post("/forms/case.discovered", data=blank.sent(**COMPLAINT), headers={"HX-Request": "true"})
    assert answer.headers["HX-Trigger"] == "published" and answer.text.startswith("<section")
    wrong = resident.post("/forms/case.discovered", data=blank.sent(), headers={"HX-Request": "true"})
    assert wrong.status_code == 200 and "请填写这一项" in wrong.text and "HX-Trigger" not in wrong.headers


def test_references_are_found_by_name_within_what_the_login_may_know(
    door: Door, desk: httpx.Client, resident: httpx.Client
) -> None:
    person = event_of(
        "person.registered", f"person/{OWN}-known", data={"name": "李四", "roles": ["volunteer"], "community": ROOT}
    )
    assert door.post(person, wait="30s").json()["applied"]
    asked = f"/forms/choices/person+place?by={OWN}-known"
    assert "李* · 志愿者 · person/" in desk.get(asked).text and "李四" not in desk.get(asked).text
    assert "option" not in resident.get(asked).text
    assert f"县{OWN} · 县 · {ROOT}" in resident.get(f"/forms/choices/place?q=县{OWN}").text
    with closing(visitor(door, "desk", place="place/elsewhere")) as elsewhere:
        assert "option" not in elsewhere.get(asked).text
    form = Form(resident.get("/forms/case.discovered"))
    assert "<h1>已收到" in sent(resident, form, place=f"县{OWN}").page
