"""The catalogue's pages: everything that may be published, in both languages, from this host alone."""

from __future__ import annotations

import asyncio
import html
import json
import re
import shlex
from html.parser import HTMLParser

import httpx
import pytest

from ledger.contract import json_schema
from ledger.describe import describe_type, sample_event
from ledger.event import EventKind, latest
from producers.gateway.app import application
from producers.gateway.catalogue import HEADERS, HTML, JSON, page
from producers.gateway.document import nothing
from producers.gateway.words import limits_in_chinese, type_in_chinese

VOID = {"meta", "link", "input", "br"}
OURS = {"/catalogue", "/catalogue/style.css", "/catalogue/search.js", "data:,"}


class Reader(HTMLParser):
    """Text, addresses and what a strict policy would refuse; every element has to be closed in order."""

    def __init__(self, body: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text, self.addresses, self.inline = "", set[str](), list[str]()
        self.feed(body)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.addresses |= {given[name] or "" for name in ("href", "src") if name in given}
        self.inline += [name for name in given if name.startswith("on") or name == "style"]
        self.inline += [tag] * (tag == "style" or (tag == "script" and "src" not in given))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("name", ["", "nothing.of.this", *latest])
def test_a_page_is_sound_and_asks_nothing_of_another_host(name: str) -> None:
    shown = page(name)
    read = Reader(shown.body)
    types = {f"/catalogue/{type_}{ending}" for type_ in latest for ending in ("", ".json", ".sample.json")}
    assert (shown.status, shown.media_type) == (404 if name == "nothing.of.this" else 200, HTML)
    assert read.addresses <= OURS | types
    assert all(page(one.removeprefix("/catalogue").lstrip("/")).status == 200 for one in read.addresses - {"data:,"})
    assert read.inline == [], "the policy refuses it"


def test_the_policy_lets_nothing_in_but_our_own_style_and_script() -> None:
    policy = HEADERS["content-security-policy"]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert "http" not in policy
    for name in ("style.css", "search.js"):
        assert not re.search(r"https?:|url\(|@import|innerHTML|eval", page(name).body)


def test_the_overview_has_every_type_once_with_its_term_under_its_family() -> None:
    body = page().body
    for kind in latest.values():
        (entry,) = re.findall(rf'<li><a href="/catalogue/{re.escape(kind.type)}">(.+?)</li>', body, re.DOTALL)
        assert f"<b>{kind.term}</b>" in entry
        assert kind.summary.replace("`", "") in html.unescape(entry)
    families = re.findall(r'<section class="family" id="(\w+)">\s*<h2>(.*?) <code>', body)
    assert [name for name, _ in families] == sorted({kind.family for kind in latest.values()})
    assert dict(families)["case"] == "诉求"
    assert all(re.search(r"[\u4e00-\u9fff]", term) for _, term in families)


@pytest.mark.parametrize("kind", latest.values(), ids=lambda kind: kind.type)
def test_a_type_is_told_whole(kind: EventKind) -> None:
    body = page(kind.type).body
    read = Reader(body)
    told = " ".join(read.text.split())
    for row in describe_type(kind.type).fields:
        (marks,) = re.findall(rf"<td><code>{re.escape(row.name)}</code>(.*?)</td>", body, re.DOTALL)
        assert ("必填" in marks, "个人信息，密封" in marks) == (row.required, row.personal)
        assert row.limits in told
        assert all(value in told for value in row.allowed)
    assert json.dumps(sample_event(kind), indent=2, ensure_ascii=False) in read.text
    assert f"$SHANZHI_GATEWAY/catalogue/{kind.type}.sample.json" in read.text


def test_the_schema_and_the_sample_are_there_for_programs() -> None:
    schema, sample = page("case.rated.json"), page("case.rated.sample.json")
    assert (schema.media_type, sample.media_type) == (JSON, JSON)
    assert json.loads(schema.body) == json_schema.find("case.rated")
    assert json.loads(sample.body) == sample_event(latest["case.rated"])


def test_whose_a_personal_field_is_stands_on_the_page() -> None:
    told = " ".join(Reader(page("case.discovered").body).text.split())
    assert "text → reporter，未填则 else subject" in told
    assert "个人信息以明文报来" not in page("case.closed").body


def test_the_commands_are_sound_shell() -> None:
    blocks = re.findall(r"<pre[^>]*><code>((?:curl|kcat) .+?)</code></pre>", page("case.rated").body, re.DOTALL)
    commands = [shlex.split(html.unescape(block)) for block in blocks]
    assert [command[0] for command in commands] == ["curl", "curl", "kcat"]
    assert commands[1][-1] == "@event.json"
    assert "content-type=application/cloudevents+json" in commands[2]
    assert commands[2][commands[2].index("-t") + 1] == "governance.intake"


@pytest.mark.parametrize(
    "name",
    ["<script>alert(1)</script>", '"><img src=x>', "../style.css", "layout.html", "case.rated.xml", "x" * 10_000],
)
def test_a_name_that_nobody_knows_is_answered_and_escaped(name: str) -> None:
    shown = page(name)
    assert shown.status == 404
    assert len(shown.body) < 3_000
    assert "<script>alert" not in shown.body
    assert "<img" not in shown.body
    Reader(shown.body)


def test_a_misspelt_type_is_led_to_the_right_one() -> None:
    assert 'href="/catalogue/case.whistled"' in page("case.wistled").body


@pytest.mark.parametrize("kind", latest.values(), ids=lambda kind: kind.type)
def test_every_type_and_limit_has_chinese_words(kind: EventKind) -> None:
    for row in describe_type(kind.type).fields:
        assert re.search(r"[\u4e00-\u9fff]", type_in_chinese(row.type))
        said = limits_in_chinese(row.limits)
        assert not re.search(r"\b(to|at most|each|items|fields|characters|matches|of)\b", said), said


def test_chinese_words() -> None:
    assert type_in_chinese("list of reference person or unit/…") == "引用 person 或 unit/…（多个）"
    assert type_in_chinese("object of any JSON value") == "对象，各值为任意 JSON 值"
    assert limits_in_chinese("1 to 100 fields") == "1 至 100 个字段"
    assert limits_in_chinese("at most 12 items, each 1 to 200 characters") == "至多 12 项，每项 1 至 200 字"
    assert limits_in_chinese("-180 to 180") == "-180 至 180"
    assert limits_in_chinese("") == ""
    with pytest.raises(KeyError):
        type_in_chinese("a word without Chinese")


SERVED = {
    "/catalogue": (200, HTML),
    "/catalogue/case.rated": (200, HTML),
    "/catalogue/case.rated.json": (200, JSON),
    "/catalogue/style.css": (200, "text/css; charset=utf-8"),
    "/catalogue/case.ratted": (404, HTML),
}


def test_the_gateway_serves_the_pages_with_their_policy() -> None:
    async def asked() -> list[httpx.Response]:
        transport = httpx.ASGITransport(application(nothing()))  # never started: the pages need nothing behind them
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            return [await client.get(path) for path in (*SERVED, "/catalogue/templates/layout.html")]

    *answers, outside = asyncio.run(asked())
    for (path, told), answer in zip(SERVED.items(), answers, strict=True):
        assert (answer.status_code, answer.headers["content-type"]) == told
        assert answer.text == page(path.removeprefix("/catalogue").lstrip("/")).body
        assert HEADERS.items() <= dict(answer.headers).items()
    assert (outside.status_code, outside.headers["content-type"]) == (404, "application/problem+json")
    for answer in (*answers, outside):
        assert [answer.headers.get_list(name) for name in ("x-content-type-options", "referrer-policy")] == [
            ["nosniff"], ["no-referrer"]
        ]  # fmt: skip
        (policy,) = answer.headers.get_list("content-security-policy")
        assert {"default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} <= set(policy.split("; "))
