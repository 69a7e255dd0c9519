"""What is said between a fold's processes and who started them, as lines of JSON."""

from __future__ import annotations

from msgspec import Struct

from audit.folding.task import Done


class Order(Struct, omit_defaults=True):
    """What to do: fold a partition up to before an offset; without one write tallies, each so-many-th from one on."""

    partition: int | None = None
    until: int = 0
    tallies: tuple[int, int] = (0, 1)
    is_first: bool = False


class Said(Struct, omit_defaults=True):
    """What a process says: records that it has read since, what is done with a partition, an error."""

    read: int = 0
    done: Done | None = None
    error: str | None = None
    what: str = ""
    remedy: str = ""
