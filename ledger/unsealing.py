"""Who may see personal fields in plain: roles, and one line in the log for each look, before its answer is given.

The table is closed: a field that it does not name is masked for everybody but the desk.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import msgspec
import structlog

from ledger.errors import ShanzhiError
from ledger.event import EventKind
from ledger.masking import FORGOTTEN, SEALED, Mask, masked
from ledger.sealing import ExistingKeys, is_sealed, unseal

Role = Literal["mask", "desk", "handler", "dispatcher", "auditor"]
Shown = Literal["plain", "masked", "forgotten", "unreadable"]
Keep = Callable[[Mapping[str, Any]], None]

EVERYTHING = "*"
PHOTO = "photo"
PLAIN: Mapping[Role, frozenset[str]] = {
    "mask": frozenset(),  # opens fields to mask them, and shows none
    "desk": frozenset({EVERYTHING}),
    "handler": frozenset(
        {
            PHOTO,
            "case.discovered/text",
            "case.discovered/location",
            "case.deliberated/decision",
            "case.handled/measures",
            "case.replied/text",
        }
    ),
    "dispatcher": frozenset({"case.discovered/location"}),
    "auditor": frozenset(),
}
_WORDS_CHARACTERS = 200
_OWNERS_NAMED = 50

log = structlog.get_logger("shanzhi.unsealing")
logging.getLogger("shanzhi.unsealing").setLevel(logging.INFO)  # whatever SHANZHI_LOG_LEVEL hides, never who looked


class UnsealRefused(ShanzhiError):
    """A role may not see what was asked for, or nobody said who asks and why."""

    exit_code = 2


@dataclass(frozen=True)
class SealedField:
    """One sealed field of an event: what it is (`type/name`), where it was sealed, whose key, how it is masked."""

    what: str
    source: str
    id: str
    pointer: str
    owner: str
    mask: Mask
    text: str


@dataclass(frozen=True)
class Field:
    """What a role sees of a field: the value as it was submitted, or a text in its place."""

    pointer: str
    shown: Shown
    value: Any


class Unsealer:
    """One person's look, in one role, for one reason. Opens fields by keys that are there, and never makes one.

    `keep` puts the line of a look by somebody who is named into the access log, where the caller does not itself say
    more there. Raises `UnsealRefused` for an unknown role, and for one that sees anything in plain without who and why.
    """

    def __init__(self, keys: ExistingKeys, role: Role, by: str, reason: str, keep: Keep | None = None) -> None:
        if role not in get_args(Role):
            raise UnsealRefused("没有这个角色 · no such role", f"可选 · Choose one of {', '.join(get_args(Role))}.")
        if PLAIN[role] and not (by.strip() and reason.strip()):
            raise UnsealRefused(
                f"查看明文须注明何人、何故 · role {role} sees personal data: who looks, and why?",
                "请填写 --by 和 --reason · Give both, for example --by person/li-7f3a --reason 回访.",
            )
        self._keys, self.role, self._keep = keys, role, keep
        self._told = {"role": role, "by": by[:_WORDS_CHARACTERS], "reason": reason[:_WORDS_CHARACTERS]}

    def may_see(self, what: str) -> bool:
        """Whether the role sees `type/name` (or `photo`) in plain."""
        return not PLAIN[self.role].isdisjoint((EVERYTHING, what))

    def open(self, fields: Sequence[SealedField]) -> list[Field]:
        """What the role sees of each field, in their order; one look at the vault and one line in the log for all."""
        keys = self._keys.existing({field.owner for field in fields})
        seen = [self._seen(field, keys.get(field.owner)) for field in fields]
        self.tell("fields", [field.owner for field in fields], Counter(field.shown for field in seen))
        return seen

    def tell(self, what: str, owners: Sequence[str], outcomes: Mapping[str, int]) -> None:
        """The line of the log: who, as what, why, how many of whose; never a value."""
        counted = Counter(owners)
        named = dict(counted.most_common(_OWNERS_NAMED))
        more = {"owners_more": len(counted) - len(named)} if len(counted) > len(named) else {}
        line = {"what": what, "count": len(owners), "owners": named, **more, **self._told, **outcomes}
        log.info("unsealed", **line)
        if self._keep and self._told["by"]:
            self._keep(line)

    def _seen(self, field: SealedField, key: bytes | None) -> Field:
        if key is None:
            return Field(field.pointer, "forgotten", FORGOTTEN)
        plain = unseal(key, field.text, field.source, field.id, field.pointer)
        if plain is None:
            return Field(field.pointer, "unreadable", SEALED)
        value = msgspec.json.decode(plain)
        if self.may_see(field.what):
            return Field(field.pointer, "plain", value)
        return Field(field.pointer, "masked", masked(field.mask, value))


def sealed_fields(kind: EventKind, source: str, id_: str, subject: str, data: Mapping[str, Any]) -> list[SealedField]:
    """The sealed fields of a stored event's data (by wire names), in the order of its class."""
    found = []
    for field in kind.personal:
        name = kind.wire_names[field.name]
        text = data.get(name)
        if isinstance(text, str) and is_sealed(text):
            named = data.get(kind.wire_names[field.owner]) if field.owner else None
            what, pointer = f"{kind.type}/{name}", f"/data/{name}"
            found.append(SealedField(what, source, id_, pointer, named or subject, field.mask, text))
    return found
