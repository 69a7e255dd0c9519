"""Answers as XML and as JSON, and errors as the specification's list of {code, description}."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

import orjson
from starlette.responses import Response

from producers.gateway.problems import Problem

FORMATS: Mapping[str, str] = {"xml": "text/xml; charset=utf-8", "json": "application/json; charset=utf-8"}
_OPEN_TO_ALL = {"Access-Control-Allow-Origin": "*"}  # what is read without a key may be read by any page
_ITEMS: Mapping[str, str] = {
    "services": "service",
    "service_requests": "request",
    "service_request_updates": "request_update",
    "errors": "error",
    "attributes": "attribute",
    "values": "value",
    "endpoints": "endpoint",
    "formats": "format",
}
"""What an entry of a list is called in XML, by the name of the list."""

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Refused(Exception):
    """What was asked makes no sense: `code` is the HTTP status, `description` names field, value and remedy."""

    def __init__(self, code: int, description: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(description)
        self.code, self.description, self.headers = code, description, headers or {}


def refused_as(problem: Problem) -> Refused:
    """A problem of the gateway, said as the specification has it."""
    return Refused(problem.status, problem.detail, problem.headers)


def answer(name: str, content: Any, format_: str, status: int = 200) -> Response:
    """A list or an object: in XML it is the element `name`."""
    return Response(_text(name, content, format_), status, _OPEN_TO_ALL, FORMATS[format_])


def error(refused: Refused, format_: str) -> Response:
    """The specification's list of errors, with the one that was found."""
    content = [{"code": refused.code, "description": refused.description}]
    text = _text("errors", content, format_)
    return Response(text, refused.code, {**_OPEN_TO_ALL, **refused.headers}, FORMATS[format_])


def _text(name: str, content: Any, format_: str) -> bytes:
    if format_ == "json":
        return orjson.dumps(content)
    written: bytes = ElementTree.tostring(_element(name, content), "utf-8")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + written


def _element(name: str, content: Any) -> ElementTree.Element:
    element = ElementTree.Element(name)
    if isinstance(content, Mapping):
        element.extend(_element(key, value) for key, value in content.items())
    elif isinstance(content, Sequence) and not isinstance(content, str):
        element.extend(_element(_ITEMS[name], one) for one in content)
    elif content is not None:
        element.text = _NO_XML.sub("\ufffd", str(content).lower() if isinstance(content, bool) else str(content))
    return element
