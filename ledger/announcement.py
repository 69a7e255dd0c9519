"""What the register of publishers may hold, and how each revision of it is told to the ledger. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from difflib import get_close_matches
from typing import Any

import orjson

from ledger.errors import ShanzhiError
from ledger.event import latest
from ledger.parties import Party
from ledger.refusal import show
from ledger.submission import check

SOURCE = "urn:shanzhi:publishers"
"""Of all announcements; granted to nobody."""

_is_id = re.compile(r"[a-z0-9][a-z0-9-]{0,59}\Z").match
_is_source = re.compile(r"[^\s\x00-\x20\x7f]+\Z").match


class PublisherRefused(ShanzhiError):
    """The register can't hold this: an id or source that is taken, a type that nobody knows, …"""

    exit_code = 2


def check_party(party: Party) -> None:
    """Raises `PublisherRefused` for what the catalogue would let pass and the register must not."""
    if not _is_id(party.id):
        raise PublisherRefused(
            f"编号不合规 · {show(party.id)} can't be an id",
            "用小写字母、数字和连字符，至多 60 个 · Use a-z, 0-9 and -, at most 60, like hotline-12345.",
        )
    if not party.sources:
        raise PublisherRefused("缺少来源 · a publisher needs a source", "--source urn:example:hotline")
    for source in party.sources:
        if not _is_source(source) or source == SOURCE:
            raise PublisherRefused(
                f"来源不可用 · {show(source)} can't be a source",
                f"用不含空格的 URI，{SOURCE} 除外 · Give a URI without spaces, other than {SOURCE}.",
            )
    for granted in party.types:
        if granted not in grantable():
            near = get_close_matches(granted, grantable(), n=1)
            raise PublisherRefused(
                f"没有这种事件类型 · there is no type {show(granted)}",
                (f"是不是 · Did you mean {near[0]}? " if near else "") + "shanzhi describe",
            )


def grantable() -> list[str]:
    """Everything that a party can be granted: each type, and each family as `family.*`."""
    return sorted({*latest, *(f"{type_.partition('.')[0]}.*" for type_ in latest)})


def told(party: Party) -> dict[str, Any]:
    """The party as data of an event."""
    return {name: value for name, value in asdict(party).items() if name != "id" and value is not None}


def announcement(id_: str, revision: int, what: str, data: Mapping[str, Any], by: str, now: datetime) -> str:
    """The event of one revision as JSON; the same arguments give the same bytes.

    Raises `EventRefused` where it would be refused by a way in.
    """
    event = {
        "specversion": "1.0",
        "id": f"{id_}-{revision}",
        "source": SOURCE,
        "type": f"publisher.{what}",
        "subject": f"publisher/{id_}",
        "time": now.isoformat(),
        "authid": by,
        "data": dict(data),
    }
    check(event, now)
    return orjson.dumps(event).decode()
