"""The form of a report: `application/x-www-form-urlencoded`, bounded, each field once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from ledger.refusal import named
from producers.open311.wire import Refused

FORM_BYTES = 64 * 1024
MEDIA_TYPE = "application/x-www-form-urlencoded"
_FIELDS = 60
_CHARSETS = ("", "utf-8", "utf8")
_charset = re.compile(r';\s*charset\s*=\s*"?([^\s";]*)').search


def fields_of(content_type: str, body: bytes) -> Mapping[str, str]:
    """The fields by name, blank ones left out, ends trimmed. Raises `Refused` (400, 415)."""
    kind = content_type.lower()
    charset = _charset(kind)
    if kind.partition(";")[0].strip() != MEDIA_TYPE or (charset[1] if charset else "") not in _CHARSETS:
        raise Refused(415, f"请用 {MEDIA_TYPE}，UTF-8 · send {MEDIA_TYPE} in UTF-8")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_FIELDS)
    except ValueError:  # also of bytes that are no UTF-8, as they are or percent-encoded
        detail = f"表单无法读取：UTF-8，至多 {_FIELDS} 项 · no form in UTF-8 of {_FIELDS} fields at most"
        raise Refused(400, detail) from None
    fields: dict[str, str] = {}
    for name, value in pairs:
        if name in fields:
            raise Refused(400, f"{named(name)}：只写一次 · give it once")
        fields[name] = value.strip()
    if any("\0" in value for value in fields.values()):
        raise Refused(400, "含有 NUL 字符 · a NUL character: leave it out")
    return {name: value for name, value in fields.items() if value}
