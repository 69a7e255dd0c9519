"""The service list: what ships (`services.toml`), and every other category that the county's own cases have."""

from __future__ import annotations

import re
import threading
import time
import tomllib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, NamedTuple

REMEMBERED_SECONDS = 30.0  # how long a new category may stay unknown
_OTHERS = "本县其他类别 · other categories of this county"
_is_code = re.compile(r"[\w-]{1,60}\Z").match  # of a path, and of a list with commas


class Service(NamedTuple):
    """Something that can be reported: `category` is what the case has."""

    code: str
    category: str
    group: str
    keywords: str
    english: str = ""
    demand: str = "complaint"

    @property
    def name(self) -> str:
        """What people read."""
        return f"{self.category} · {self.english}" if self.english else self.category

    def shown(self) -> dict[str, Any]:
        """As the list shows it; every service has the attributes of `definition`."""
        return {
            "service_code": self.code,
            "service_name": self.name,
            "description": "请说明何事、何处。 · Say what it is and where.",
            "metadata": True,
            "type": "realtime",
            "keywords": self.keywords,
            "group": self.group,
        }


class Attribute(NamedTuple):
    """A question beside the report, of a list of answers: their keys and names."""

    code: str
    description: str
    values: Mapping[str, str]


ATTRIBUTES = (
    Attribute(
        "demand",
        "您要的是 · What you want",
        {
            "complaint": "投诉 · complain",
            "help": "求助 · help",
            "consultation": "咨询 · ask",
            "suggestion": "建议 · suggest",
            "report": "举报 · report somebody",
        },
    ),
    Attribute(
        "urgency",
        "紧急程度 · How urgent",
        {"ordinary": "一般 · ordinary", "urgent": "紧急 · urgent", "emergency": "危急 · emergency"},
    ),
)


def definition(service: Service) -> dict[str, Any]:
    """The service's definition as GeoReport has it."""
    attributes = [
        {
            "variable": True,
            "code": one.code,
            "datatype": "singlevaluelist",
            "required": False,
            "datatype_description": "选一项 · one of the list",
            "order": order,
            "description": one.description,
            "values": [{"key": key, "name": name} for key, name in one.values.items()],
        }
        for order, one in enumerate(ATTRIBUTES, 1)
    ]
    return {"service_code": service.code, "attributes": attributes}


@cache
def shipped() -> tuple[datetime, tuple[Service, ...]]:
    """When the shipped list was last changed, and its services."""
    text = (files("producers.open311") / "services.toml").read_text(encoding="utf-8")
    read = tomllib.loads(text)
    return read["changeset"], tuple(Service(**one) for one in read["service"])


def service_of(category: str) -> Service:
    """The service of a category, whether or not it is in the list."""
    return _shipped_by_category().get(category) or Service(_code(category), category, _OTHERS, category)


class ServiceList:
    """What can be reported; the categories of the tables are asked for at most every 30 s. Thread-safe."""

    def __init__(self, categories: Callable[[], Sequence[str]], clock: Callable[[], float] = time.monotonic) -> None:
        self._categories, self._clock = categories, clock
        self._lock = threading.Lock()
        self._known: Mapping[str, Service] = {}
        self._known_until = float("-inf")

    @property
    def known(self) -> Mapping[str, Service]:
        """As they were read last; nothing before that."""
        return self._known

    def all(self) -> Mapping[str, Service]:
        """By code, the shipped ones first. Raises what `categories` raises."""
        with self._lock:
            if self._clock() >= self._known_until:
                services = [*shipped()[1], *map(service_of, self._categories())]
                self._known = {one.code: one for one in dict.fromkeys(services)}
                self._known_until = self._clock() + REMEMBERED_SECONDS
            return self._known


@cache
def _shipped_by_category() -> Mapping[str, Service]:
    return {one.category: one for one in shipped()[1]}


def _code(category: str) -> str:
    """The category itself where an address can hold it, and it is no shipped service's code."""
    is_taken = any(one.code == category for one in shipped()[1])
    return category if _is_code(category) and not is_taken else sha256(category.encode()).hexdigest()[:12]
