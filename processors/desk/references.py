"""The name of a quarantined record: `ledger/7/1234` or `intake/0/99`."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from ledger.errors import ShanzhiError

Origin = Literal["ledger", "intake"]
_matches = re.compile(r"(ledger|intake)/([0-9]{1,5})/([0-9]{1,18})\Z").match


class DeskRefused(ShanzhiError):
    """What was asked of the desk makes no sense, or was decided before."""

    exit_code = 2


class Reference(NamedTuple):
    """Partition and offset of a topic."""

    origin: Origin
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.origin}/{self.partition}/{self.offset}"


def reference(text: str) -> Reference:
    """Raises `DeskRefused` for anything else."""
    match = _matches(text)
    if match is None:
        raise DeskRefused(
            "不是隔离记录的编号 · not the reference of a quarantined record",
            "例如 ledger/7/1234 或 intake/0/99 · See: shanzhi quarantine list",
        )
    return Reference("ledger" if match[1] == "ledger" else "intake", int(match[2]), int(match[3]))
