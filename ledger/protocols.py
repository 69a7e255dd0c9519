"""What the ways in ask of the tables, as protocols: `producers` knows the ledger alone, the composition root wires
what `projections` has."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

from ledger.submission import Stored


class First(NamedTuple):
    """Where the first record of an identity stands, and the hash of its content."""

    partition: int
    offset: int
    content: str


class Quarantined(NamedTuple):
    """Where a record stands that is no event: in the ledger, or in the intake."""

    topic: Literal["ledger", "intake"]
    partition: int
    offset: int
    reason: str


class Receipts(Protocol):
    """What became of what was sent. Every method raises `OutcomeUnknown` where PostgreSQL is away."""

    def first(self, wanted: Iterable[tuple[int, str]]) -> Mapping[str, First]:
        """By identity, of those (partition, identity) that are indexed."""
        ...

    def find(self, identity: str, place: tuple[int, int] | None = None) -> First | Quarantined | None:
        """In whichever partition: a quarantined record at that place, else an indexed event, else a quarantined one."""
        ...

    def quarantined(self, places: Collection[tuple[int, int]]) -> Collection[tuple[int, int]]:
        """Those (partition, offset) of the ledger that hold no event."""
        ...

    def positions(self) -> Mapping[int, int]:
        """Next offset by partition of the tables that readers see; none before a worker has ever run."""
        ...


class Cell(NamedTuple):
    """A row of a tally that would change: its key and measures by name, and by how much."""

    table: str
    key: Mapping[str, str]
    change: Mapping[str, int]


@dataclass(frozen=True)
class Previewed:
    """What an event would do, were it sent now."""

    outcome: Literal["new", "repeat", "id_reused", "quarantined"]
    is_late: bool
    anomaly: str | None
    cells: Sequence[Cell]


class Preview(Protocol):
    """What events would change; nothing is written."""

    def of(self, events: Sequence[Stored], now: datetime) -> Sequence[Previewed]:
        """One answer an event, in their order. Raises `OutcomeUnknown` where PostgreSQL is away."""
        ...


class Territory(Protocol):
    """The tree of places, as of now."""

    def outside(self, places: Collection[str], grounds: Collection[str]) -> Collection[str]:
        """Those of the places that neither are among the grounds nor lie below one; unknown places lie outside."""
        ...


@dataclass(frozen=True)
class ServiceRequest:
    """A case as other systems may know it: nothing personal, and of where it is no more than its place.

    `agency` is the name of the unit that is to handle it, `latitude` and `longitude` the centre of its place.
    """

    subject: str
    category: str
    step: str
    is_open: bool
    resolved: bool | None
    requested_at: datetime
    updated_at: datetime
    expected_at: datetime | None
    place: str | None
    place_name: str | None
    latitude: float | None
    longitude: float | None
    agency: str | None
    merged_into: str | None


@dataclass(frozen=True)
class RequestsAsked:
    """Which requests: of these categories, open or not, made and last changed within `[since, until)`.

    The newest first, `rows` of them after `skipped` ones. None leaves a filter out.
    """

    since: datetime
    until: datetime
    rows: int
    skipped: int = 0
    categories: Sequence[str] | None = None
    is_open: bool | None = None
    updated_since: datetime | None = None
    updated_until: datetime | None = None


class StepTaken(NamedTuple):
    """A step of a request: `step` as in `ServiceRequest`, and whether the request was open after it; how it ended."""

    subject: str
    step: str
    is_open: bool
    at: datetime
    resolved: bool | None
    merged_into: str | None


class ExternalStanding(NamedTuple):
    """How a case stands that another system knows by a number of its own."""

    system: str
    number: str
    subject: str
    step: str
    is_open: bool
    resolved: bool | None
    discovered_at: datetime
    updated_at: datetime
    handle_due: datetime | None
    handled_at: datetime | None
    satisfaction: str | None
    merged_into: str | None


class Requests(Protocol):
    """Cases as other systems ask for them. Every method raises `OutcomeUnknown` where PostgreSQL is away."""

    def categories(self) -> Sequence[str]:
        """Those that cases have had, the most frequent first, a few hundred at most."""
        ...

    def named(self, subjects: Sequence[str], sources: Sequence[str]) -> Sequence[ServiceRequest]:
        """Those of the subjects that came through Open311 or from one of the sources."""
        ...

    def told(self, asked: RequestsAsked) -> Sequence[ServiceRequest]:
        """Requests that came through Open311."""
        ...

    def steps(self, since: datetime, until: datetime, rows: int) -> Sequence[StepTaken]:
        """Steps within `[since, until)` of requests that came through Open311, the oldest first."""
        ...

    def external(
        self, sources: Sequence[str], system: str, number: str | None, after: tuple[str, str], rows: int
    ) -> Sequence[ExternalStanding]:
        """What the sources told of a system's cases, in the order of (number, subject), those past `after`."""
        ...


class OwnClocks(Protocol):
    """On which cases the clocks of this system run. Raises `OutcomeUnknown` where PostgreSQL is away."""

    def running(self, subjects: Sequence[str]) -> Collection[str]:
        """Those of the cases that were told within a day, so that our clock tells what is overdue."""
        ...
