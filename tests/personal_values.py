"""Events, and what is none, full of personal values that share a few stems, so that a search can find all of them."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import orjson
from PIL import Image

from ledger.describe import sample_event
from ledger.event import latest
from tests.door import SOURCE

NAME, PHONE, HOME, WORDS = "欧阳锦瑟", "13987650421", "柳絮巷九弄三号", "半夜在楼道里焊接铁门"
LONGITUDE = 112.70311975
STEMS = (NAME, PHONE, HOME, WORDS, str(LONGITUDE))
PLAIN: Mapping[str, Any] = {
    "name": NAME,
    "phone": PHONE,
    "household_name": NAME + "家",
    "text": f"{NAME}住{HOME}，电话{PHONE}，{WORDS}",
    "location": {"longitude": LONGITUDE, "latitude": 40.012},
    "decision": WORDS,
    "opinion": f"{NAME}说{WORDS}",
    "findings": f"{NAME}住{HOME}",
    "agreement": f"{NAME}不再{WORDS}",
    "measures": f"{HOME}已清理",
    "reason": f"{NAME}说{WORDS}",
}
Event = dict[str, Any]


def events(way: str) -> list[Event]:
    """One of every type that holds personal data, all of it filled."""
    made = []
    for type_, kind in latest.items():
        if kind.personal:
            event = sample_event(kind)
            personal = {kind.wire_names[one.name]: PLAIN[kind.wire_names[one.name]] for one in kind.personal}
            subject = f"{kind.subjects[0]}/plain-{way}"
            made.append(event | {"id": f"{type_}-{way}", "source": SOURCE, "subject": subject})
            made[-1]["data"] = event["data"] | personal
    return made


def refused(way: str) -> list[bytes]:
    """Personal data in what is no event: cut off, misspelt, of a wrong kind, too long, in a subject, twice the same."""
    (sound,) = (event for event in events(way) if event["type"] == "person.registered")
    data = sound["data"]
    text = orjson.dumps(sound)
    wrong: list[Event] = [
        {**sound, "data": {**data, "phon": PHONE}},
        {**sound, "data": {**data, PHONE: NAME, NAME: HOME}},
        {**sound, "data": {**data, "phone": int(PHONE)}},
        {**sound, "data": {**data, "name": [NAME, HOME]}},
        {**sound, "data": {**data, "name": WORDS * 2_000}},
        {**sound, "data": {**data, "name": {"text": NAME}}},
        {**sound, "data": f"{NAME} {PHONE}"},
        {**sound, "subject": f"person/{PHONE}"},
        {**sound, "subject": f"person/{NAME}"},
        {**sound, "id": PHONE},
        {**sound, "authid": f"person/{PHONE}"},
        {**sound, "data": {**data, "unit": f"person/{NAME}"}},
        {**sound, "time": "2024-05-11T09:30:00"},
        {**sound, "type": "person.unknown"},
        {**sound, "source": "urn:example:nobodys"},
    ]
    cut = [text[: text.index(PHONE.encode()) + 11], text[:-1] + b",", text.replace(b"{", b"{{", 1), text + text]
    return [*cut, *map(orjson.dumps, wrong), WORDS.encode("gb18030"), f"{NAME},{PHONE}".encode()]


def photo() -> bytes:
    """A JPEG whose metadata tell who lives where."""
    exif = Image.Exif()
    exif[0x010E], exif[0x013B], exif[0x9286] = f"{HOME} {PHONE}".encode(), NAME.encode(), WORDS.encode()
    picture, made = Image.effect_noise((320, 240), 90), io.BytesIO()
    picture.save(made, "JPEG", exif=exif, comment=f"{NAME} {WORDS}".encode())
    return made.getvalue()
