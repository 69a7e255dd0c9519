"""What reaches the ledger: a submitted event, or a record that no way in would have let pass."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Submitted(Struct, frozen=True, gc=False):
    """A CloudEvent that `ledger.submission.check` accepts; `repeat` where the same bytes arrived before."""

    event: dict[str, Any]
    repeat: bool = False


class Planted(Struct, frozen=True, gc=False):
    """A record to be written as it is; `reason` is the verdict that it has to get.

    Every reason but `id_reused` is the `Examiner`'s: an event whose identity already stands for other
    content is sound by itself, and only who remembers identities can tell.
    """

    key: bytes | None
    value: bytes | None
    partition: int
    reason: str


Arrival = Submitted | Planted
