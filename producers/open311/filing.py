"""A report as an event: `case.discovered`, its id made of what was said, so that a report sent again is a repeat.

Who reports, how to reach them and what they link to goes into the text, which is sealed; a device's id is dropped.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from typing import Any, NamedTuple

import orjson

from ledger import limits
from ledger.refusal import named, show
from producers.open311.asked import unknown_service
from producers.open311.services import ATTRIBUTES, Service
from producers.open311.wire import Refused

AGAIN = timedelta(minutes=15)  # a report sent again just after midnight is still yesterday's
_SHANGHAI = timezone(timedelta(hours=8))
_IDENTIFYING = (
    "service_code", "lat", "long", "address_string", "address_id", "description", "email", "first_name", "last_name",
    "phone", "account_id", "media_url",
)  # fmt: skip
_attribute = re.compile(r"attribute\[([^\[\]]*)\](?:\[\])?\Z").match
_is_place = re.compile(r"place/[A-Za-z0-9._~-]{1,120}\Z").match
_is_person = re.compile(r"person/[A-Za-z0-9._~-]{1,120}\Z").match
_is_address = re.compile(r"https?://[^\s<>\"]{1,1000}\Z").match
_is_degrees = re.compile(r"-?[0-9]{1,3}(?:\.[0-9]{1,15})?\Z").match


class Report(NamedTuple):
    """What somebody reports: the data of the event, who says so, and what tells it from other reports."""

    data: Mapping[str, Any]
    authid: str | None
    said: bytes

    def id_on(self, source: str, time: datetime) -> str:
        """Its id where it came from this source on the day (Shanghai) of `time`."""
        day = time.astimezone(_SHANGHAI).date().isoformat()
        digest = sha256(orjson.dumps([source, day]) + self.said).hexdigest()
        return f"o311-{digest[:24]}"

    def event(self, source: str, publisher: str, id_: str, time: datetime) -> dict[str, Any]:
        """The event, of which `time` says when it came in."""
        return {
            "specversion": "1.0",
            "id": id_,
            "source": source,
            "type": "case.discovered",
            "subject": f"case/{id_}",
            "time": time.isoformat(timespec="milliseconds"),
            "authid": self.authid or f"publisher/{publisher}",
            "data": self.data,
        }


def report(fields: Mapping[str, str], services: Mapping[str, Service]) -> Report:
    """Raises `Refused` (400, 404), which names the field."""
    code = fields.get("service_code")
    if code is None:
        raise _wrong("service_code", "缺少，见 services", "is missing: one of services")
    if code not in services:
        raise unknown_service(code)
    service, answers = services[code], _answers(fields)
    location, place = _location(fields), _place(fields)
    if location is None and place is None and "address_string" not in fields:
        raise _wrong("lat, long", "请给出经纬度、地址或地点编号", "give lat and long, address_string or address_id")
    reporter = fields.get("account_id", "")
    reporter = reporter if _is_person(reporter) else ""
    data = {
        "channel": "open311",
        "demand": answers.get("demand", service.demand),
        "category": service.category,
        "urgency": answers.get("urgency", "ordinary"),
        "text": _text(fields, service),
        **({"place": place} if place else {}),
        **({"location": location} if location else {}),
        **({"reporter": reporter} if reporter else {}),
    }
    said = {name: fields[name] for name in _IDENTIFYING if name in fields} | {"attributes": answers}
    return Report(data, reporter or None, orjson.dumps(said, option=orjson.OPT_SORT_KEYS))


def _answers(fields: Mapping[str, str]) -> Mapping[str, str]:
    """The attributes that were answered, by code."""
    known = {one.code: one.values for one in ATTRIBUTES}
    answers = {}
    for name, value in fields.items():
        if (found := _attribute(name)) is None:
            continue
        code = found[1]
        if code not in known:
            raise _wrong(f"attribute[{named(code)}]", "没有此属性", f"is none of {', '.join(known)}")
        if value not in known[code]:
            raise _wrong(f"attribute[{code}] {show(value)}", "不在选项内", f"is none of {', '.join(known[code])}")
        answers[code] = value
    return answers


def _location(fields: Mapping[str, str]) -> Mapping[str, float] | None:
    """WGS 84 degrees, both or none."""
    if "lat" not in fields and "long" not in fields:
        return None
    return {"longitude": _degrees(fields, "long", 180), "latitude": _degrees(fields, "lat", 90)}


def _degrees(fields: Mapping[str, str], name: str, most: int) -> float:
    text = fields.get(name, "")
    if _is_degrees(text) and math.fabs(degrees := float(text)) <= most:
        return degrees
    remedy = f"give degrees from -{most} to {most}, lat and long"
    raise _wrong(name, f"须为 -{most} 至 {most} 的度数，经纬度都要给出", remedy)


def _place(fields: Mapping[str, str]) -> str | None:
    place = fields.get("address_id")
    if place is not None and not _is_place(place):
        raise _wrong("address_id", "写地点编号，如 place/yunxing", "give the id of a place, like place/yunxing")
    return place


def _text(fields: Mapping[str, str], service: Service) -> str:
    """What is sealed: the description, and below it address, contact and link."""
    media = fields.get("media_url")
    if media is not None and not _is_address(media):
        raise _wrong("media_url", "须为 http(s) 地址", "give an http(s) address")
    who = [fields[name] for name in ("last_name", "first_name", "phone", "email") if name in fields]
    parts = [
        fields.get("description", service.category),
        f"地址 · address: {fields['address_string']}" if "address_string" in fields else "",
        f"联系人 · contact: {' '.join(who)}" if who else "",
        f"媒体 · media: {media}" if media else "",
    ]
    text = "\n".join(part for part in parts if part)
    if len(text) > limits.TEXT_CHARACTERS:
        most = limits.TEXT_CHARACTERS
        told = f"description, address_string ({len(text)})"
        raise _wrong(told, f"连同地址和联系方式至多 {most} 字", f"{most} characters at most, with address and contact")
    return text


def _wrong(name: str, remedy_chinese: str, remedy: str) -> Refused:
    return Refused(400, f"{name}：{remedy_chinese} · {remedy}")
