"""Which records of a batch go on to the ledger, and why the others don't. What is cheap to see is seen first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, NamedTuple, Protocol

import orjson

from ledger import limits
from ledger.admission import admit
from ledger.codec import EPOCH
from ledger.envelope import identity
from ledger.errors import EventRefused
from ledger.parties import Party
from ledger.protocols import Territory
from ledger.submission import Submission, check
from processors.intake.arrival import Arrival
from processors.intake.reading import bearer, event_of

Reason = Literal["no_key", "not_granted", "unreadable", "refused", "person_forgotten", "too_large"]

_REASONS: Mapping[str, Reason] = {
    "source_not_granted": "not_granted",
    "type_not_granted": "not_granted",
    "place_not_granted": "not_granted",
    "unsupported_content_type": "unreadable",
    "header_unreadable": "unreadable",
    "not_json": "unreadable",
    "not_an_object": "unreadable",
    "nested_too_deep": "unreadable",
    "nul_character": "unreadable",
    "event_too_large": "too_large",
    "sealed_too_large": "too_large",
    "person_forgotten": "person_forgotten",
}
_LATEST_MS = int((limits.LATEST - EPOCH).total_seconds() * 1000)


class Publishers(Protocol):
    """Whose keys these are."""

    def of_keys(self, secrets: Collection[str]) -> Mapping[str, Party]:
        """By key; nobody's keys are absent. Raises `OutcomeUnknown` where PostgreSQL is away."""
        ...


class Rejected(NamedTuple):
    """A record that becomes no event; nothing personal. `publisher` where known, `identity` where it is the
    publisher's own to name: whose source it is is told the verdict."""

    arrival: Arrival
    reason: Reason
    detail: str
    publisher: str | None = None
    identity: str | None = None
    code: str | None = None
    pointer: str | None = None


class Sound(NamedTuple):
    """A record that is an event, and whose."""

    arrival: Arrival
    party: Party
    submission: Submission


@dataclass
class Judged:
    """Both in the order of offsets."""

    sound: list[Sound] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


def judge(
    arrivals: Sequence[Arrival], publishers: Publishers, territory: Territory, go_on: Callable[[], None]
) -> Judged:
    """Every record but markers. `go_on` is called now and then, and raises where there is no time for the rest."""
    secrets = [bearer(one.headers) for one in arrivals]
    parties = publishers.of_keys({secret for secret in secrets if secret is not None})
    judged = Judged()
    for number, (one, secret) in enumerate(zip(arrivals, secrets, strict=True)):
        if not number % 200:
            go_on()
        party = parties.get(secret) if secret else None
        if one.is_marker:
            continue
        if one.is_unreadable:
            judged.rejected.append(Rejected(one, "unreadable", f"its batch can't be read ({_why(one)})"))
        elif party is None:
            judged.rejected.append(Rejected(one, "no_key", "a key that is nobody's" if secret else "no key"))
        elif one.is_too_large:
            judged.rejected.append(Rejected(one, "too_large", f"{one.size_bytes} bytes", party.id))
        else:
            _examine(one, party, territory, judged)
    return judged


def rejected(one: Arrival, party: Party, refusal: EventRefused) -> Rejected:
    """The record that was refused like this; its identity where the event tells one of the party's own sources."""
    reason = _REASONS.get(refusal.code, "refused")
    return Rejected(one, reason, refusal.rule, party.id, _identity(one, party), refusal.code, refusal.pointer)


def _examine(one: Arrival, party: Party, territory: Territory, judged: Judged) -> None:
    try:
        # The broker's stamp for a clock: a batch that is done again gets the same answers.
        stamp = EPOCH + timedelta(milliseconds=max(0, min(one.timestamp, _LATEST_MS)))
        submission = check(event_of(one.headers, one.value), stamp)
        admit(party, submission, territory)
        judged.sound.append(Sound(one, party, submission))
    except EventRefused as refusal:
        judged.rejected.append(rejected(one, party, refusal))


def _identity(one: Arrival, party: Party) -> str | None:
    try:
        event = orjson.loads(event_of(one.headers, one.value))
        source, id_ = event["source"], event["id"]
        return identity(source, id_) if source in party.sources and _is_name(id_) else None
    except (EventRefused, ValueError, LookupError, TypeError, RecursionError):
        return None


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= limits.NAME_CHARACTERS


def _why(one: Arrival) -> str:
    return one.headers[0][1].decode("ascii", "replace")[:100]


def reasons(rejections: Iterable[Rejected]) -> tuple[str, ...]:
    """One for each."""
    return tuple(one.reason for one in rejections)
